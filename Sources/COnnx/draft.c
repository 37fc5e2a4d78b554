#include <stdlib.h>
#include <string.h>

#include "internal.h"

onnx_draft *onnx_draft_create(void) {
    onnx_draft *draft = malloc(sizeof *draft);
    if (draft) onnx_arena_init(&draft->arena, SIZE_MAX);
    return draft;
}

void onnx_draft_destroy(onnx_draft *draft) {
    if (!draft) return;
    onnx_arena_free(&draft->arena);
    free(draft);
}

onnx_message *onnx_copy(onnx_draft *draft, const onnx_message *message) {
    size_t size = ((const ProtobufCMessage *)message)->descriptor->sizeof_message;
    void *copy = onnx_arena_take(&draft->arena, size);
    if (copy) memcpy(copy, message, size);
    return copy;
}

static onnx_message *create(onnx_draft *draft, const ProtobufCMessageDescriptor *type) {
    // The messages are generated without functions of their own; an empty message is what no bytes unpack to.
    static const uint8_t nothing;
    ProtobufCAllocator allocator = onnx_arena_allocator(&draft->arena);
    return (onnx_message *)protobuf_c_message_unpack(type, &allocator, 0, &nothing);
}

onnx_message *onnx_new(onnx_draft *draft, const onnx_message *parent, enum onnx_field number) {
    const ProtobufCFieldDescriptor *field = onnx_field_of((const ProtobufCMessage *)parent, number);
    return field && field->type == PROTOBUF_C_TYPE_MESSAGE ? create(draft, field->descriptor) : NULL;
}

onnx_message *onnx_new_model(onnx_draft *draft) { return create(draft, &onnx__model_proto__descriptor); }

static void *member(onnx_message *message, unsigned offset) { return (char *)message + offset; }

static const ProtobufCFieldDescriptor *field_of(const onnx_message *message, enum onnx_field number) {
    return onnx_field_of((const ProtobufCMessage *)message, number);
}

void onnx_clear(onnx_message *message, enum onnx_field number) {
    const ProtobufCFieldDescriptor *field = field_of(message, number);
    if (!field || onnx_count(message, number) == 0) return;
    void *quantifier = member(message, field->quantifier_offset);
    if (field->label == PROTOBUF_C_LABEL_REPEATED) *(size_t *)quantifier = 0;
    else if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) *(uint32_t *)quantifier = 0;
    else if (field->type == PROTOBUF_C_TYPE_MESSAGE) *(ProtobufCMessage **)member(message, field->offset) = NULL;
    else *(protobuf_c_boolean *)quantifier = 0;
}

bool onnx_resize(onnx_draft *draft, onnx_message *message, enum onnx_field number, size_t count) {
    const ProtobufCFieldDescriptor *field = field_of(message, number);
    if (!field || field->label != PROTOBUF_C_LABEL_REPEATED) return false;
    size_t size = onnx_element_size(field->type), kept = onnx_count(message, number);
    if (size == 0 || count > SIZE_MAX / size) return false;
    void *array = onnx_arena_take(&draft->arena, count * size);
    if (!array) return false;
    void **place = member(message, field->offset);
    if (kept > count) kept = count;
    if (kept) memcpy(array, *place, kept * size);
    *place = array;
    *(size_t *)member(message, field->quantifier_offset) = count;
    return true;
}

/// Where to store an element; sets the field if it is optional. NULL if there is no such element.
static void *slot(onnx_message *message, enum onnx_field number, size_t index, const ProtobufCFieldDescriptor **found) {
    const ProtobufCFieldDescriptor *field = *found = field_of(message, number);
    if (!field) return NULL;
    void *place = member(message, field->offset), *quantifier = member(message, field->quantifier_offset);
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return index < *(size_t *)quantifier ? *(char **)place + index * onnx_element_size(field->type) : NULL;
    if (index != 0) return NULL;
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) *(uint32_t *)quantifier = field->id;
    else if (field->type != PROTOBUF_C_TYPE_MESSAGE) *(protobuf_c_boolean *)quantifier = 1;
    return place;
}

bool onnx_set_integer(onnx_message *message, enum onnx_field number, size_t index, int64_t value) {
    const ProtobufCFieldDescriptor *field;
    void *place = slot(message, number, index, &field);
    if (!place) return false;
    int32_t narrow = (int32_t)value;
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64: memcpy(place, &value, sizeof value); return true;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_ENUM: memcpy(place, &narrow, sizeof narrow); return true;
    default: return false;
    }
}

bool onnx_set_real(onnx_message *message, enum onnx_field number, size_t index, double value) {
    const ProtobufCFieldDescriptor *field;
    void *place = slot(message, number, index, &field);
    if (!place) return false;
    float narrow = (float)value;
    if (field->type == PROTOBUF_C_TYPE_DOUBLE) memcpy(place, &value, sizeof value);
    else if (field->type == PROTOBUF_C_TYPE_FLOAT) memcpy(place, &narrow, sizeof narrow);
    else return false;
    return true;
}

bool onnx_set_child(onnx_message *message, enum onnx_field number, size_t index, const onnx_message *child) {
    const ProtobufCFieldDescriptor *field = field_of(message, number);
    if (!child || !field || field->type != PROTOBUF_C_TYPE_MESSAGE
        || ((const ProtobufCMessage *)child)->descriptor != field->descriptor)
        return false;
    const onnx_message **place = slot(message, number, index, &field);
    if (!place) return false;
    *place = child;
    return true;
}

bool onnx_set_reference(
    onnx_message *message, enum onnx_field number, size_t index, const void *value, size_t count) {
    const ProtobufCFieldDescriptor *field = field_of(message, number);
    if (!field || field->type != PROTOBUF_C_TYPE_BYTES) return false;
    ProtobufCBinaryData *place = slot(message, number, index, &field);
    if (!place) return false;
    place->data = (uint8_t *)(uintptr_t)value;
    place->len = count;
    return true;
}

bool onnx_set_text(
    onnx_draft *draft, onnx_message *message, enum onnx_field number, size_t index, const void *value, size_t count) {
    void *copy = onnx_arena_take(&draft->arena, count);
    if (!copy) return false;
    if (count) memcpy(copy, value, count);
    return onnx_set_reference(message, number, index, copy, count);
}
