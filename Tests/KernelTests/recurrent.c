// Recurrent layers of floats.
#include "suites.h"

#include <math.h>
#include <stdio.h>

// What is drawn is the same on every processor.
#pragma STDC FP_CONTRACT OFF

typedef struct {
    uint64_t seed;
    int kind;
    ptrdiff_t inputs, cells;
} recurrent_shape;

#define STEPS 3
#define BATCH 2

static void describe(const void *shape, char *text, size_t size) {
    const recurrent_shape *s = shape;
    snprintf(text, size, "kind %d, %td inputs, %td cells", s->kind, s->inputs, s->cells);
}

static float *draw_floats(random_source *source, ptrdiff_t count, float range) {
    float *x = input(count * (ptrdiff_t)sizeof *x);
    for (ptrdiff_t i = 0; i < count; i++) x[i] = draw_real(source) * range;
    return x;
}

static void *recurrent(const void *shape, const call *call) {
    const recurrent_shape *s = shape;
    random_source source = {s->seed};
    const ck_part none = {-1, 0};
    ptrdiff_t cells = s->cells, inputs = s->inputs, work = 6 * cells + 2 * cells;
    ck_recurrent p = {
        .kind = s->kind, .steps = STEPS, .batch = BATCH, .inputs = inputs, .cells = cells, .outputs = cells,
        .x_step = BATCH * inputs, .x_row = inputs, .y_step = BATCH * cells, .y_row = cells, .hidden_row = cells,
        .cell_row = cells, .x = {0, 0}, .extra = none, .y = {1, 0}, .projection = none, .projection_bias = none,
        .initial_hidden = {6, 0}, .initial_cell = {6, 0}, .final_hidden = none, .final_cell = none, .lengths = none,
        .work = {5, 0}, .bytes = none, .is_reverse = (uint8_t)draw_one_in(&source, 2),
        .resets_product = (uint8_t)draw_one_in(&source, 2),
        .activations = {{CK_ACT_SIGMOID, 0, 0}, {CK_ACT_TANH, 0, 0}, {CK_ACT_TANH, 0, 0}}};
    for (int gate = 0; gate < 4; gate++) {
        p.weights[gate] = (ck_part){2, gate * cells * inputs};
        p.recurrent[gate] = (ck_part){3, gate * cells * cells};
        p.bias[gate] = (ck_part){4, gate * cells};
        p.extra_weights[gate] = p.recurrent_bias[gate] = p.peephole[gate] = p.normalization[gate] = none;
    }
    if (s->kind == CK_LONG_SHORT_TERM && draw_one_in(&source, 2))
        for (int gate = 0; gate < 4; gate++) p.peephole[gate] = (ck_part){4, gate * cells};
    void *buffers[] = {
        draw_floats(&source, STEPS * BATCH * inputs, 1),
        output(STEPS * BATCH * cells * 4),
        draw_floats(&source, 4 * cells * inputs, 1 / sqrtf((float)inputs)),
        draw_floats(&source, 4 * cells * cells, 1 / sqrtf((float)cells)),
        draw_floats(&source, 4 * cells, 1),
        input(BATCH * work * 4),
        draw_floats(&source, BATCH * cells, 1)};
    call_kernel(call, &p, buffers, BATCH);
    return buffers[1];
}

void draw_recurrent(const suite *suite) {
    for (ptrdiff_t number = 0; number < 3 * SIZES * SIZES; number++) {
        recurrent_shape shape = {
            .seed = (uint64_t)number, .kind = (int)(number % 3), .inputs = awkward_sizes[number / 3 % SIZES],
            .cells = awkward_sizes[number / 3 / SIZES]};
        comparison c = {
            .bytes = STEPS * BATCH * shape.cells * (ptrdiff_t)sizeof(float), .compute = recurrent, .shape = &shape,
            .describe = describe, .magnitude = 1};
        if (is_drawn(number)) verify(suite, &c);
    }
}
