#include <string.h>

#include "internal.h"

enum { CAPACITY = 64 * 1024 };

/// Gathers the small pieces that protobuf-c appends.
typedef struct {
    ProtobufCBuffer base;
    onnx_sink sink;
    void *context;
    bool has_failed;
    size_t count;
    uint8_t bytes[CAPACITY];
} stream;

static void flush(stream *s) {
    if (!s->has_failed && s->count) s->has_failed = !s->sink(s->context, s->bytes, s->count);
    s->count = 0;
}

static void append(ProtobufCBuffer *buffer, size_t count, const uint8_t *data) {
    stream *s = (stream *)buffer;
    if (count == 0 || s->has_failed) return;
    if (count > CAPACITY - s->count) flush(s);
    if (count >= CAPACITY) {
        if (!s->has_failed) s->has_failed = !s->sink(s->context, data, count);
        return;
    }
    memcpy(s->bytes + s->count, data, count);
    s->count += count;
}

size_t onnx_packed_byte_count(const onnx_message *message) {
    return protobuf_c_message_get_packed_size((const ProtobufCMessage *)message);
}

bool onnx_write(const onnx_message *message, onnx_sink sink, void *context) {
    stream s;
    s.base.append = append;
    s.sink = sink;
    s.context = context;
    s.has_failed = false;
    s.count = 0;
    protobuf_c_message_pack_to_buffer((const ProtobufCMessage *)message, &s.base);
    flush(&s);
    return !s.has_failed;
}
