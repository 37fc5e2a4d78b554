#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "memory.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SANITIZER
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER
#endif

#define MOST_BLOCKS 256
#define LINE 64

typedef struct {
    unsigned char *memory;
    // What must be there when all is done.
    unsigned char *from;
    ptrdiff_t count;
    unsigned char kept[CK_SLACK];
} block;

static block blocks[MOST_BLOCKS];
static int block_count;
// What no kernel may depend on differs from call to call.
static random_source noise = {1};

static void fail(const char *reason) {
    fprintf(stderr, "kernel-tests: %s\n", reason);
    exit(2);
}

#if defined(HAS_SANITIZER)

#include <sanitizer/asan_interface.h>

// `bytes` that end where the block does. Operands do not all start at the beginning of a line.
static unsigned char *take(ptrdiff_t bytes, int is_aligned) {
    ptrdiff_t before = is_aligned ? 0 : draw_between(&noise, 0, 5) * 8;
    void *memory = NULL;
    if (block_count == MOST_BLOCKS || posix_memalign(&memory, LINE, (size_t)(before + bytes ? before + bytes : 1)))
        fail("no memory is left");
    blocks[block_count++] = (block){.memory = memory};
    ASAN_POISON_MEMORY_REGION(memory, (size_t)before);
    return (unsigned char *)memory + before;
}

static void give_back(block *block) { free(block->memory); }

#else

#define SLOT ((size_t)8 << 20)

// Slots of memory with a page behind each that cannot be read.
static unsigned char *take(ptrdiff_t bytes, int is_aligned) {
    static unsigned char *slots[MOST_BLOCKS];
    const size_t page = 65536;
    if (block_count == MOST_BLOCKS || (size_t)bytes > SLOT) fail("no memory is left");
    unsigned char **slot = &slots[block_count];
    if (!*slot) {
        *slot = mmap(NULL, SLOT + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (*slot == MAP_FAILED || mprotect(*slot + SLOT, page, PROT_NONE)) fail("no memory is left");
    }
    unsigned char *memory = *slot + SLOT - bytes;
    if (is_aligned) memory -= (uintptr_t)memory % LINE;
    blocks[block_count++] = (block){.memory = memory};
    return memory;
}

static void give_back(block *block) { (void)block; }

#endif

static void fill(unsigned char *bytes, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) bytes[i] = (unsigned char)draw_bits(&noise);
}

void *input(ptrdiff_t bytes) {
    unsigned char *memory = take(bytes + CK_SLACK, 0);
    fill(memory + bytes, CK_SLACK);
    return memory;
}

void *constant(ptrdiff_t bytes) {
    unsigned char *memory = take(bytes + CK_SLACK, 1);
    memset(memory, 0, (size_t)bytes);
    fill(memory + bytes, CK_SLACK);
    return memory;
}

void *output(ptrdiff_t bytes) {
    unsigned char *memory = take(bytes, 0);
    fill(memory, bytes);
    return memory;
}

void *overwritten(const void *operand, ptrdiff_t bytes) {
    unsigned char *memory = input(bytes);
    memcpy(memory, operand, (size_t)bytes);
    block *last = &blocks[block_count - 1];
    last->from = memory + bytes;
    last->count = CK_SLACK;
    memcpy(last->kept, last->from, CK_SLACK);
    return memory;
}

int release_memory(void) {
    int is_kept = 1;
    while (block_count > 0) {
        block *last = &blocks[--block_count];
        if (last->count && memcmp(last->from, last->kept, (size_t)last->count)) is_kept = 0;
        give_back(last);
    }
    return is_kept;
}
