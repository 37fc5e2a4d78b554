// Functions of each number by itself.
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
    int operation;
    ptrdiff_t count, channels;
    int in_place;
    // Of two operands.
    runs runs;
} element_shape;

static void describe(const void *shape, char *text, size_t size) {
    const element_shape *s = shape;
    char walk[256] = "";
    if (s->runs.count) describe_runs(&s->runs, walk, sizeof walk);
    snprintf(
        text, size, "operation %d on %td numbers%s%s, seed %llu", s->operation, s->count,
        s->in_place ? ", in place " : " ", walk, (unsigned long long)s->seed);
}

static const int counts[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 47, 63, 64, 65, 130, 1023, 1024, 1025, 3000};
#define COUNTS ((ptrdiff_t)(sizeof counts / sizeof counts[0]))

// Numbers of every size, and what is no finite number.
static float *draw_numbers(random_source *source, ptrdiff_t count) {
    static const float special[] = {NAN, INFINITY, -INFINITY, 0.0f, -0.0f, 1e-40f, -1e-40f, 1, -1, 88.5f, -104, 3e38f};
    float *x = input(count * (ptrdiff_t)sizeof *x), range = ldexpf(1, (int)draw_between(source, -4, 7));
    int is_special = draw_one_in(source, 4);
    for (ptrdiff_t i = 0; i < count; i++) {
        x[i] = draw_real(source) * range;
        if (is_special && draw_one_in(source, 6)) x[i] = DRAW_ONE_OF(source, special);
    }
    return x;
}

static ptrdiff_t chunks(ptrdiff_t count) { return (count + CK_CHUNK - 1) / CK_CHUNK; }

static void *math(const void *shape, const call *call) {
    const element_shape *s = shape;
    random_source source = {s->seed};
    ck_unary p = {.operation = s->operation, .count = s->count, .alpha = 0.3, .beta = 0.6};
    if (s->operation == CK_CLAMP) p.alpha = -0.5;
    if (s->operation == CK_SWISH) p.alpha = 1;
    float *x = draw_numbers(&source, s->count);
    ptrdiff_t bytes = s->count * (ptrdiff_t)sizeof *x;
    void *y = s->in_place ? overwritten(x, bytes) : output(bytes), *buffers[] = {s->in_place ? y : x, y};
    call_kernel(call, &p, buffers, chunks(s->count));
    return y;
}

static void *table(const void *shape, const call *call) {
    const element_shape *s = shape;
    random_source source = {s->seed};
    ck_unary p = {.operation = s->operation, .count = s->count};
    for (int i = 0; i < 256; i++) p.table[i] = (int8_t)draw_bits(&source);
    int8_t *x = input(s->count);
    for (ptrdiff_t i = 0; i < s->count; i++) x[i] = (int8_t)draw_bits(&source);
    void *y = s->in_place ? overwritten(x, s->count) : output(s->count), *buffers[] = {s->in_place ? y : x, y};
    call_kernel(call, &p, buffers, chunks(s->count));
    return y;
}

static void *gelu(const void *shape, const call *call) {
    const element_shape *s = shape;
    random_source source = {s->seed};
    ck_gelu p = {.function = s->operation, .alpha = 1.702f, .count = s->count, .channels = s->channels};
    float *x = draw_numbers(&source, s->count), *bias = input(s->channels * (ptrdiff_t)sizeof *bias);
    draw_reals(&source, bias, s->channels);
    void *buffers[] = {
        x, output(s->count * (ptrdiff_t)sizeof *x), draw_one_in(&source, 2) ? bias : NULL};
    call_kernel(call, &p, buffers, chunks(s->count));
    return buffers[1];
}

static void *gated_unit(const void *shape, const call *call) {
    const element_shape *s = shape;
    random_source source = {s->seed};
    ck_gated_unit p = {.count = s->count, .alpha = draw_one_in(&source, 2) ? 1 : 0.7f};
    float *a = draw_numbers(&source, s->count), *b = draw_numbers(&source, s->count);
    void *buffers[] = {a, b, output(s->count * (ptrdiff_t)sizeof *a)};
    call_kernel(call, &p, buffers, chunks(s->count));
    return buffers[2];
}

