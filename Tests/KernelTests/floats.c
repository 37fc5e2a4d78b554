// Functions, arithmetic and rows of floats.
#include "linear.h"
#include "runs.h"
#include "suites.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// What is drawn is the same on every processor.
#pragma STDC FP_CONTRACT OFF

static const ptrdiff_t lengths[] = {1, 2, 3, 4, 7, 15, 16, 17, 63, 64, 65, 130, 1023, 1024, 1025, 3000};
#define LENGTHS ((ptrdiff_t)(sizeof lengths / sizeof lengths[0]))

typedef struct {
    uint64_t seed;
    int operation;
    ptrdiff_t count, channels;
    runs runs;
} float_shape;

static ptrdiff_t chunks(ptrdiff_t count) { return (count + CK_CHUNK - 1) / CK_CHUNK; }

static float *draw_floats(random_source *source, ptrdiff_t count, float range) {
    float *x = input(count * (ptrdiff_t)sizeof *x);
    for (ptrdiff_t i = 0; i < count; i++) x[i] = draw_real(source) * range;
    return x;
}

static void describe(const void *shape, char *text, size_t size) {
    const float_shape *s = shape;
    snprintf(text, size, "operation %d on %td floats, %td channels", s->operation, s->count, s->channels);
}

static void verify_floats(const suite *suite, const float_shape *s, void *(*compute)(const void *, const call *)) {
    comparison c = {
        .bytes = s->count * (ptrdiff_t)sizeof(float), .compute = compute, .shape = s, .describe = describe, .magnitude = 1};
    verify(suite, &c);
}

static void *math(const void *shape, const call *call) {
    const float_shape *s = shape;
    random_source source = {s->seed};
    ck_unary p = {.operation = s->operation, .count = s->count, .alpha = 0.3, .beta = 0.7};
    float *x = draw_floats(&source, s->count, ldexpf(1, (int)draw_between(&source, -3, 4)));
    for (ptrdiff_t i = 0; i < s->count; i++)
        if (s->operation == CK_LOG || s->operation == CK_SQRT || s->operation == CK_RSQRT || s->operation == CK_RECIPROCAL)
            x[i] = fabsf(x[i]) + 0.25f;
    void *y = draw_one_in(&source, 2) ? overwritten(x, s->count * 4) : output(s->count * 4);
    void *buffers[] = {x, y};
    call_kernel(call, &p, buffers, chunks(s->count));
    return y;
}

void draw_math(const suite *suite) {
    static const int operations[] = {
        CK_RELU, CK_RELU6, CK_RELU_N1_TO_1, CK_RELU_0_TO_1, CK_LOGISTIC, CK_TANH, CK_HARD_SWISH, CK_ELU, CK_ABS,
        CK_NEGATE, CK_EXP, CK_LOG, CK_SQRT, CK_RSQRT, CK_SQUARE, CK_FLOOR, CK_CEIL, CK_ROUND, CK_ERF, CK_RECIPROCAL,
        CK_SIGN, CK_SOFTPLUS, CK_SOFTSIGN, CK_MISH, CK_LEAKY_RELU, CK_SCALED_ELU, CK_SELU, CK_CELU,
        CK_THRESHOLDED_RELU, CK_HARD_SIGMOID, CK_SHRINK, CK_SWISH, CK_CLAMP, CK_COS};
    const ptrdiff_t count = sizeof operations / sizeof operations[0];
    for (ptrdiff_t number = 0; number < count * LENGTHS; number++) {
        float_shape shape = {
            .seed = (uint64_t)number, .operation = operations[number % count], .count = lengths[number / count]};
        if (is_drawn(number)) verify_floats(suite, &shape, math);
    }
}

static void *arithmetic(const void *shape, const call *call) {
    const float_shape *s = shape;
    random_source source = {s->seed};
    const runs *r = &s->runs;
    ck_binary p = {
        .operation = s->operation, .rank = r->rank, .inner = r->inner, .count = r->count, .a_step = r->a_step,
        .b_step = r->b_step, .minimum = -INFINITY, .maximum = draw_one_in(&source, 3) ? 0.5f : INFINITY};
    memcpy(p.sizes, r->sizes, sizeof p.sizes);
    memcpy(p.a_strides, r->a_strides, sizeof p.a_strides);
    memcpy(p.b_strides, r->b_strides, sizeof p.b_strides);
    float *a = draw_floats(&source, r->a_count, 2), *b = draw_floats(&source, r->b_count, 2);
    for (ptrdiff_t i = 0; i < r->b_count && s->operation == CK_DIVIDE; i++) b[i] = fabsf(b[i]) + 0.25f;
    void *y = r->in_place ? overwritten(r->in_place == 1 ? a : b, r->count * 4) : output(r->count * 4);
    void *buffers[] = {r->in_place == 1 ? y : a, r->in_place == 2 ? y : b, y};
    call_kernel(call, &p, buffers, r->units);
    return y;
}

void draw_arithmetic(const suite *suite) {
    static const int operations[] = {
        CK_ADD, CK_SUBTRACT, CK_MULTIPLY, CK_DIVIDE, CK_MAXIMUM, CK_MINIMUM, CK_SQUARED_DIFFERENCE, CK_PRELU};
    const ptrdiff_t count = sizeof operations / sizeof operations[0];
    for (ptrdiff_t number = 0;; number++) {
        float_shape shape = {.seed = (uint64_t)number, .operation = operations[number % count]};
        random_source source = {shape.seed};
        if (!draw_runs(number / count, &source, &shape.runs)) break;
        shape.count = shape.runs.count;
        if (is_drawn(number)) verify_floats(suite, &shape, arithmetic);
    }
}

