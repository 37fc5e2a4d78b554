#include "../movement/indices.h"

#include <math.h>
#include <string.h>

void ck_linear_attention_float32_portable(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_linear_attention *p = parameters;
    ptrdiff_t size = p->size, wide = p->value_size, shared = p->heads / p->group;
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t batch = unit / shared, head = unit % shared;
        float *state = (float *)buffers[7] + unit * size * wide;
        if (p->has_past) memcpy(state, (const float *)buffers[5] + unit * size * wide, (size_t)(size * wide) * 4);
        else memset(state, 0, (size_t)(size * wide) * 4);
        for (ptrdiff_t step = 0; step < p->steps; step++) {
            ptrdiff_t at = batch * p->steps + step;
            const float *k = (const float *)buffers[1] + (at * shared + head) * size;
            const float *v = (const float *)buffers[2] + (at * shared + head) * wide;
            if (p->decay != CK_NO_DECAY) {
                const float *decay = (const float *)buffers[3] + (at * shared + head) * (p->decay == CK_DECAY_PER_KEY ? size : 1);
                for (ptrdiff_t i = 0; i < size; i++) {
                    float factor = expf(decay[p->decay == CK_DECAY_PER_KEY ? i : 0]);
                    for (ptrdiff_t j = 0; j < wide; j++) state[i * wide + j] *= factor;
                }
            }
            const float *beta = p->beta_heads ? (const float *)buffers[4] + at * p->beta_heads + head % p->beta_heads : NULL;
            for (ptrdiff_t j = 0; j < wide; j++) {
                float value = v[j];
                if (beta) {
                    float known = 0;
                    for (ptrdiff_t i = 0; i < size; i++) known += state[i * wide + j] * k[i];
                    value = *beta * (value - known);
                }
                for (ptrdiff_t i = 0; i < size; i++) state[i * wide + j] += k[i] * value;
            }
            for (ptrdiff_t g = 0; g < p->group; g++) {
                ptrdiff_t reader = at * p->heads + head * p->group + g;
                const float *q = (const float *)buffers[0] + reader * size;
                float *y = (float *)buffers[6] + reader * wide;
                for (ptrdiff_t j = 0; j < wide; j++) y[j] = 0;
                for (ptrdiff_t i = 0; i < size; i++)
                    for (ptrdiff_t j = 0; j < wide; j++) y[j] += q[i] * state[i * wide + j];
                for (ptrdiff_t j = 0; j < wide; j++) y[j] *= p->scale;
            }
        }
    }
}

void ck_rotary_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_rotary *p = parameters;
    const int64_t *positions = buffers[3];
    ptrdiff_t half = p->rotated / 2;
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t row = unit;
        if (p->has_positions) {
            row = ck_place(positions[unit], p->cache_rows, 0, buffers[5]);
            if (row < 0) continue;
        }
        const float *cosines = (const float *)buffers[1] + row * half, *sines = (const float *)buffers[2] + row * half;
        ptrdiff_t start = unit / p->steps * p->strides[0] + unit % p->steps * p->strides[1];
        for (ptrdiff_t head = 0; head < p->heads; head++) {
            const float *x = (const float *)buffers[0] + start + head * p->strides[2];
            float *y = (float *)buffers[4] + start + head * p->strides[2];
            for (ptrdiff_t i = 0; i < half; i++) {
                ptrdiff_t real = p->is_interleaved ? 2 * i : i, other = p->is_interleaved ? 2 * i + 1 : half + i;
                float a = x[real], b = x[other];
                y[real] = cosines[i] * a - sines[i] * b;
                y[other] = sines[i] * a + cosines[i] * b;
            }
            for (ptrdiff_t i = 2 * half; i < p->size; i++) y[i] = x[i];
        }
    }
}
