#include "../declarations.h"
#include "../numeric/dot.h"
#include "../numeric/fixed_point.h"
#include "activation.h"
#include "quantized_vector.h"

#include <string.h>

// One step of a row: `features` makes the new entry of each memory.
static void finish_row(const ck_rank_filter *p, void *const *buffers, ptrdiff_t row) {
    const float *time = buffers[2], *bias = buffers[3], *memory = buffers[4];
    ptrdiff_t units = p->filters / p->rank;
    float *y = (float *)buffers[5] + row * units;
    for (ptrdiff_t u = 0; u < units; u++) {
        float sum = bias ? bias[u] : 0;
        for (ptrdiff_t r = 0; r < p->rank; r++) {
            ptrdiff_t filter = u * p->rank + r;
            sum += ck_dot(memory + (row * p->filters + filter) * p->steps, time + filter * p->steps, p->steps);
        }
        y[u] = ck_activated(&p->activation, sum);
    }
}

static void shift(float *memory, ptrdiff_t filters, ptrdiff_t steps) {
    for (ptrdiff_t f = 0; f < filters; f++)
        memmove(memory + f * steps, memory + f * steps + 1, (size_t)(steps - 1) * sizeof *memory);
}

void ck_rank_filter_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_rank_filter *p = parameters;
    for (ptrdiff_t row = begin; row < end; row++) {
        const float *x = (const float *)buffers[0] + row * p->inputs, *features = buffers[1];
        float *memory = (float *)buffers[4] + row * p->filters * p->steps;
        shift(memory, p->filters, p->steps);
        for (ptrdiff_t f = 0; f < p->filters; f++)
            memory[(f + 1) * p->steps - 1] = ck_dot(features + f * p->inputs, x, p->inputs);
        finish_row(p, buffers, row);
    }
}

void ck_rank_filter_hybrid_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_rank_filter *p = parameters;
    for (ptrdiff_t row = begin; row < end; row++) {
        const float *x = (const float *)buffers[0] + row * p->inputs;
        float *memory = (float *)buffers[4] + row * p->filters * p->steps;
        int8_t *bytes = (int8_t *)buffers[6] + row * p->inputs;
        shift(memory, p->filters, p->steps);
        for (ptrdiff_t f = 0; f < p->filters; f++) {
            float *entry = &memory[(f + 1) * p->steps - 1];
            *entry = 0;
            ck_add_quantized_product(
                (const int8_t *)buffers[1] + f * p->inputs, p->feature_scale, x, 1, p->inputs, p->is_asymmetric, bytes,
                entry);
        }
        finish_row(p, buffers, row);
    }
}

void ck_rank_filter_int8_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_rank_filter *p = parameters;
    const int8_t *features = buffers[1];
    const int16_t *time = buffers[2];
    const int32_t *bias = buffers[3];
    ptrdiff_t units = p->filters / p->rank;
    for (ptrdiff_t row = begin; row < end; row++) {
        const int8_t *x = (const int8_t *)buffers[0] + row * p->inputs;
        int16_t *memory = (int16_t *)buffers[4] + row * p->filters * p->steps;
        int8_t *y = (int8_t *)buffers[5] + row * units;
        for (ptrdiff_t f = 0; f < p->filters; f++) {
            int16_t *mine = memory + f * p->steps;
            memmove(mine, mine + 1, (size_t)(p->steps - 1) * sizeof *mine);
            int32_t sum = 0;
            for (ptrdiff_t i = 0; i < p->inputs; i++)
                sum = ck_wrapping_add(sum, features[f * p->inputs + i] * (x[i] - p->input_zero_point));
            sum = ck_rescale(sum, p->feature_multiplier, p->feature_left, p->feature_right);
            mine[p->steps - 1] = (int16_t)ck_clamp(sum, INT16_MIN, INT16_MAX);
        }
        for (ptrdiff_t u = 0; u < units; u++) {
            int32_t sum = bias ? bias[u] : 0;
            for (ptrdiff_t i = u * p->rank * p->steps; i < (u + 1) * p->rank * p->steps; i++)
                sum = ck_wrapping_add(sum, time[i] * memory[i]);
            sum = ck_rescale(sum, p->time_multiplier, p->time_left, p->time_right) + p->output_zero_point;
            y[u] = (int8_t)ck_clamp(sum, INT8_MIN, INT8_MAX);
        }
    }
}
