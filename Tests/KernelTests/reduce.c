// Reductions over any axes.
#include "linear.h"
#include "suites.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// What is drawn is the same on every processor.
#pragma STDC FP_CONTRACT OFF

// x [a, b, c, d], of which two neighbouring axes, one, or the first and third are reduced.
typedef struct {
    uint64_t seed;
    int operation, is_unsigned;
    ptrdiff_t sizes[4];
    int is_reduced[4];
} reduce_shape;

static void describe(const void *shape, char *text, size_t size) {
    const reduce_shape *s = shape;
    snprintf(
        text, size, "operation %d over %s%s%s%s of %tdx%tdx%tdx%td, seed %llu", s->operation, s->is_reduced[0] ? "0" : "",
        s->is_reduced[1] ? "1" : "", s->is_reduced[2] ? "2" : "", s->is_reduced[3] ? "3" : "", s->sizes[0], s->sizes[1],
        s->sizes[2], s->sizes[3], (unsigned long long)s->seed);
}

// The axes of one kind as ranks of at least 1; returns how many elements they have.
static ptrdiff_t axes(
    const reduce_shape *s, int is_reduced, ptrdiff_t *rank, ptrdiff_t *sizes, ptrdiff_t *strides) {
    ptrdiff_t count = 1;
    *rank = 0;
    for (int axis = 0; axis < 4; axis++) {
        if (s->is_reduced[axis] != is_reduced) continue;
        ptrdiff_t stride = 1;
        for (int inner = axis + 1; inner < 4; inner++) stride *= s->sizes[inner];
        count *= s->sizes[axis];
        // Axes that follow each other are one.
        if (*rank > 0 && s->is_reduced[axis - 1] == is_reduced) {
            sizes[*rank - 1] *= s->sizes[axis];
            strides[*rank - 1] = stride;
            continue;
        }
        sizes[*rank] = s->sizes[axis];
        strides[(*rank)++] = stride;
    }
    if (*rank == 0) {
        sizes[0] = strides[0] = 1;
        *rank = 1;
    }
    return count;
}

static ptrdiff_t output_count(const reduce_shape *s) {
    ptrdiff_t rank, sizes[4], strides[4];
    return axes(s, 0, &rank, sizes, strides);
}

static ptrdiff_t input_count(const reduce_shape *s) { return s->sizes[0] * s->sizes[1] * s->sizes[2] * s->sizes[3]; }

static void *fold(const void *shape, const call *call) {
    const reduce_shape *s = shape;
    random_source source = {s->seed};
    ck_reduce p = {.operation = s->operation};
    ptrdiff_t units = axes(s, 0, &p.kept_rank, p.kept_sizes, p.kept_strides);
    p.reduced_count = axes(s, 1, &p.reduced_rank, p.reduced_sizes, p.reduced_strides);
    float *x = input(input_count(s) * (ptrdiff_t)sizeof *x);
    draw_reals(&source, x, input_count(s));
    void *buffers[] = {x, output(units * (ptrdiff_t)sizeof *x)};
    call_kernel(call, &p, buffers, units);
    return buffers[1];
}

static void *quantized_reduce(const void *shape, const call *call) {
    const reduce_shape *s = shape;
    random_source source = {s->seed};
    ck_quantized_reduce p = {.operation = s->operation};
    ptrdiff_t units = axes(s, 0, &p.kept_rank, p.kept_sizes, p.kept_strides);
    p.reduced_count = axes(s, 1, &p.reduced_rank, p.reduced_sizes, p.reduced_strides);
    p.input_zero_point = draw_zero_point(&source, s->is_unsigned);
    p.y = (ck_fixed_point){
        .zero_point = draw_zero_point(&source, s->is_unsigned),
        .multiplier = (int32_t)draw_between(&source, 1 << 30, INT32_MAX),
        .right = (int32_t)draw_between(&source, 0, 12)};
    float ratio = ldexpf(1.5f + 0.5f * draw_real(&source), (int)draw_between(&source, -2, 2));
    p.factor = s->operation == CK_QUANTIZED_SCALED_SUM ? ratio / (float)p.reduced_count : ratio;
    p.offset = (float)p.y.zero_point - (float)p.input_zero_point * (float)p.reduced_count * p.factor;
    int8_t *x = input(input_count(s));
    draw_bytes(&source, x, input_count(s));
    void *buffers[] = {x, output(units)};
    call_kernel(call, &p, buffers, units);
    return buffers[1];
}

static void draw_reductions(
    const suite *suite, void *(*compute)(const void *, const call *), int operations, int is_real) {
    for (ptrdiff_t number = 0, operation = 0;; number++, operation = (operation + 1) % operations) {
        random_source source = {(uint64_t)number};
        reduce_shape shape = {
            .seed = (uint64_t)number, .operation = (int)operation, .is_unsigned = !strcmp(suite->type, "uint8")};
        int sizes[4];
        if (!sizes_of(number, 4, 3, 600, &source, sizes)) break;
        for (int axis = 0; axis < 4; axis++) shape.sizes[axis] = sizes[axis];
        while (input_count(&shape) > 50000)
            for (int axis = 0; axis < 4; axis++) shape.sizes[axis] = (shape.sizes[axis] + 1) / 2;
        // The middle ones as in a mean of images; the last; the first ones; two apart; all; none.
        static const int kinds[][4] = {{0, 1, 1, 0}, {0, 0, 0, 1}, {0, 0, 1, 1}, {1, 1, 0, 0},
                                       {1, 0, 1, 0}, {0, 1, 0, 1}, {1, 1, 1, 1}, {0, 0, 0, 0}};
        memcpy(shape.is_reduced, DRAW_ONE_OF(&source, kinds), sizeof shape.is_reduced);
        comparison c = {
            .bytes = output_count(&shape) * (is_real ? (ptrdiff_t)sizeof(float) : 1),
            .compute = compute,
            .shape = &shape,
            .describe = describe,
            .magnitude = is_real ? 1 : 0,
        };
        if (is_drawn(number)) verify(suite, &c);
    }
}

void draw_fold(const suite *suite) { draw_reductions(suite, fold, CK_ALL + 1, 1); }
void draw_quantized_reduce(const suite *suite) {
    draw_reductions(suite, quantized_reduce, CK_QUANTIZED_SCALED_SUM + 1, 0);
}
