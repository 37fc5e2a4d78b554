#ifndef CK_QUANTIZED_VECTOR_H
#define CK_QUANTIZED_VECTOR_H

#include "../declarations.h"

// y += scale · m · x for int8 weights m [rows, columns] and a vector that is quantized by its own range into `bytes`.
static inline void ck_add_quantized_product(
    const int8_t *m, float scale, const float *x, ptrdiff_t rows, ptrdiff_t columns, int is_asymmetric, int8_t *bytes,
    float *y) {
    ck_quantize_rows parameters = {.count = columns, .is_asymmetric = is_asymmetric};
    ck_batch_quantization found;
    void *buffers[] = {(void *)x, bytes, &found, NULL};
    ck_quantize_rows_float32_portable(&parameters, buffers, 0, 1);
    float factor = found.scale * scale;
    for (ptrdiff_t r = 0; r < rows; r++) {
        int32_t sum = 0;
        for (ptrdiff_t c = 0; c < columns; c++) sum += (bytes[c] - found.zero_point) * m[r * columns + c];
        y[r] += (float)sum * factor;
    }
}

#endif
