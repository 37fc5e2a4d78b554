// Sums, products and comparisons of two tensors of bytes.
#include "linear.h"
#include "runs.h"
#include "suites.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// What is drawn is the same on every processor.
#pragma STDC FP_CONTRACT OFF

typedef struct {
    uint64_t seed;
    int operation, is_unsigned;
    runs runs;
} binary_shape;

static void describe(const void *shape, char *text, size_t size) {
    const binary_shape *s = shape;
    char walk[256];
    describe_runs(&s->runs, walk, sizeof walk);
    snprintf(
        text, size, "operation %d on %s, %s, seed %llu", s->operation, s->is_unsigned ? "uint8" : "int8", walk,
        (unsigned long long)s->seed);
}

static void *call_binary(
    const binary_shape *s, const call *call, const void *parameters, random_source *source) {
    int8_t *a = input(s->runs.a_count), *b = input(s->runs.b_count);
    draw_bytes(source, a, s->runs.a_count);
    draw_bytes(source, b, s->runs.b_count);
    void *y = s->runs.in_place ? overwritten(s->runs.in_place == 1 ? a : b, s->runs.count) : output(s->runs.count);
    void *buffers[] = {s->runs.in_place == 1 ? y : a, s->runs.in_place == 2 ? y : b, y};
    call_kernel(call, parameters, buffers, s->runs.units);
    return y;
}

// A factor below 1 for LiteRT's common scale, and any for results.
static ck_fixed_point draw_fixed_point(random_source *source, int is_below_one, int is_unsigned) {
    ck_fixed_point point = {
        .zero_point = draw_zero_point(source, is_unsigned),
        .multiplier = (int32_t)draw_between(source, 1 << 30, INT32_MAX),
        .right = (int32_t)draw_between(source, 0, 12)};
    if (draw_one_in(source, 4)) point.multiplier = draw_one_in(source, 2) ? 1 << 30 : INT32_MAX;
    if (draw_one_in(source, 4)) point.right = (int32_t)draw_between(source, 0, 31);
    if (!is_below_one && draw_one_in(source, 4)) {
        point.left = (int32_t)draw_between(source, 1, 8);
        point.right = 0;
    }
    return point;
}

static void *quantized_binary(const void *shape, const call *call) {
    const binary_shape *s = shape;
    random_source source = {s->seed};
    ck_quantized_binary p = {.operation = s->operation};
    USE_RUNS(&p, &s->runs)
    int is_sum = s->operation <= CK_QUANTIZED_SQUARED_DIFFERENCE;
    p.a = draw_fixed_point(&source, is_sum, s->is_unsigned);
    p.b = draw_fixed_point(&source, is_sum, s->is_unsigned);
    p.y = draw_fixed_point(&source, 0, s->is_unsigned);
    p.shift = s->operation == CK_QUANTIZED_SQUARED_DIFFERENCE ? 7 : 20;
    p.minimum = s->is_unsigned ? 0 : INT8_MIN;
    p.maximum = s->is_unsigned ? UINT8_MAX : INT8_MAX;
    if (is_sum && draw_one_in(&source, 2)) {
        // Results that are not all cut off: both operands on about half of the result's scale.
        p.a.right = (int32_t)draw_between(&source, 0, 2);
        p.b.right = (int32_t)draw_between(&source, 0, 2);
        p.y.left = 0;
        p.y.right = p.shift - (int32_t)draw_between(&source, 0, 2);
    }
    if (draw_one_in(&source, 3)) p.minimum = p.y.zero_point;
    if (draw_one_in(&source, 3)) p.maximum = (int32_t)draw_between(&source, p.y.zero_point, p.maximum);
    p.factor = ldexpf(1.5f + 0.5f * draw_real(&source), (int)draw_between(&source, -16, 6));
    if (draw_one_in(&source, 3)) p.factor = ldexpf(1, (int)draw_between(&source, -16, 6));
    if (s->operation == CK_QUANTIZED_WEIGHTED_SUM) {
        // As XNNPACK weights operands: the larger factor has 21 bits.
        p.shift = (int32_t)draw_between(&source, 13, 30);
        p.a.multiplier = (int32_t)draw_between(&source, 1 << 20, 1 << 21);
        p.b.multiplier = (int32_t)draw_between(&source, -(1 << 21), 1 << 21);
        p.offset = (int32_t)(
            (1u << (p.shift - 1)) - (uint32_t)p.a.multiplier * (uint32_t)p.a.zero_point
            - (uint32_t)p.b.multiplier * (uint32_t)p.b.zero_point);
    }
    return call_binary(s, call, &p, &source);
}

