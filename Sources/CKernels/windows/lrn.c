// Neighbours along one axis: local response normalization and causal convolutions.
#include "../declarations.h"

#include <math.h>

// y = x · (bias + α · Σ x²)^−β, the sum over neighbouring channels.
void ck_local_response_float32_portable(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_local_response *p = parameters;
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t base = unit / p->inner * p->channels * p->inner + unit % p->inner;
        const float *x = (const float *)buffers[0] + base;
        float *y = (float *)buffers[1] + base;
        for (ptrdiff_t c = 0; c < p->channels; c++) {
            ptrdiff_t low = c > p->before ? c - p->before : 0;
            ptrdiff_t high = p->channels - 1 - c > p->after ? c + p->after : p->channels - 1;
            float sum = 0;
            for (ptrdiff_t i = low; i <= high; i++) sum += x[i * p->inner] * x[i * p->inner];
            y[c * p->inner] = x[c * p->inner] * powf(p->bias + p->alpha * sum, -p->beta);
        }
    }
}

// Element `at` of the state and the sequence behind it.
static float carried(const ck_causal_conv *p, const float *state, const float *x, ptrdiff_t at) {
    if (at >= p->taps - 1) return x[at - (p->taps - 1)];
    return state ? state[at] : 0;
}

void ck_causal_conv_float32_portable(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_causal_conv *p = parameters;
    for (ptrdiff_t row = begin; row < end; row++) {
        ptrdiff_t channel = row % p->channels, kept = p->taps - 1;
        const float *x = (const float *)buffers[0] + row * p->length;
        const float *w = (const float *)buffers[1] + channel * p->taps;
        const float *state = buffers[3] ? (const float *)buffers[3] + row * kept : NULL;
        float *y = (float *)buffers[4] + row * p->length;
        for (ptrdiff_t t = 0; t < p->length; t++) {
            float sum = buffers[2] ? ((const float *)buffers[2])[channel] : 0;
            for (ptrdiff_t k = 0; k < p->taps; k++) sum += w[k] * carried(p, state, x, t + k);
            y[t] = p->is_swish ? sum / (1 + expf(-sum)) : sum;
        }
        if (!buffers[5]) continue;
        float *next = (float *)buffers[5] + row * kept;
        for (ptrdiff_t k = 0; k < kept; k++) next[k] = carried(p, state, x, p->length + k);
    }
}
