#include "../declarations.h"
#include "../numeric/inverse_root.h"
#include "int16_functions.h"

static const int8_t *bytes(void *const *buffers, ck_part part) {
    return (const int8_t *)buffers[part.buffer] + part.offset;
}

static const int16_t *words(void *const *buffers, ck_part part) {
    return (const int16_t *)buffers[part.buffer] + part.offset;
}

static int32_t scaled(int32_t x, ck_factor f) { return ck_rescale(x, f.multiplier, f.left, f.right); }

static int16_t saturated(int32_t x) { return (int16_t)ck_clamp(x, INT16_MIN, INT16_MAX); }

static int32_t product(const int8_t *m, const int8_t *x, ptrdiff_t count, int32_t sum) {
    for (ptrdiff_t i = 0; i < count; i++) sum = ck_wrapping_add(sum, m[i] * x[i]);
    return sum;
}

// Brings a gate to mean 0 and deviation 1, in steps of 2^-10, and scales it.
static void normalize(const ck_integer_gate *g, const int16_t *factors, ptrdiff_t count, int16_t *gate) {
    int64_t sum = 0, squares = 0;
    for (ptrdiff_t i = 0; i < count; i++) {
        sum += gate[i];
        squares += gate[i] * gate[i];
    }
    int32_t mean = (int32_t)(sum * 1024 / count), share = (int32_t)((1 << 20) / count);
    int32_t variance = (int32_t)((squares * share - (int64_t)mean * mean) / (1 << 20));
    int32_t multiplier, exponent;
    ck_inverse_root(variance < 1 ? g->least_variance : variance, &multiplier, &exponent);
    ck_factor inverse = {multiplier, exponent > 0 ? exponent : 0, exponent < 0 ? (exponent < -31 ? 31 : -exponent) : 0};
    for (ptrdiff_t i = 0; i < count; i++) {
        int64_t value = (int64_t)scaled(1024 * gate[i] - mean, inverse) * factors[i]
            + (g->normalized_bias ? g->normalized_bias[i] : 0);
        int32_t rounded = (int32_t)((value > 0 ? value + 512 : value - 512) / 1024);
        gate[i] = saturated(scaled(rounded, g->normalization_factor));
    }
}

typedef struct {
    const ck_integer_lstm *p;
    void *const *buffers;
    const int8_t *x;
    int8_t *hidden;
    int16_t *cell;
} row_state;

static void compute_gate(const row_state *s, int index, int16_t *gate) {
    const ck_integer_lstm *p = s->p;
    const ck_integer_gate *g = &p->gates[index];
    const int8_t *weights = bytes(s->buffers, g->weights), *recurrent = bytes(s->buffers, g->recurrent);
    for (ptrdiff_t c = 0; c < p->cells; c++) {
        int32_t own = product(weights + c * p->inputs, s->x, p->inputs, g->bias[c]);
        gate[c] = saturated(scaled(own, g->weight_factor));
        int32_t before = product(recurrent + c * p->outputs, s->hidden, p->outputs, g->recurrent_bias[c]);
        gate[c] = saturated(scaled(before, g->recurrent_factor) + gate[c]);
    }
    if (g->peephole.buffer >= 0) {
        const int16_t *peephole = words(s->buffers, g->peephole);
        for (ptrdiff_t c = 0; c < p->cells; c++)
            gate[c] = saturated(scaled(peephole[c] * s->cell[c], g->peephole_factor) + gate[c]);
    }
    if (g->normalization.buffer >= 0) normalize(g, words(s->buffers, g->normalization), p->cells, gate);
    for (ptrdiff_t c = 0; c < p->cells; c++) gate[c] = index == 2 ? ck_tanh16(gate[c], 3) : ck_logistic16(gate[c]);
}

static void step(const row_state *s, int16_t *work, int8_t *y) {
    const ck_integer_lstm *p = s->p;
    int16_t *input = work, *forget = work + p->cells, *content = work + 2 * p->cells, *output = work + 3 * p->cells;
    int8_t *hidden = (int8_t *)(work + 4 * p->cells);
    if (!p->couples_gates) compute_gate(s, 0, input);
    compute_gate(s, 1, forget);
    compute_gate(s, 2, content);
    for (ptrdiff_t c = 0; c < p->cells; c++) {
        int16_t kept = (int16_t)ck_divide_by_power(forget[c] * s->cell[c], 15);
        int16_t opened = p->couples_gates ? (int16_t)(INT16_MAX - forget[c]) : input[c];
        // A product of two Q0.15 as a number of the cell's.
        int16_t added = (int16_t)ck_divide_by_power(opened * content[c], 15 + p->cell_bits);
        s->cell[c] = saturated(kept + added);
        if (p->cell_clip > 0) s->cell[c] = (int16_t)ck_clamp(s->cell[c], -p->cell_clip, p->cell_clip);
    }
    compute_gate(s, 3, output);
    for (ptrdiff_t c = 0; c < p->cells; c++) {
        int32_t value = scaled(output[c] * ck_tanh16(s->cell[c], p->cell_bits), p->hidden_factor);
        hidden[c] = (int8_t)ck_clamp(value + p->hidden_zero_point, INT8_MIN, INT8_MAX);
    }
    if (p->projection.buffer < 0) {
        for (ptrdiff_t c = 0; c < p->cells; c++) s->hidden[c] = hidden[c];
    } else {
        const int8_t *weights = bytes(s->buffers, p->projection);
        for (ptrdiff_t o = 0; o < p->outputs; o++) {
            int32_t sum = product(weights + o * p->cells, hidden, p->cells, p->projection_bias[o]);
            int32_t value = scaled(sum, p->projection_factor) + p->output_zero_point;
            value = ck_clamp(value, INT8_MIN, INT8_MAX);
            if (p->projection_clip > 0) value = ck_clamp(value, -p->projection_clip, p->projection_clip);
            s->hidden[o] = (int8_t)value;
        }
    }
    for (ptrdiff_t o = 0; o < p->outputs; o++) y[o] = s->hidden[o];
}

void ck_integer_lstm_int8_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_integer_lstm *p = parameters;
    for (ptrdiff_t row = begin; row < end; row++) {
        row_state s = {.p = p, .buffers = buffers};
        s.hidden = (int8_t *)buffers[p->hidden.buffer] + row * p->outputs;
        s.cell = (int16_t *)buffers[p->cell.buffer] + row * p->cells;
        int16_t *work = (int16_t *)buffers[p->work.buffer] + row * 5 * p->cells;
        int8_t *y = (int8_t *)buffers[p->y.buffer] + p->y.offset;
        for (ptrdiff_t k = 0; k < p->steps; k++) {
            ptrdiff_t at = p->is_reverse ? p->steps - 1 - k : k;
            s.x = bytes(buffers, p->x) + at * p->x_step + row * p->x_row;
            step(&s, work, y + at * p->y_step + row * p->y_row);
        }
    }
}
