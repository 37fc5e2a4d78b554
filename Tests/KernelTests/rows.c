// Kernels of rows of numbers.
#include "linear.h"
#include "suites.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// What is drawn is the same on every processor.
#pragma STDC FP_CONTRACT OFF

typedef struct {
    uint64_t seed;
    // Elements of a row are `stride` apart; there are `outer` times as many rows.
    ptrdiff_t count, stride, outer;
    int in_place;
} rows_shape;

static void describe(const void *shape, char *text, size_t size) {
    const rows_shape *s = shape;
    snprintf(
        text, size, "%td rows of %td, stride %td%s, seed %llu", s->stride * s->outer, s->count, s->stride,
        s->in_place ? ", in place" : "", (unsigned long long)s->seed);
}

static void *softmax(const void *shape, const call *call) {
    const rows_shape *s = shape;
    random_source source = {s->seed};
    ptrdiff_t count = s->count * s->stride * s->outer, bytes = count * (ptrdiff_t)sizeof(float);
    ck_softmax p = {.count = s->count, .stride = s->stride, .beta = draw_one_in(&source, 2) ? 1 : 0.37f};
    if (strcmp(call->kernel->family, "softmax")) p.beta = 1;
    float *x = input(bytes), range = ldexpf(1, (int)draw_between(&source, -3, 7));
    for (ptrdiff_t i = 0; i < count; i++) x[i] = draw_real(&source) * range;
    void *y = s->in_place ? overwritten(x, bytes) : output(bytes), *buffers[] = {s->in_place ? y : x, y};
    call_kernel(call, &p, buffers, s->stride * s->outer);
    return y;
}

static void *layer_norm(const void *shape, const call *call) {
    const rows_shape *s = shape;
    random_source source = {s->seed};
    ptrdiff_t rows = s->outer, size = (ptrdiff_t)sizeof(float), bytes = rows * s->count * size;
    ck_layer_norm p = {
        .count = s->count,
        .skip_period = draw_one_in(&source, 2) ? rows : 1,
        .epsilon = 1e-5f,
        .is_simplified = (uint8_t)draw_one_in(&source, 3),
        .has_one_scale = (uint8_t)draw_one_in(&source, 4),
        .has_one_bias = (uint8_t)draw_one_in(&source, 4),
    };
    float *x = input(bytes), *scale = input((p.has_one_scale ? 1 : s->count) * size);
    float *shift = input((p.has_one_bias ? 1 : s->count) * size), *skip = input(p.skip_period * s->count * size);
    float *bias = input(s->count * size);
    draw_reals(&source, x, rows * s->count);
    draw_reals(&source, scale, p.has_one_scale ? 1 : s->count);
    draw_reals(&source, shift, p.has_one_bias ? 1 : s->count);
    draw_reals(&source, skip, p.skip_period * s->count);
    draw_reals(&source, bias, s->count);
    // The rows of the result, the mean and the reciprocal deviation of each, and the sums, one behind the other.
    ptrdiff_t all = bytes * 2 + rows * 2 * size;
    float *y, *from = x;
    if (s->in_place) {
        float *both = input(all);
        memset(both, 0, (size_t)all);
        memcpy(both, x, (size_t)bytes);
        from = y = overwritten(both, all);
    } else {
        y = output(all);
        memset(y, 0, (size_t)all);
    }
    void *buffers[] = {
        from, y, scale, draw_one_in(&source, 3) ? NULL : shift, draw_one_in(&source, 2) ? NULL : skip,
        draw_one_in(&source, 2) ? NULL : bias, draw_one_in(&source, 2) ? NULL : y + rows * s->count,
        draw_one_in(&source, 2) ? NULL : y + rows * s->count + rows,
        draw_one_in(&source, 2) ? NULL : y + rows * s->count + 2 * rows};
    call_kernel(call, &p, buffers, rows);
    return y;
}

// Every length with every number of rows.
static void draw_rows(
    const suite *suite, void *(*compute)(const void *, const call *), int may_be_apart, int times, double magnitude,
    ptrdiff_t (*bytes)(const rows_shape *)) {
    for (ptrdiff_t number = 0; number < SIZES * SIZES * times; number++) {
        random_source source = {(uint64_t)number};
        rows_shape shape = {
            .seed = (uint64_t)number,
            .count = awkward_sizes[number % SIZES],
            .outer = awkward_sizes[number / SIZES % SIZES],
            .stride = number < SIZES * SIZES || !may_be_apart ? 1 : draw_between(&source, 1, 17),
            .in_place = draw_one_in(&source, 3),
        };
        comparison c = {
            .bytes = bytes(&shape),
            .compute = compute,
            .shape = &shape,
            .describe = describe,
            .magnitude = magnitude,
        };
        if (is_drawn(number)) verify(suite, &c);
    }
}

static ptrdiff_t row_bytes(const rows_shape *s) { return s->count * s->stride * s->outer * (ptrdiff_t)sizeof(float); }
static ptrdiff_t norm_bytes(const rows_shape *s) { return row_bytes(s) * 2 + s->outer * 2 * (ptrdiff_t)sizeof(float); }

void draw_softmax(const suite *suite) {
    // MLAS's order of sums is part of what that type is.
    draw_rows(suite, softmax, 1, 3, strcmp(suite->type, "mlas") ? 1 : 0, row_bytes);
}
void draw_layer_norm(const suite *suite) { draw_rows(suite, layer_norm, 0, 4, 1, norm_bytes); }
