#include "linear.h"
#include "suites.h"

#include <math.h>
#include <stdio.h>

// What is drawn is the same on every processor.
#pragma STDC FP_CONTRACT OFF

typedef struct {
    uint64_t seed;
    int kind;
    ptrdiff_t steps, batch, inputs, cells, outputs;
} recurrent_shape;

static void describe(const void *shape, char *text, size_t size) {
    const recurrent_shape *s = shape;
    snprintf(
        text, size, "kind %d, %td steps of %td rows, %td inputs, %td cells, %td outputs, seed %llu", s->kind, s->steps,
        s->batch, s->inputs, s->cells, s->outputs, (unsigned long long)s->seed);
}

enum { X, WEIGHTS, INITIAL, Y, WORK, LENGTHS };

// The next `count` numbers of the weights' buffer.
static ck_part next_part(ptrdiff_t *used, ptrdiff_t count) {
    ck_part part = {WEIGHTS, *used};
    *used += count;
    return part;
}

static void *recurrent(const void *shape, const call *call) {
    const recurrent_shape *s = shape;
    random_source source = {s->seed};
    const ck_part none = {-1, 0};
    int gates = s->kind == CK_SIMPLE_RECURRENT ? 1 : s->kind == CK_GATED_RECURRENT ? 3 : 4;
    int has_peephole = s->kind == CK_LONG_SHORT_TERM && draw_one_in(&source, 2);
    ck_recurrent p = {
        .kind = s->kind,
        .steps = s->steps,
        .batch = s->batch,
        .inputs = s->inputs,
        .cells = s->cells,
        .outputs = s->outputs,
        .x_step = s->batch * s->inputs,
        .x_row = s->inputs,
        .y_step = s->batch * s->outputs,
        .y_row = s->outputs,
        .hidden_row = s->outputs,
        .cell_row = s->cells,
        .x = {X, 0},
        .extra = none,
        .y = {Y, 0},
        .projection = none,
        .projection_bias = none,
        .initial_hidden = {INITIAL, 0},
        .initial_cell = {INITIAL, s->batch * s->outputs},
        .final_hidden = {Y, s->steps * s->batch * s->outputs},
        .final_cell = {Y, (s->steps + 1) * s->batch * s->outputs},
        .lengths = draw_one_in(&source, 2) ? (ck_part){LENGTHS, 0} : none,
        .work = {WORK, 0},
        .bytes = none,
        .is_reverse = (uint8_t)draw_one_in(&source, 2),
        .couples_gates = (uint8_t)(s->kind == CK_LONG_SHORT_TERM && draw_one_in(&source, 4)),
        .resets_product = (uint8_t)draw_one_in(&source, 2),
        .activations = {{CK_ACT_SIGMOID, 0, 0}, {CK_ACT_TANH, 0, 0}, {CK_ACT_TANH, 0, 0}},
        .clip = draw_one_in(&source, 3) ? 0.7f : 0,
        .cell_clip = draw_one_in(&source, 3) ? 0.5f : 0,
    };
    ptrdiff_t used = 0, size = (ptrdiff_t)sizeof(float);
    for (int g = 0; g < 4; g++) {
        p.weights[g] = p.recurrent[g] = p.bias[g] = p.recurrent_bias[g] = p.extra_weights[g] = p.peephole[g] =
            p.normalization[g] = none;
        if (g >= gates) continue;
        p.weights[g] = next_part(&used, s->cells * s->inputs);
        p.recurrent[g] = next_part(&used, s->cells * s->outputs);
        p.bias[g] = next_part(&used, s->cells);
        if (draw_one_in(&source, 2)) p.recurrent_bias[g] = next_part(&used, s->cells);
        if (has_peephole && g != 2) p.peephole[g] = next_part(&used, s->cells);
    }
    if (s->outputs != s->cells) {
        p.projection = next_part(&used, s->outputs * s->cells);
        if (draw_one_in(&source, 2)) p.projection_bias = next_part(&used, s->outputs);
    }
    float *x = input(s->steps * s->batch * s->inputs * size), *weights = input(used * size);
    float *initial = input(s->batch * (s->outputs + s->cells) * size);
    int32_t *lengths = input(s->batch * (ptrdiff_t)sizeof *lengths);
    draw_reals(&source, x, s->steps * s->batch * s->inputs);
    draw_reals(&source, weights, used);
    draw_reals(&source, initial, s->batch * (s->outputs + s->cells));
    for (ptrdiff_t i = 0; i < s->batch; i++) lengths[i] = (int32_t)draw_between(&source, 0, s->steps);
    // Sums that do not all end where activations are flat.
    float scale = 1 / sqrtf((float)(s->inputs + s->outputs));
    for (ptrdiff_t i = 0; i < used; i++) weights[i] *= scale;
    void *buffers[] = {
        x, weights, initial, output(((s->steps + 1) * s->outputs + s->cells) * s->batch * size),
        input(s->batch * (6 * s->cells + 2 * s->outputs) * size), lengths};
    call_kernel(call, &p, buffers, s->batch);
    return buffers[Y];
}

void draw_recurrent(const suite *suite) {
    for (ptrdiff_t number = 0;; number++) {
        random_source source = {(uint64_t)number};
        int sizes[4];
        if (!sizes_of(number, 4, 2, 300, &source, sizes)) break;
        recurrent_shape shape = {
            .seed = (uint64_t)number,
            .kind = (int)(number % 3),
            .cells = sizes[0],
            .inputs = sizes[1],
            .outputs = sizes[0],
            .batch = sizes[2] > 17 ? 4 : sizes[2],
            .steps = draw_between(&source, 1, 5),
        };
        if (shape.kind == CK_LONG_SHORT_TERM && draw_one_in(&source, 3)) shape.outputs = sizes[3];
        // The last cells are written by long short-term memories alone.
        ptrdiff_t numbers = (shape.steps + 1) * shape.batch * shape.outputs;
        comparison c = {
            .bytes = numbers * (ptrdiff_t)sizeof(float),
            .compute = recurrent,
            .shape = &shape,
            .describe = describe,
            .magnitude = 2,
        };
        if (is_drawn(number)) verify(suite, &c);
    }
}
