// One axis made anew from weighted elements of the old one.
#include "../declarations.h"

#include <string.h>

void ck_resample_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_resample *p = parameters;
    for (ptrdiff_t row = begin; row < end; row++) {
        ptrdiff_t o = row % p->output;
        const float *x = (const float *)buffers[0] + row / p->output * p->input * p->inner;
        float *y = (float *)buffers[1] + row * p->inner;
        const int64_t *indices = p->indices + o * p->taps;
        const float *weights = p->weights + o * p->taps;
        if (indices[0] < 0) {
            for (ptrdiff_t i = 0; i < p->inner; i++) y[i] = p->extrapolation;
            continue;
        }
        if (p->taps == 1) {
            memcpy(y, x + indices[0] * p->inner, (size_t)p->inner * sizeof *y);
            continue;
        }
        for (ptrdiff_t i = 0; i < p->inner; i++) y[i] = weights[0] * x[indices[0] * p->inner + i];
        for (ptrdiff_t t = 1; t < p->taps; t++) {
            if (weights[t] == 0) continue;
            const float *from = x + indices[t] * p->inner;
            for (ptrdiff_t i = 0; i < p->inner; i++) y[i] += weights[t] * from[i];
        }
    }
}

void ck_resample_float64_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_resample *p = parameters;
    for (ptrdiff_t row = begin; row < end; row++) {
        ptrdiff_t o = row % p->output;
        const double *x = (const double *)buffers[0] + row / p->output * p->input * p->inner;
        double *y = (double *)buffers[1] + row * p->inner;
        const int64_t *indices = p->indices + o * p->taps;
        const float *weights = p->weights + o * p->taps;
        for (ptrdiff_t i = 0; i < p->inner; i++) {
            double sum = 0;
            for (ptrdiff_t t = 0; t < p->taps && indices[0] >= 0; t++)
                if (weights[t] != 0) sum += (double)weights[t] * x[indices[t] * p->inner + i];
            y[i] = indices[0] < 0 ? (double)p->extrapolation : sum;
        }
    }
}

// One element for each; `inner` counts bytes.
void ck_resample_bytes_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_resample *p = parameters;
    for (ptrdiff_t row = begin; row < end; row++) {
        const char *x = (const char *)buffers[0] + row / p->output * p->input * p->inner;
        ptrdiff_t index = (ptrdiff_t)p->indices[row % p->output];
        memcpy((char *)buffers[1] + row * p->inner, x + (index < 0 ? 0 : index) * p->inner, (size_t)p->inner);
    }
}
