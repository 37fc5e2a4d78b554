#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

// Reads protobuf's wire format: https://protobuf.dev/programming-guides/encoding/

enum { VARINT = 0, FIXED64 = 1, DELIMITED = 2, GROUP_BEGIN = 3, GROUP_END = 4, FIXED32 = 5 };
enum { RAW_DATA = ONNX_TENSOR_RAW_DATA, FLOAT_DATA = ONNX_TENSOR_FLOAT_DATA, DOUBLE_DATA = ONNX_TENSOR_DOUBLE_DATA };

typedef struct {
    const uint8_t *data;
    onnx_skeleton *skeleton;
    onnx_error *error;
} scanner;

/// One field of a message: its payload is `[begin, end)`, and its tag starts at `start`.
typedef struct {
    size_t start, begin, end;
    uint32_t number;
    unsigned wire;
} wire_field;

bool onnx_fail(onnx_error *error, onnx_status status, size_t offset, const char *format, ...) {
    if (!error) return false;
    error->status = status;
    error->offset = offset;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return false;
}

static bool read_varint(scanner *s, size_t *position, size_t end, unsigned limit, uint64_t *value) {
    uint64_t result = 0;
    for (unsigned i = 0; i < limit && *position < end; i++) {
        uint8_t byte = s->data[(*position)++];
        result |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (!(byte & 0x80)) {
            *value = result;
            return true;
        }
    }
    return false;
}

static bool next_field(scanner *s, size_t *position, size_t end, const char *name, wire_field *field) {
    size_t start = *position;
    uint64_t tag, length;
    field->start = start;
    if (!read_varint(s, position, end, 5, &tag) || tag > UINT32_MAX || tag >> 3 == 0)
        return onnx_fail(s->error, ONNX_MALFORMED, start, "no field can start here, in a %s", name);
    field->number = (uint32_t)(tag >> 3);
    field->wire = tag & 7;
    field->begin = *position;
    switch (field->wire) {
    case VARINT:
        if (!read_varint(s, position, end, 10, &length))
            return onnx_fail(s->error, ONNX_MALFORMED, start, "a number of a %s does not end", name);
        break;
    case FIXED64:
    case FIXED32:
        length = field->wire == FIXED64 ? 8 : 4;
        if (length > end - *position)
            return onnx_fail(s->error, ONNX_MALFORMED, start, "a number of a %s is cut off", name);
        *position += length;
        break;
    case DELIMITED:
        if (!read_varint(s, position, end, 5, &length) || length > UINT32_MAX)
            return onnx_fail(s->error, ONNX_MALFORMED, start, "the length of a field of a %s is no length", name);
        if (length > end - *position)
            return onnx_fail(
                s->error, ONNX_MALFORMED, start, "a field of a %s says it has %llu bytes, but %zu are left", name,
                (unsigned long long)length, end - *position);
        field->begin = *position;
        *position += length;
        break;
    default:
        return onnx_fail(
            s->error, field->wire <= GROUP_END ? ONNX_UNSUPPORTED : ONNX_MALFORMED, start,
            "field %u of a %s has wire type %u, which ONNX does not use", field->number, name, field->wire);
    }
    field->end = *position;
    return true;
}

static bool reserve(scanner *s, size_t count) {
    onnx_skeleton *skeleton = s->skeleton;
    if (count <= skeleton->capacity - skeleton->count) return true;
    size_t capacity = skeleton->capacity ? skeleton->capacity : 4096;
    while (capacity - skeleton->count < count) {
        if (capacity > SIZE_MAX / 2) return onnx_fail(s->error, ONNX_OUT_OF_MEMORY, 0, "the file is too large");
        capacity *= 2;
    }
    uint8_t *bytes = realloc(skeleton->bytes, capacity);
    if (!bytes) return onnx_fail(s->error, ONNX_OUT_OF_MEMORY, 0, "memory is short");
    skeleton->bytes = bytes;
    skeleton->capacity = capacity;
    return true;
}

