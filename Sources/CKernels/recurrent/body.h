// Recurrent layers of floats, for one instruction set.
#include "../numeric/float_functions.h"
#include "activation.h"
#include "quantized_vector.h"

#include <math.h>

static float *part(void *const *buffers, ck_part part) {
    return part.buffer < 0 ? NULL : (float *)buffers[part.buffer] + part.offset;
}

static float limited(float x, float limit) { return limit <= 0 ? x : x > limit ? limit : x < -limit ? -limit : x; }

// y += m · x for four rows of m, or for one.
CK_INLINE void add_rows(const float *m, const float *x, int rows, ptrdiff_t columns, float *y) {
    lanes_f32 even[4] = {}, odd[4] = {};
    ptrdiff_t i = 0;
    for (; i + 2 * CK_LANES <= columns; i += 2 * CK_LANES) {
        lanes_f32 low = load_lanes(x + i), high = load_lanes(x + i + CK_LANES);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            even[r] += low * load_lanes(m + r * columns + i);
            odd[r] += high * load_lanes(m + r * columns + i + CK_LANES);
        }
    }
    for (; i < columns; i += CK_LANES) {
        lanes_f32 values = load_lanes(x + i);
        ptrdiff_t rest = columns - i;
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            lanes_f32 products = values * load_lanes(m + r * columns + i);
            even[r] += rest < CK_LANES ? first_lanes(products, rest, 0) : products;
        }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) y[r] += sum_of_lanes(even[r] + odd[r]);
}

// y += m · x for m [rows, columns]; nothing without m.
static void add_product(const float *m, const float *x, ptrdiff_t rows, ptrdiff_t columns, float *y) {
    if (!m) return;
    ptrdiff_t r = 0;
    for (; r + 4 <= rows; r += 4) add_rows(m + r * columns, x, 4, columns, y + r);
    for (; r < rows; r++) add_rows(m + r * columns, x, 1, columns, y + r);
}

// y = f(x)
static void activate(const ck_recurrent_activation *a, const float *x, float *y, ptrdiff_t count) {
    ptrdiff_t i = 0;
    if (a->function == CK_ACT_SIGMOID)
        for (; i + CK_LANES <= count; i += CK_LANES) store_lanes(y + i, logistic_lanes(load_lanes(x + i)));
    else if (a->function == CK_ACT_TANH)
        for (; i + CK_LANES <= count; i += CK_LANES) store_lanes(y + i, tanh_lanes(load_lanes(x + i)));
    for (; i < count; i++) y[i] = ck_activated(a, x[i]);
}

static void add(const float *a, ptrdiff_t count, float *y) {
    if (!a) return;
    for (ptrdiff_t i = 0; i < count; i++) y[i] += a[i];
}

// LiteRT's mean and standard deviation over the cells; the constant keeps a row of equal values finite.
static void normalize(const float *factors, ptrdiff_t count, float *x) {
    if (!factors) return;
    float sum = 0, squares = 0;
    for (ptrdiff_t i = 0; i < count; i++) sum += x[i];
    float mean = sum / (float)count;
    for (ptrdiff_t i = 0; i < count; i++) squares += (x[i] - mean) * (x[i] - mean);
    float inverse = 1 / sqrtf(squares / (float)count + 1e-8f);
    for (ptrdiff_t i = 0; i < count; i++) x[i] = (x[i] - mean) * inverse * factors[i];
}

typedef struct {
    const ck_recurrent *p;
    void *const *buffers;
    const float *x, *extra;
    float *hidden, *cell, *next;
    float *gates[4];
    int8_t *bytes;
} row_state;

// y += m · x, whichever type the weights are of.
static void multiply(
    const row_state *s, ck_part weights, float scale, const float *x, ptrdiff_t rows, ptrdiff_t columns, float *y) {
    if (weights.buffer < 0) return;
    if (!s->p->is_hybrid) return add_product(part(s->buffers, weights), x, rows, columns, y);
    const int8_t *m = (const int8_t *)s->buffers[weights.buffer] + weights.offset;
    ck_add_quantized_product(m, scale, x, rows, columns, s->p->is_asymmetric, s->bytes, y);
}

