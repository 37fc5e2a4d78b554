#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { ALIGNMENT = 16, BLOCK = 64 * 1024, LARGE = 1024 };

struct block {
    struct block *next;
    size_t padding;
};

struct large {
    struct large *next, *previous;
    size_t count, padding;
};

void onnx_arena_init(onnx_arena *arena, size_t limit) {
    memset(arena, 0, sizeof *arena);
    arena->limit = limit;
}

void onnx_arena_free(onnx_arena *arena) {
    while (arena->blocks) {
        struct block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
    while (arena->large) {
        struct large *next = arena->large->next;
        free(arena->large);
        arena->large = next;
    }
}

static bool charge(onnx_arena *arena, size_t count) {
    if (count > arena->limit || arena->used > arena->limit - count) return false;
    arena->used += count;
    return true;
}

static void *take_large(onnx_arena *arena, size_t count) {
    if (count > SIZE_MAX - sizeof(struct large) || !charge(arena, count)) return NULL;
    struct large *large = calloc(1, sizeof *large + count);
    if (!large) return NULL;
    large->count = count;
    large->next = arena->large;
    if (large->next) large->next->previous = large;
    arena->large = large;
    return large + 1;
}

void *onnx_arena_take(onnx_arena *arena, size_t count) {
    // protobuf-c takes an allocator's NULL as failure, for no bytes too.
    if (count == 0) count = 1;
    if (count >= LARGE) return take_large(arena, count);
    count = (count + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (count > arena->room) {
        if (!charge(arena, BLOCK)) return NULL;
        struct block *block = calloc(1, sizeof *block + BLOCK);
        if (!block) return NULL;
        block->next = arena->blocks;
        arena->blocks = block;
        arena->next = (char *)(block + 1);
        arena->room = BLOCK;
    }
    void *memory = arena->next;
    arena->next += count;
    arena->room -= count;
    return memory;
}

static void *allocate(void *context, size_t count) {
    // The header tells a large block from a small one when it comes back.
    size_t *memory = count > SIZE_MAX - ALIGNMENT ? NULL : onnx_arena_take(context, count + ALIGNMENT);
    if (!memory) return NULL;
    *memory = count + ALIGNMENT;
    return (char *)memory + ALIGNMENT;
}

static void release(void *context, void *memory) {
    if (!memory) return;
    onnx_arena *arena = context;
    size_t *header = (size_t *)((char *)memory - ALIGNMENT);
    if (*header < LARGE) return;
    struct large *large = (struct large *)header - 1;
    if (large->previous) large->previous->next = large->next;
    else arena->large = large->next;
    if (large->next) large->next->previous = large->previous;
    arena->used -= large->count;
    free(large);
}

ProtobufCAllocator onnx_arena_allocator(onnx_arena *arena) {
    return (ProtobufCAllocator){.alloc = allocate, .free = release, .allocator_data = arena};
}
