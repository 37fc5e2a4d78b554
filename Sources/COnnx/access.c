#include <string.h>

#include "internal.h"

size_t onnx_element_size(ProtobufCType type) {
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_FLOAT: return 4;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_DOUBLE: return 8;
    case PROTOBUF_C_TYPE_BYTES: return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_MESSAGE: return sizeof(ProtobufCMessage *);
    default: return 0;
    }
}

static const void *member(const ProtobufCMessage *message, unsigned offset) { return (const char *)message + offset; }

static size_t count_of(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
    const void *quantifier = member(message, field->quantifier_offset);
    if (field->label == PROTOBUF_C_LABEL_REPEATED) return *(const size_t *)quantifier;
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) return *(const uint32_t *)quantifier == field->id;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return *(ProtobufCMessage *const *)member(message, field->offset) != NULL;
    return *(const protobuf_c_boolean *)quantifier != 0;
}

/// The element in memory; NULL if there is none.
static const void *element(const onnx_message *opaque, enum onnx_field number, size_t index, ProtobufCType *type) {
    const ProtobufCMessage *message = (const ProtobufCMessage *)opaque;
    const ProtobufCFieldDescriptor *field = onnx_field_of(message, number);
    if (!field || index >= count_of(message, field)) return NULL;
    *type = field->type;
    const void *place = member(message, field->offset);
    if (field->label != PROTOBUF_C_LABEL_REPEATED) return place;
    return *(const char *const *)place + index * onnx_element_size(field->type);
}

size_t onnx_count(const onnx_message *message, enum onnx_field number) {
    const ProtobufCFieldDescriptor *field = onnx_field_of((const ProtobufCMessage *)message, number);
    return field ? count_of((const ProtobufCMessage *)message, field) : 0;
}

int64_t onnx_integer(const onnx_message *message, enum onnx_field field, size_t index) {
    ProtobufCType type;
    const void *place = element(message, field, index, &type);
    if (!place) return 0;
    int64_t wide = 0;
    int32_t narrow = 0;
    switch (type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64: memcpy(&wide, place, sizeof wide); return wide;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_ENUM: memcpy(&narrow, place, sizeof narrow); return narrow;
    default: return 0;
    }
}

double onnx_real(const onnx_message *message, enum onnx_field field, size_t index) {
    ProtobufCType type;
    const void *place = element(message, field, index, &type);
    if (!place) return 0;
    double wide = 0;
    float narrow = 0;
    if (type == PROTOBUF_C_TYPE_DOUBLE) memcpy(&wide, place, sizeof wide);
    if (type == PROTOBUF_C_TYPE_FLOAT) {
        memcpy(&narrow, place, sizeof narrow);
        wide = narrow;
    }
    return wide;
}

onnx_bytes onnx_text(const onnx_message *message, enum onnx_field field, size_t index) {
    ProtobufCType type;
    const ProtobufCBinaryData *place = element(message, field, index, &type);
    if (!place || type != PROTOBUF_C_TYPE_BYTES) return (onnx_bytes){NULL, 0};
    return (onnx_bytes){place->data, place->len};
}

const onnx_message *onnx_child(const onnx_message *message, enum onnx_field field, size_t index) {
    ProtobufCType type;
    const onnx_message *const *place = element(message, field, index, &type);
    return place && type == PROTOBUF_C_TYPE_MESSAGE ? *place : NULL;
}

onnx_bytes onnx_elements(const onnx_message *opaque, enum onnx_field number) {
    const ProtobufCMessage *message = (const ProtobufCMessage *)opaque;
    const ProtobufCFieldDescriptor *field = onnx_field_of(message, number);
    if (!field || field->label != PROTOBUF_C_LABEL_REPEATED || field->type == PROTOBUF_C_TYPE_BYTES
        || field->type == PROTOBUF_C_TYPE_MESSAGE)
        return (onnx_bytes){NULL, 0};
    const uint8_t *data = *(const uint8_t *const *)member(message, field->offset);
    return (onnx_bytes){data, count_of(message, field) * onnx_element_size(field->type)};
}

size_t onnx_unknown_byte_count(const onnx_message *opaque) {
    const ProtobufCMessage *message = (const ProtobufCMessage *)opaque;
    size_t count = 0;
    for (unsigned i = 0; i < message->n_unknown_fields; i++) count += message->unknown_fields[i].len;
    return count;
}

bool onnx_is_repeated(const onnx_message *message, enum onnx_field number) {
    const ProtobufCFieldDescriptor *field = onnx_field_of((const ProtobufCMessage *)message, number);
    return field && field->label == PROTOBUF_C_LABEL_REPEATED;
}