static bool append(scanner *s, const void *data, size_t count) {
    if (!reserve(s, count)) return false;
    memcpy(s->skeleton->bytes + s->skeleton->count, data, count);
    s->skeleton->count += count;
    return true;
}

static bool copy(scanner *s, size_t begin, size_t end) { return append(s, s->data + begin, end - begin); }

static unsigned wire_type(ProtobufCType type) {
    switch (type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE: return DELIMITED;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32: return FIXED32;
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64: return FIXED64;
    default: return VARINT;
    }
}

/// Finds what a tensor's payloads are, before its other fields are copied. A payload that comes in several pieces, or one
/// by one, is left to protobuf-c to put together.
static bool find_payload(scanner *s, size_t begin, size_t end, onnx_payload *payload) {
    bool one_by_one[2] = {false, false};
    unsigned pieces[2] = {0, 0};
    memset(payload, 0, sizeof *payload);
    for (size_t position = begin; position < end;) {
        wire_field field;
        if (!next_field(s, &position, end, "TensorProto", &field)) return false;
        if (field.number == RAW_DATA && field.wire == DELIMITED) {
            payload->has_raw = true;
            payload->raw = field.begin;
            payload->raw_count = field.end - field.begin;
        } else if (field.number == FLOAT_DATA || field.number == DOUBLE_DATA) {
            int kind = field.number == DOUBLE_DATA;
            if (field.wire != DELIMITED) one_by_one[kind] = true;
            size_t size = kind ? 8 : 4;
            if (field.wire == DELIMITED && (field.end - field.begin) % size)
                return onnx_fail(
                    s->error, ONNX_MALFORMED, field.start, "%zu bytes are no whole number of %zu-byte elements",
                    field.end - field.begin, size);
            pieces[kind]++;
            *(kind ? &payload->doubles : &payload->floats) = field.begin;
            *(kind ? &payload->doubles_count : &payload->floats_count) = (field.end - field.begin) / size;
        }
    }
    payload->has_floats = pieces[0] == 1 && !one_by_one[0];
    payload->has_doubles = pieces[1] == 1 && !one_by_one[1];
    return true;
}

/// Remembers the payload and writes its index where raw_data would stand.
static bool add_payload(scanner *s, const onnx_payload *payload) {
    onnx_skeleton *skeleton = s->skeleton;
    if (skeleton->payload_count == skeleton->payload_capacity) {
        size_t capacity = skeleton->payload_capacity ? skeleton->payload_capacity * 2 : 64;
        onnx_payload *payloads = realloc(skeleton->payloads, capacity * sizeof *payloads);
        if (!payloads) return onnx_fail(s->error, ONNX_OUT_OF_MEMORY, 0, "memory is short");
        skeleton->payloads = payloads;
        skeleton->payload_capacity = capacity;
    }
    uint64_t index = skeleton->payload_count;
    skeleton->payloads[skeleton->payload_count++] = *payload;
    uint8_t head[2] = {RAW_DATA << 3 | DELIMITED, sizeof index};
    return append(s, head, sizeof head) && append(s, &index, sizeof index);
}

static bool scan_message(scanner *s, const ProtobufCMessageDescriptor *type, size_t begin, size_t end, unsigned depth);

static bool scan_child(
    scanner *s, const ProtobufCMessageDescriptor *type, const wire_field *field, unsigned depth) {
    // The length is not known yet: room for its longest form, filled in afterwards.
    enum { LENGTH = 5 };
    static const uint8_t room[LENGTH];
    uint8_t tag[5];
    size_t tag_count = 0;
    uint64_t value = (uint64_t)field->number << 3 | DELIMITED;
    for (; value >= 0x80; value >>= 7) tag[tag_count++] = (uint8_t)(value | 0x80);
    tag[tag_count++] = (uint8_t)value;
    if (!append(s, tag, tag_count) || !append(s, room, sizeof room)) return false;
    size_t start = s->skeleton->count;
    if (!scan_message(s, type, field->begin, field->end, depth)) return false;
    size_t count = s->skeleton->count - start;
    if (count > INT32_MAX)
        return onnx_fail(s->error, ONNX_UNSUPPORTED, field->start, "a %s without its weights is over 2 GB", type->short_name);
    uint8_t *length = s->skeleton->bytes + start - LENGTH;
    for (int i = 0; i < LENGTH; i++) length[i] = (uint8_t)((count >> (7 * i) & 0x7f) | (i < LENGTH - 1 ? 0x80 : 0));
    return true;
}