static void add_peephole(const row_state *s, int g, const float *cell, float *gate) {
    const ck_recurrent *p = s->p;
    ck_part weights = p->peephole[g];
    if (!cell || weights.buffer < 0) return;
    if (p->is_hybrid) {
        const int8_t *bytes = (const int8_t *)s->buffers[weights.buffer] + weights.offset;
        for (ptrdiff_t i = 0; i < p->cells; i++) gate[i] += (float)bytes[i] * p->peephole_scales[g] * cell[i];
    } else {
        const float *factors = part(s->buffers, weights);
        for (ptrdiff_t i = 0; i < p->cells; i++) gate[i] += factors[i] * cell[i];
    }
}

// What goes into a gate's activation, but for the recurrent part of those that `recurrent` leaves out.
static void start_gate(const row_state *s, int g, const float *peephole_of) {
    const ck_recurrent *p = s->p;
    float *gate = s->gates[g];
    memset(gate, 0, (size_t)p->cells * sizeof(float));
    multiply(s, p->weights[g], p->weight_scales[g], s->x, p->cells, p->inputs, gate);
    if (s->extra) multiply(s, p->extra_weights[g], p->extra_scales[g], s->extra, p->cells, p->extra_inputs, gate);
    if (p->kind != CK_GATED_RECURRENT || g < 2) {
        multiply(s, p->recurrent[g], p->recurrent_scales[g], s->hidden, p->cells, p->outputs, gate);
        add(part(s->buffers, p->recurrent_bias[g]), p->cells, gate);
    }
    add_peephole(s, g, peephole_of, gate);
    normalize(part(s->buffers, p->normalization[g]), p->cells, gate);
    add(part(s->buffers, p->bias[g]), p->cells, gate);
}

static void finish_gate(const row_state *s, int g, int activation) {
    const ck_recurrent *p = s->p;
    for (ptrdiff_t i = 0; i < p->cells; i++) s->gates[g][i] = limited(s->gates[g][i], p->clip);
    activate(&p->activations[activation], s->gates[g], s->gates[g], p->cells);
}

static void simple_step(const row_state *s) {
    start_gate(s, 0, NULL);
    finish_gate(s, 0, 0);
    memcpy(s->hidden, s->gates[0], (size_t)s->p->cells * sizeof(float));
}

static void gated_step(const row_state *s) {
    const ck_recurrent *p = s->p;
    ptrdiff_t cells = p->cells;
    for (int g = 0; g < 2; g++) {
        start_gate(s, g, NULL);
        finish_gate(s, g, 0);
    }
    start_gate(s, 2, NULL);
    const float *reset = s->gates[1];
    float *product = s->gates[3];
    memset(product, 0, (size_t)cells * sizeof(float));
    if (p->resets_product) {
        add_product(part(s->buffers, p->recurrent[2]), s->hidden, cells, cells, product);
        add(part(s->buffers, p->recurrent_bias[2]), cells, product);
        for (ptrdiff_t i = 0; i < cells; i++) product[i] *= reset[i];
    } else {
        for (ptrdiff_t i = 0; i < cells; i++) s->next[i] = reset[i] * s->hidden[i];
        add_product(part(s->buffers, p->recurrent[2]), s->next, cells, cells, product);
        add(part(s->buffers, p->recurrent_bias[2]), cells, product);
    }
    add(product, cells, s->gates[2]);
    finish_gate(s, 2, 1);
    for (ptrdiff_t i = 0; i < cells; i++) {
        float z = s->gates[0][i];
        s->hidden[i] = (1 - z) * s->gates[2][i] + z * s->hidden[i];
    }
}

