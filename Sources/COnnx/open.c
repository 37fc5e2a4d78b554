#include <stdlib.h>
#include <string.h>

#include "internal.h"

/// Bytes of memory for each byte of the file that is not payload. Graphs of small operators with short names take 22;
/// empty messages would take 200.
enum { MEMORY_FACTOR = 40 };

typedef struct {
    const uint8_t *data;
    const onnx_skeleton *skeleton;
    size_t external_count;
} attachment;

static bool attach_payload(attachment *a, Onnx__TensorProto *tensor) {
    if (tensor->has_data_location && tensor->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL)
        a->external_count++;
    if (!tensor->has_raw_data) return true;
    uint64_t index;
    if (tensor->raw_data.len != sizeof index) return false;
    memcpy(&index, tensor->raw_data.data, sizeof index);
    if (index >= a->skeleton->payload_count) return false;
    const onnx_payload *payload = &a->skeleton->payloads[index];
    // Nothing writes through these pointers: the messages of a file are given out as constants.
    uint8_t *data = (uint8_t *)(uintptr_t)a->data;
    tensor->has_raw_data = payload->has_raw;
    tensor->raw_data.data = payload->has_raw ? data + payload->raw : NULL;
    tensor->raw_data.len = payload->has_raw ? payload->raw_count : 0;
    if (payload->has_floats) {
        tensor->n_float_data = payload->floats_count;
        tensor->float_data = (float *)(void *)(data + payload->floats);
    }
    if (payload->has_doubles) {
        tensor->n_double_data = payload->doubles_count;
        tensor->double_data = (double *)(void *)(data + payload->doubles);
    }
    return true;
}

/// Walks all messages below; they nest no deeper than the scan allowed.
static bool attach(attachment *a, ProtobufCMessage *message) {
    const ProtobufCMessageDescriptor *type = message->descriptor;
    if (type == &onnx__tensor_proto__descriptor && !attach_payload(a, (Onnx__TensorProto *)message)) return false;
    for (unsigned i = 0; i < type->n_fields; i++) {
        if (type->fields[i].type != PROTOBUF_C_TYPE_MESSAGE) continue;
        enum onnx_field field = (enum onnx_field)type->fields[i].id;
        const onnx_message *parent = (const onnx_message *)message;
        for (size_t k = 0, count = onnx_count(parent, field); k < count; k++) {
            const onnx_message *child = onnx_child(parent, field, k);
            if (child && !attach(a, (ProtobufCMessage *)(uintptr_t)child)) return false;
        }
    }
    return true;
}

onnx_file *onnx_open(const uint8_t *data, size_t count, onnx_error *error) {
    onnx_skeleton skeleton;
    onnx_file *file = calloc(1, sizeof *file);
    if (!file) {
        onnx_fail(error, ONNX_OUT_OF_MEMORY, 0, "memory is short");
        return NULL;
    }
    bool is_open = onnx_scan(data, count, &skeleton, error);
    size_t slack = (size_t)64 << 20, rest = count - skeleton.payload_byte_count;
    onnx_arena_init(
        &file->arena, rest > (SIZE_MAX - slack) / MEMORY_FACTOR ? SIZE_MAX : slack + MEMORY_FACTOR * rest);
    if (is_open) {
        ProtobufCAllocator allocator = onnx_arena_allocator(&file->arena);
        static const uint8_t nothing;
        const uint8_t *bytes = skeleton.bytes ? skeleton.bytes : &nothing;
        file->root = protobuf_c_message_unpack(&onnx__model_proto__descriptor, &allocator, skeleton.count, bytes);
        attachment a = {.data = data, .skeleton = &skeleton};
        is_open = file->root && attach(&a, file->root);
        file->external_count = a.external_count;
        if (!is_open) {
            bool is_full = file->arena.used > file->arena.limit / 2;
            onnx_fail(
                error, is_full ? ONNX_OUT_OF_MEMORY : ONNX_MALFORMED, 0,
                is_full ? "the messages need more memory than a file of this size may take"
                        : "the messages are not valid protobuf");
        }
    }
    onnx_skeleton_free(&skeleton);
    if (is_open) return file;
    onnx_close(file);
    return NULL;
}

void onnx_close(onnx_file *file) {
    if (!file) return;
    onnx_arena_free(&file->arena);
    free(file);
}

const onnx_message *onnx_root(const onnx_file *file) { return (const onnx_message *)file->root; }

size_t onnx_external_tensor_count(const onnx_file *file) { return file->external_count; }