static void *dequantize(const void *shape, const call *call, ptrdiff_t size) {
    const element_shape *s = shape;
    random_source source = {s->seed};
    ptrdiff_t channels = draw_one_in(&source, 2) ? 1 : s->channels;
    float *scales = constant(channels * (ptrdiff_t)sizeof *scales);
    int32_t *zero_points = constant(channels * (ptrdiff_t)sizeof *zero_points);
    for (ptrdiff_t i = 0; i < channels; i++) {
        scales[i] = ldexpf(1.5f + 0.5f * draw_real(&source), (int)draw_between(&source, -9, 0));
        zero_points[i] = draw_zero_point(&source, 0);
    }
    ck_dequantize p = {
        .count = s->count,
        .channels = channels,
        .inner = draw_between(&source, 1, 20),
        .scales = scales,
        .zero_points = zero_points,
    };
    int8_t *x = input(s->count * size);
    draw_bytes(&source, x, s->count * size);
    void *buffers[] = {x, output(s->count * (ptrdiff_t)sizeof(float))};
    call_kernel(call, &p, buffers, chunks(s->count));
    return buffers[1];
}
static void *dequantize_1(const void *shape, const call *call) { return dequantize(shape, call, 1); }
static void *dequantize_2(const void *shape, const call *call) { return dequantize(shape, call, 2); }

// Every count with every operation, `times` times.
static void draw_elements(
    const suite *suite, void *(*compute)(const void *, const call *), int operations, int times, int is_real,
    int is_exact) {
    for (ptrdiff_t number = 0; number < operations * COUNTS * times; number++) {
        random_source source = {(uint64_t)number};
        element_shape shape = {
            .seed = (uint64_t)number,
            .count = counts[number % COUNTS],
            .operation = (int)(number / COUNTS % operations),
            .channels = DRAW_ONE_OF(&source, awkward_sizes),
            .in_place = draw_one_in(&source, 3),
        };
        comparison c = {
            .bytes = shape.count * (is_real ? (ptrdiff_t)sizeof(float) : 1),
            .compute = compute,
            .shape = &shape,
            .describe = describe,
            .magnitude = is_exact ? 0 : shape.operation == CK_HARD_SIGMOID ? 1 : 0.01,
            .is_each = 1,
        };
        if (is_drawn(number)) verify(suite, &c);
    }
}

void draw_math(const suite *suite) { draw_elements(suite, math, CK_CLAMP + 1, 4, 1, 0); }
void draw_table(const suite *suite) { draw_elements(suite, table, 1, 20, 0, 1); }
void draw_gelu(const suite *suite) { draw_elements(suite, gelu, CK_GELU_LOGISTIC + 1, 20, 1, 0); }
void draw_gated_unit(const suite *suite) { draw_elements(suite, gated_unit, 1, 20, 1, 0); }
void draw_dequantize(const suite *suite) {
    draw_elements(suite, strcmp(suite->type, "int16") ? dequantize_1 : dequantize_2, 1, 20, 1, 1);
}

static void *arithmetic(const void *shape, const call *call) {
    const element_shape *s = shape;
    random_source source = {s->seed};
    ck_binary p = {.operation = s->operation, .minimum = -INFINITY, .maximum = INFINITY};
    USE_RUNS(&p, &s->runs)
    if (draw_one_in(&source, 3)) p.minimum = 0;
    if (draw_one_in(&source, 3)) p.maximum = 6;
    float *a = draw_numbers(&source, s->runs.a_count), *b = draw_numbers(&source, s->runs.b_count);
    ptrdiff_t bytes = s->runs.count * (ptrdiff_t)sizeof *a;
    void *y = s->runs.in_place ? overwritten(s->runs.in_place == 1 ? a : b, bytes) : output(bytes);
    void *buffers[] = {s->runs.in_place == 1 ? y : a, s->runs.in_place == 2 ? y : b, y};
    call_kernel(call, &p, buffers, s->runs.units);
    return y;
}

void draw_arithmetic(const suite *suite) {
    ptrdiff_t number = 0;
    for (int operation = CK_ADD; operation <= CK_PRELU; operation++)
        for (ptrdiff_t walk = 0;; walk++, number++) {
            element_shape shape = {.seed = (uint64_t)number, .operation = operation};
            random_source source = {shape.seed};
            if (!draw_runs(walk, &source, &shape.runs)) break;
            shape.count = shape.runs.count;
            comparison c = {
                .bytes = shape.count * (ptrdiff_t)sizeof(float),
                .compute = arithmetic,
                .shape = &shape,
                .describe = describe,
                .magnitude = 1e-30,
                .is_each = 1,
            };
            if (is_drawn(number)) verify(suite, &c);
        }
}