static void long_short_term_step(const row_state *s) {
    const ck_recurrent *p = s->p;
    ptrdiff_t cells = p->cells;
    start_gate(s, 1, s->cell);
    finish_gate(s, 1, 0);
    if (p->couples_gates) {
        for (ptrdiff_t i = 0; i < cells; i++) s->gates[0][i] = 1 - s->gates[1][i];
    } else {
        start_gate(s, 0, s->cell);
        finish_gate(s, 0, 0);
    }
    start_gate(s, 2, NULL);
    finish_gate(s, 2, 1);
    for (ptrdiff_t i = 0; i < cells; i++)
        s->cell[i] = limited(s->gates[1][i] * s->cell[i] + s->gates[0][i] * s->gates[2][i], p->cell_clip);
    start_gate(s, 3, s->cell);
    finish_gate(s, 3, 0);
    int is_projected = p->projection.buffer >= 0;
    float *result = is_projected ? s->gates[2] : s->hidden;
    activate(&p->activations[2], s->cell, result, cells);
    for (ptrdiff_t i = 0; i < cells; i++) result[i] *= s->gates[3][i];
    if (!is_projected) return;
    memset(s->hidden, 0, (size_t)p->outputs * sizeof(float));
    multiply(s, p->projection, p->projection_scale, result, p->outputs, cells, s->hidden);
    add(part(s->buffers, p->projection_bias), p->outputs, s->hidden);
    for (ptrdiff_t i = 0; i < p->outputs; i++) s->hidden[i] = limited(s->hidden[i], p->projection_clip);
}

static void load(float *target, const float *source, ptrdiff_t row, ptrdiff_t stride, ptrdiff_t count) {
    if (source) memcpy(target, source + row * stride, (size_t)count * sizeof(float));
    else memset(target, 0, (size_t)count * sizeof(float));
}

static void store(float *target, const float *source, ptrdiff_t row, ptrdiff_t stride, ptrdiff_t count) {
    if (target) memcpy(target + row * stride, source, (size_t)count * sizeof(float));
}

void CK_NAME(ck_recurrent_float32)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_recurrent *p = parameters;
    float *work = part(buffers, p->work), *y = part(buffers, p->y);
    const float *x = part(buffers, p->x), *extra = part(buffers, p->extra);
    const int32_t *lengths = p->lengths.buffer < 0 ? NULL : (const int32_t *)buffers[p->lengths.buffer];
    for (ptrdiff_t row = begin; row < end; row++) {
        float *mine = work + row * (6 * p->cells + 2 * p->outputs);
        row_state s = {.p = p, .buffers = buffers};
        if (p->is_hybrid) s.bytes = (int8_t *)buffers[p->bytes.buffer] + row * p->longest;
        for (int g = 0; g < 4; g++) s.gates[g] = mine + g * p->cells;
        s.cell = mine + 4 * p->cells;
        s.next = mine + 5 * p->cells;
        s.hidden = mine + 6 * p->cells;
        load(s.hidden, part(buffers, p->initial_hidden), row, p->hidden_row, p->outputs);
        load(s.cell, part(buffers, p->initial_cell), row, p->cell_row, p->cells);
        ptrdiff_t steps = p->steps;
        if (lengths && lengths[row] < steps) steps = lengths[row] < 0 ? 0 : lengths[row];
        for (ptrdiff_t step = 0; step < steps; step++) {
            ptrdiff_t at = p->is_reverse ? steps - 1 - step : step;
            s.x = x + at * p->x_step + row * p->x_row;
            s.extra = extra ? extra + at * p->extra_step + row * p->extra_row : NULL;
            switch (p->kind) {
            case CK_SIMPLE_RECURRENT: simple_step(&s); break;
            case CK_GATED_RECURRENT: gated_step(&s); break;
            default: long_short_term_step(&s); break;
            }
            if (y) memcpy(y + at * p->y_step + row * p->y_row, s.hidden, (size_t)p->outputs * sizeof(float));
        }
        for (ptrdiff_t at = steps; y && at < p->steps; at++)
            memset(y + at * p->y_step + row * p->y_row, 0, (size_t)p->outputs * sizeof(float));
        store(part(buffers, p->final_hidden), s.hidden, row, p->hidden_row, p->outputs);
        store(part(buffers, p->final_cell), s.cell, row, p->cell_row, p->cells);
    }
}
