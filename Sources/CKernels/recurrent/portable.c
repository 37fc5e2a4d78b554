#include "../declarations.h"
#include "../numeric/dot.h"

#include <math.h>
#include <string.h>

static float *part(void *const *buffers, ck_part part) {
    return part.buffer < 0 ? NULL : (float *)buffers[part.buffer] + part.offset;
}

static float activated(const ck_recurrent_activation *a, float x) {
    switch (a->function) {
    case CK_ACT_SIGMOID: return 1 / (1 + expf(-x));
    case CK_ACT_TANH: return tanhf(x);
    case CK_ACT_RELU: return x > 0 ? x : 0;
    case CK_ACT_RELU6: return x > 6 ? 6 : x > 0 ? x : 0;
    case CK_ACT_RELU_N1_TO_1: return x > 1 ? 1 : x > -1 ? x : -1;
    case CK_ACT_AFFINE: return a->alpha * x + a->beta;
    case CK_ACT_LEAKY_RELU: return x >= 0 ? x : a->alpha * x;
    case CK_ACT_THRESHOLDED_RELU: return x > a->alpha ? x : 0;
    case CK_ACT_SCALED_TANH: return a->alpha * tanhf(a->beta * x);
    case CK_ACT_HARD_SIGMOID: {
        float y = a->alpha * x + a->beta;
        return y < 0 ? 0 : y > 1 ? 1 : y;
    }
    case CK_ACT_ELU: return x >= 0 ? x : a->alpha * expm1f(x);
    case CK_ACT_SOFTSIGN: return x / (1 + fabsf(x));
    case CK_ACT_SOFTPLUS: return x > 0 ? x + log1pf(expf(-x)) : log1pf(expf(x));
    case CK_ACT_SIGN_BIT: return signbit(x) ? 1 : 0;
    default: return x;
    }
}

static float limited(float x, float limit) { return limit <= 0 ? x : x > limit ? limit : x < -limit ? -limit : x; }

// y += m · x for m [rows, columns]; nothing without m.
static void add_product(const float *m, const float *x, ptrdiff_t rows, ptrdiff_t columns, float *y) {
    if (!m) return;
    for (ptrdiff_t r = 0; r < rows; r++) y[r] += ck_dot(m + r * columns, x, columns);
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
} row_state;

// What goes into a gate's activation, but for the recurrent part of those that `recurrent` leaves out.
static void start_gate(const row_state *s, int g, const float *peephole_of) {
    const ck_recurrent *p = s->p;
    float *gate = s->gates[g];
    memset(gate, 0, (size_t)p->cells * sizeof(float));
    add_product(part(s->buffers, p->weights[g]), s->x, p->cells, p->inputs, gate);
    if (s->extra) add_product(part(s->buffers, p->extra_weights[g]), s->extra, p->cells, p->extra_inputs, gate);
    if (p->kind != CK_GATED_RECURRENT || g < 2) {
        add_product(part(s->buffers, p->recurrent[g]), s->hidden, p->cells, p->outputs, gate);
        add(part(s->buffers, p->recurrent_bias[g]), p->cells, gate);
    }
    const float *peephole = part(s->buffers, p->peephole[g]);
    if (peephole && peephole_of)
        for (ptrdiff_t i = 0; i < p->cells; i++) gate[i] += peephole[i] * peephole_of[i];
    normalize(part(s->buffers, p->normalization[g]), p->cells, gate);
    add(part(s->buffers, p->bias[g]), p->cells, gate);
}

static void finish_gate(const row_state *s, int g, int activation) {
    const ck_recurrent *p = s->p;
    for (ptrdiff_t i = 0; i < p->cells; i++)
        s->gates[g][i] = activated(&p->activations[activation], limited(s->gates[g][i], p->clip));
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
    const float *projection = part(s->buffers, p->projection);
    float *result = projection ? s->gates[2] : s->hidden;
    for (ptrdiff_t i = 0; i < cells; i++)
        result[i] = s->gates[3][i] * activated(&p->activations[2], limited(s->cell[i], p->clip));
    if (!projection) return;
    memset(s->hidden, 0, (size_t)p->outputs * sizeof(float));
    add_product(projection, result, p->outputs, cells, s->hidden);
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

void ck_recurrent_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_recurrent *p = parameters;
    float *work = part(buffers, p->work), *y = part(buffers, p->y);
    const float *x = part(buffers, p->x), *extra = part(buffers, p->extra);
    const int32_t *lengths = p->lengths.buffer < 0 ? NULL : (const int32_t *)buffers[p->lengths.buffer];
    for (ptrdiff_t row = begin; row < end; row++) {
        float *mine = work + row * (6 * p->cells + 2 * p->outputs);
        row_state s = {.p = p, .buffers = buffers};
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
