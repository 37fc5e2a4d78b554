#include "linear.h"
#include "suites.h"

#include <stdio.h>

typedef struct {
    uint64_t seed;
    ptrdiff_t batch, inputs, outputs;
    // int8: whether the result is float32.
    int is_real;
} dense_shape;

static void describe(const void *shape, char *text, size_t size) {
    const dense_shape *s = shape;
    snprintf(
        text, size, "%td x %td to %td%s, seed %llu", s->batch, s->inputs, s->outputs, s->is_real ? " as reals" : "",
        (unsigned long long)s->seed);
}

static ck_packing packing_of(const dense_shape *s, const ck_kernel *kernel) {
    return (ck_packing){
        .element_size = 1, .groups = 1, .outputs = s->outputs, .taps = 1, .inputs = s->inputs, .depth = kernel->depth};
}

static ck_fully_connected parameters_of(const dense_shape *s, const linear_weights *weights) {
    return (ck_fully_connected){
        .batch = s->batch,
        .inputs = s->inputs,
        .outputs = s->outputs,
        .weights = weights->packed,
        .bias = weights->bias,
        .weight_scale = weights->scales,
        .weight_sum = weights->sums,
        .output = weights->output,
    };
}

static void *dense_float32(const void *shape, const call *call) {
    const dense_shape *s = shape;
    random_source source = {s->seed};
    linear_weights weights = draw_float_weights(&source, packing_of(s, call->kernel));
    ck_fully_connected p = parameters_of(s, &weights);
    draw_bounds(&source, typical_real(s->inputs), &p.minimum, &p.maximum);
    float *x = input(s->batch * s->inputs * (ptrdiff_t)sizeof *x);
    draw_reals(&source, x, s->batch * s->inputs);
    void *buffers[] = {x, output(s->batch * s->outputs * (ptrdiff_t)sizeof(float))};
    call_kernel(call, &p, buffers, weights.lanes / CK_BLOCK);
    return buffers[1];
}

static void *dense_int8(const void *shape, const call *call) {
    const dense_shape *s = shape;
    random_source source = {s->seed};
    rounding rounding = s->is_real ? ROUNDS_NOT : draw_rounding(&source);
    int is_unsigned = (s->is_real || rounding == ROUNDS_SINGLE) && draw_one_in(&source, 2);
    linear_weights weights = draw_int8_weights(
        &source, packing_of(s, call->kernel), rounding, draw_zero_point(&source, 0), is_unsigned);
    ck_fully_connected p = parameters_of(s, &weights);
    p.flip = is_unsigned ? 0x80 : 0;
    p.is_real = (uint8_t)s->is_real;
    if (call->kernel->depth > 1) {
        void *prepared = constant(ck_prepared_lanes_size(weights.lanes));
        ck_prepare_lanes(
            p.bias, p.weight_sum, s->is_real ? NULL : weights.magnitudes, &p.output, weights.lanes, s->outputs, 1,
            prepared);
        p.prepared = prepared;
    }
    int8_t *x = input(s->batch * s->inputs);
    draw_bytes(&source, x, s->batch * s->inputs);
    void *buffers[] = {x, output(s->batch * s->outputs * (s->is_real ? (ptrdiff_t)sizeof(float) : 1))};
    call_kernel(call, &p, buffers, weights.lanes / CK_BLOCK);
    return buffers[1];
}

static void *dense_hybrid(const void *shape, const call *call) {
    const dense_shape *s = shape;
    random_source source = {s->seed};
    linear_weights weights = draw_hybrid_weights(&source, packing_of(s, call->kernel));
    ck_fully_connected p = parameters_of(s, &weights);
    p.flip = draw_one_in(&source, 2) ? 0x80 : 0;
    draw_bounds(&source, typical_real(s->inputs), &p.minimum, &p.maximum);
    int8_t *x = input(s->batch * s->inputs);
    draw_bytes(&source, x, s->batch * s->inputs);
    void *buffers[] = {
        x, output(s->batch * s->outputs * (ptrdiff_t)sizeof(float)), draw_quantizations(&source, s->batch)};
    call_kernel(call, &p, buffers, weights.lanes / CK_BLOCK);
    return buffers[1];
}

// Every combination of sizes, `times` times.
static void draw_dense(const suite *suite, void *(*compute)(const void *, const call *), int times, int is_real) {
    for (ptrdiff_t number = 0; number < (ptrdiff_t)SIZES * SIZES * SIZES * times; number++) {
        dense_shape shape = {
            .seed = (uint64_t)number,
            .inputs = awkward_sizes[number % SIZES],
            .outputs = awkward_sizes[number / SIZES % SIZES],
            .batch = awkward_sizes[number / SIZES / SIZES % SIZES],
            .is_real = !is_real && number % 5 == 0 && number >= SIZES * SIZES * SIZES,
        };
        comparison c = {
            .bytes = shape.batch * shape.outputs * (is_real || shape.is_real ? (ptrdiff_t)sizeof(float) : 1),
            .compute = compute,
            .shape = &shape,
            .describe = describe,
            .magnitude = is_real ? typical_real(shape.inputs) : 0,
        };
        if (is_drawn(number)) verify(suite, &c);
    }
}

void draw_fully_connected_float32(const suite *suite) { draw_dense(suite, dense_float32, 1, 1); }
void draw_fully_connected_int8(const suite *suite) { draw_dense(suite, dense_int8, 4, 0); }
void draw_fully_connected_hybrid(const suite *suite) { draw_dense(suite, dense_hybrid, 1, 1); }
