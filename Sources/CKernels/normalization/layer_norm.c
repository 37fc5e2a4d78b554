#include "../declarations.h"

#include <math.h>

// The sums are made in double precision, so that no order of them matters.
void ck_layer_norm_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_layer_norm *p = parameters;
    const float *scale = buffers[2], *shift = buffers[3], *skip = buffers[4], *bias = buffers[5];
    float *means = buffers[6], *deviations = buffers[7], *sums = buffers[8];
    ptrdiff_t n = p->count;
    for (ptrdiff_t row = begin; row < end; row++) {
        const float *x = (const float *)buffers[0] + row * n;
        float *y = (float *)buffers[1] + row * n;
        const float *other = skip ? skip + row % p->skip_period * n : 0;
        double total = 0, squares = 0;
        for (ptrdiff_t i = 0; i < n; i++) {
            float value = x[i];
            if (other) value += other[i];
            if (bias) value += bias[i];
            if (sums) sums[row * n + i] = value;
            y[i] = value;
            total += value;
        }
        double mean = p->is_simplified ? 0 : total / (double)n;
        for (ptrdiff_t i = 0; i < n; i++) squares += (y[i] - mean) * (y[i] - mean);
        double inverse = 1 / sqrt(squares / (double)n + p->epsilon);
        for (ptrdiff_t i = 0; i < n; i++) {
            float normal = (float)((y[i] - mean) * inverse) * scale[p->has_one_scale ? 0 : i];
            y[i] = shift ? normal + shift[p->has_one_bias ? 0 : i] : normal;
        }
        if (means) means[row] = (float)mean;
        if (deviations) deviations[row] = (float)inverse;
    }
}
