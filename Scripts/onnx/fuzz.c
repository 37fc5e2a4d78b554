// A libFuzzer target for the C gate: opens the input, walks all its messages and packs them again.
#include <stdlib.h>
#include <string.h>

#include "../../Sources/COnnx/internal.h"

static size_t checksum;

static bool sum(void *context, const uint8_t *data, size_t count) {
    (void)context;
    for (size_t i = 0; i < count; i++) checksum += data[i];
    return true;
}

static void walk(onnx_draft *draft, const onnx_message *message) {
    const ProtobufCMessageDescriptor *type = ((const ProtobufCMessage *)message)->descriptor;
    onnx_message *copy = onnx_copy(draft, message);
    for (unsigned i = 0; i < type->n_fields; i++) {
        enum onnx_field field = (enum onnx_field)type->fields[i].id;
        size_t count = onnx_count(message, field);
        onnx_bytes elements = onnx_elements(message, field);
        sum(NULL, elements.data, elements.count);
        for (size_t k = 0; k < count; k++) {
            checksum += (size_t)onnx_integer(message, field, k) + (onnx_real(message, field, k) > 0);
            onnx_bytes text = onnx_text(message, field, k);
            sum(NULL, text.data, text.count);
            const onnx_message *child = onnx_child(message, field, k);
            if (child) walk(draft, child);
        }
        if (onnx_is_repeated(message, field)) onnx_resize(draft, copy, field, count / 2);
        else if (i % 3 == 0) onnx_clear(copy, field);
    }
    onnx_write(copy, sum, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t count) {
    onnx_error error;
    onnx_is_model(data, count);
    onnx_file *file = onnx_open(data, count, &error);
    if (!file) return 0;
    onnx_draft *draft = onnx_draft_create();
    if (draft && onnx_packed_byte_count(onnx_root(file)) < 1 << 16) walk(draft, onnx_root(file));
    onnx_write(onnx_root(file), sum, NULL);
    onnx_draft_destroy(draft);
    onnx_close(file);
    return 0;
}