void draw_quantized_binary(const suite *suite) {
    static const int operations[] = {
        CK_QUANTIZED_ADD, CK_QUANTIZED_SUBTRACT, CK_QUANTIZED_SQUARED_DIFFERENCE, CK_QUANTIZED_MULTIPLY,
        CK_QUANTIZED_DIVIDE, CK_QUANTIZED_PRELU, CK_QUANTIZED_MAXIMUM, CK_QUANTIZED_MINIMUM, CK_QUANTIZED_EQUAL,
        CK_QUANTIZED_LESS, CK_QUANTIZED_WEIGHTED_SUM, CK_QUANTIZED_SCALED_PRODUCT};
    ptrdiff_t number = 0;
    for (size_t operation = 0; operation < sizeof operations / sizeof operations[0]; operation++)
        for (ptrdiff_t walk = 0;; walk++, number++) {
            binary_shape shape = {.seed = (uint64_t)number, .operation = operations[operation]};
            random_source source = {shape.seed};
            shape.is_unsigned = !strcmp(suite->type, "uint8");
            if (!draw_runs(walk, &source, &shape.runs)) break;
            comparison c = {
                .bytes = shape.runs.count, .compute = quantized_binary, .shape = &shape, .describe = describe};
            if (is_drawn(number)) verify(suite, &c);
        }
}

static void *affine_binary(const void *shape, const call *call) {
    const binary_shape *s = shape;
    random_source source = {s->seed};
    ck_affine_binary p = {.operation = s->operation, .flip = s->is_unsigned ? 0 : 0x80};
    USE_RUNS(&p, &s->runs)
    p.base = draw_one_in(&source, 2) ? 128 : 0;
    int32_t a = draw_zero_point(&source, 1), b = draw_zero_point(&source, 1), y = draw_zero_point(&source, 1);
    p.a_zero_point = a - p.base;
    p.b_zero_point = b - p.base;
    int is_product = s->operation == CK_MULTIPLY;
    p.a_factor = ldexpf(1.5f + 0.5f * draw_real(&source), (int)draw_between(&source, -5, 3) - (is_product ? 6 : 0));
    p.b_factor = ldexpf(1.5f + 0.5f * draw_real(&source), (int)draw_between(&source, -5, 3));
    if (draw_one_in(&source, 3)) p.a_factor = p.b_factor = 0.5f;
    p.offset = (float)(y - p.base);
    if (!is_product) p.offset -= p.a_factor * (float)p.a_zero_point + p.b_factor * (float)p.b_zero_point;
    return call_binary(s, call, &p, &source);
}

void draw_affine_binary(const suite *suite) {
    for (ptrdiff_t number = 0;; number++) {
        binary_shape shape = {.seed = (uint64_t)number};
        random_source source = {shape.seed};
        shape.operation = number & 1 ? CK_MULTIPLY : CK_ADD;
        shape.is_unsigned = draw_one_in(&source, 2);
        if (!draw_runs(number / 2, &source, &shape.runs)) break;
        comparison c = {.bytes = shape.runs.count, .compute = affine_binary, .shape = &shape, .describe = describe};
        if (is_drawn(number)) verify(suite, &c);
    }
}
