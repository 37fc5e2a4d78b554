#ifndef CONNX_INTERNAL_H
#define CONNX_INTERNAL_H

#include <protobuf-c/protobuf-c.h>

#include "connx.h"
#include "schema/onnx.pb-c.h"

// Memory that is given back all at once. Large blocks can also be given back one by one, because protobuf-c takes and
// returns large tables for each message.
typedef struct onnx_arena {
    struct block *blocks;
    struct large *large;
    char *next;
    size_t room;
    size_t used;
    size_t limit;
} onnx_arena;

void onnx_arena_init(onnx_arena *arena, size_t limit);
void onnx_arena_free(onnx_arena *arena);
/// Zeroed memory for any type; NULL beyond the limit.
void *onnx_arena_take(onnx_arena *arena, size_t count);
/// An allocator for protobuf-c that takes from the arena.
ProtobufCAllocator onnx_arena_allocator(onnx_arena *arena);

struct onnx_file {
    onnx_arena arena;
    ProtobufCMessage *root;
    size_t external_count;
};

struct onnx_draft {
    onnx_arena arena;
};

/// The payloads of one TensorProto, as offsets into the file. In the skeleton its raw_data is the index of its record.
typedef struct {
    size_t raw, raw_count;
    size_t floats, floats_count;
    size_t doubles, doubles_count;
    bool has_raw, has_floats, has_doubles;
} onnx_payload;

/// The file without the payloads of its tensors.
typedef struct {
    uint8_t *bytes;
    size_t count, capacity;
    onnx_payload *payloads;
    size_t payload_count, payload_capacity;
    size_t payload_byte_count;
} onnx_skeleton;

/// Walks all messages that the schema knows, checks how they nest and that fields have the wire type of the schema.
bool onnx_scan(const uint8_t *data, size_t count, onnx_skeleton *skeleton, onnx_error *error);
void onnx_skeleton_free(onnx_skeleton *skeleton);

/// The size of one element in memory; 0 for a type that the schema does not use.
size_t onnx_element_size(ProtobufCType type);
bool onnx_fail(onnx_error *error, onnx_status status, size_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static inline const ProtobufCFieldDescriptor *onnx_field_of(const ProtobufCMessage *message, enum onnx_field field) {
    return protobuf_c_message_descriptor_get_field(message->descriptor, (unsigned)field);
}

#endif