static bool scan_message(scanner *s, const ProtobufCMessageDescriptor *type, size_t begin, size_t end, unsigned depth) {
    if (depth > ONNX_MAXIMUM_NESTING)
        return onnx_fail(
            s->error, ONNX_UNSUPPORTED, begin, "messages nest more than %d deep", ONNX_MAXIMUM_NESTING);
    onnx_payload payload = {0};
    if (type == &onnx__tensor_proto__descriptor) {
        if (!find_payload(s, begin, end, &payload)) return false;
        if ((payload.has_raw || payload.has_floats || payload.has_doubles) && !add_payload(s, &payload)) return false;
    }
    uint64_t seen = 0;
    for (size_t position = begin; position < end;) {
        wire_field field;
        if (!next_field(s, &position, end, type->short_name, &field)) return false;
        const ProtobufCFieldDescriptor *known = protobuf_c_message_descriptor_get_field(type, field.number);
        if (!known) {
            if (!copy(s, field.start, field.end)) return false;
            continue;
        }
        unsigned wanted = wire_type(known->type);
        bool packed = field.wire == DELIMITED && known->label == PROTOBUF_C_LABEL_REPEATED;
        if (field.wire != wanted && !packed)
            return onnx_fail(
                s->error, ONNX_MALFORMED, field.start, "'%s' of a %s has wire type %u instead of %u", known->name,
                type->short_name, field.wire, wanted);
        if (known->type == PROTOBUF_C_TYPE_MESSAGE) {
            if (known->label != PROTOBUF_C_LABEL_REPEATED) {
                // protobuf merges the two; nothing that writes ONNX makes such files.
                uint64_t bit = (uint64_t)1 << ((known - type->fields) & 63);
                if (seen & bit)
                    return onnx_fail(
                        s->error, ONNX_UNSUPPORTED, field.start, "'%s' of a %s is there twice", known->name,
                        type->short_name);
                seen |= bit;
            }
            if (!scan_child(s, known->descriptor, &field, depth + 1)) return false;
            continue;
        }
        bool is_payload = type == &onnx__tensor_proto__descriptor
            && (field.number == RAW_DATA || (field.number == FLOAT_DATA && payload.has_floats)
                || (field.number == DOUBLE_DATA && payload.has_doubles));
        if (is_payload) s->skeleton->payload_byte_count += field.end - field.begin;
        else if (!copy(s, field.start, field.end)) return false;
    }
    return true;
}

bool onnx_scan(const uint8_t *data, size_t count, onnx_skeleton *skeleton, onnx_error *error) {
    memset(skeleton, 0, sizeof *skeleton);
    scanner s = {.data = data, .skeleton = skeleton, .error = error};
    return scan_message(&s, &onnx__model_proto__descriptor, 0, count, 1);
}

void onnx_skeleton_free(onnx_skeleton *skeleton) {
    free(skeleton->bytes);
    free(skeleton->payloads);
}

bool onnx_is_model(const uint8_t *data, size_t count) {
    scanner s = {.data = data};
    bool has_graph = false;
    for (size_t position = 0; position < count;) {
        wire_field field;
        if (!next_field(&s, &position, count, "ModelProto", &field)) return false;
        const ProtobufCFieldDescriptor *known =
            protobuf_c_message_descriptor_get_field(&onnx__model_proto__descriptor, field.number);
        if (known && field.wire != wire_type(known->type)) return false;
        if (field.number == ONNX_MODEL_GRAPH) has_graph = true;
    }
    return has_graph;
}