static void *gelu(const void *shape, const call *call) {
    const float_shape *s = shape;
    random_source source = {s->seed};
    ck_gelu p = {.function = s->operation, .alpha = 1.702f, .count = s->count, .channels = s->channels};
    float *x = draw_floats(&source, s->count, 8), *bias = draw_floats(&source, s->channels, 1);
    void *buffers[] = {x, output(s->count * 4), draw_one_in(&source, 2) ? bias : NULL};
    call_kernel(call, &p, buffers, chunks(s->count));
    return buffers[1];
}

void draw_gelu(const suite *suite) {
    for (ptrdiff_t number = 0; number < LENGTHS * SIZES * 3; number++) {
        float_shape shape = {
            .seed = (uint64_t)number, .operation = (int)(number % 3), .count = lengths[number / 3 % LENGTHS],
            .channels = awkward_sizes[number / 3 / LENGTHS]};
        if (is_drawn(number)) verify_floats(suite, &shape, gelu);
    }
}

static void *gated_unit(const void *shape, const call *call) {
    const float_shape *s = shape;
    random_source source = {s->seed};
    ck_gated_unit p = {.count = s->count, .alpha = 0.7f};
    void *buffers[] = {draw_floats(&source, s->count, 8), draw_floats(&source, s->count, 2), output(s->count * 4)};
    call_kernel(call, &p, buffers, chunks(s->count));
    return buffers[2];
}

void draw_gated_unit(const suite *suite) {
    for (ptrdiff_t number = 0; number < LENGTHS; number++) {
        float_shape shape = {.seed = (uint64_t)number, .count = lengths[number]};
        if (is_drawn(number)) verify_floats(suite, &shape, gated_unit);
    }
}

static void *layer_norm(const void *shape, const call *call) {
    const float_shape *s = shape;
    random_source source = {s->seed};
    ptrdiff_t rows = s->count / s->channels;
    ck_layer_norm p = {
        .count = s->channels, .skip_period = rows > 2 ? 2 : 1, .epsilon = 1e-3f,
        .is_simplified = (uint8_t)draw_one_in(&source, 3), .has_one_scale = (uint8_t)draw_one_in(&source, 3)};
    float *x = draw_floats(&source, s->count, 3), *bias = draw_floats(&source, s->channels, 1);
    float *skip = draw_floats(&source, s->channels * p.skip_period, 1);
    void *buffers[] = {
        x, output(s->count * 4), draw_floats(&source, s->channels, 1),
        draw_one_in(&source, 3) ? NULL : draw_floats(&source, s->channels, 1), draw_one_in(&source, 2) ? skip : NULL,
        draw_one_in(&source, 2) ? bias : NULL, output(rows * 4), output(rows * 4), output(s->count * 4)};
    call_kernel(call, &p, buffers, rows);
    return buffers[1];
}

void draw_layer_norm(const suite *suite) {
    for (ptrdiff_t number = 0; number < SIZES * SIZES * 2; number++) {
        float_shape shape = {.seed = (uint64_t)number, .channels = awkward_sizes[number % SIZES]};
        shape.count = shape.channels * awkward_sizes[number / SIZES % SIZES];
        if (is_drawn(number)) verify_floats(suite, &shape, layer_norm);
    }
}

static void *fold(const void *shape, const call *call) {
    const float_shape *s = shape;
    random_source source = {s->seed};
    // [outer, middle, inner], of which the middle axis or the last one is folded.
    ptrdiff_t outer = draw_between(&source, 1, 3), inner = s->channels, middle = DRAW_ONE_OF(&source, awkward_sizes);
    int is_last = draw_one_in(&source, 2);
    ck_reduce p = {.operation = s->operation, .kept_rank = 2, .reduced_rank = 1};
    p.kept_sizes[0] = outer;
    p.kept_strides[0] = middle * inner;
    p.kept_sizes[1] = is_last ? middle : inner;
    p.kept_strides[1] = is_last ? inner : 1;
    p.reduced_sizes[0] = p.reduced_count = is_last ? inner : middle;
    p.reduced_strides[0] = is_last ? 1 : inner;
    ptrdiff_t results = outer * p.kept_sizes[1];
    float *x = draw_floats(&source, outer * middle * inner, 1);
    float *y = output(s->count * 4);
    void *buffers[] = {x, y};
    // As many results as are asked for; the others repeat the first ones.
    ptrdiff_t units = results < s->count ? results : s->count;
    call_kernel(call, &p, buffers, units);
    for (ptrdiff_t i = units; i < s->count; i++) y[i] = y[i % units];
    return y;
}

void draw_fold(const suite *suite) {
    static const int operations[] = {CK_MEAN, CK_SUM, CK_MAX, CK_MIN, CK_L1, CK_L2, CK_SUM_OF_SQUARES, CK_LOG_SUM_EXP};
    for (ptrdiff_t number = 0; number < 8 * SIZES * 4; number++) {
        float_shape shape = {
            .seed = (uint64_t)number, .operation = operations[number % 8], .channels = awkward_sizes[number / 8 % SIZES],
            .count = awkward_sizes[(number + number / 80) % SIZES]};
        if (is_drawn(number)) verify_floats(suite, &shape, fold);
    }
}
