#include "suites.h"

#include <math.h>
#include <stdio.h>

// What is drawn is the same on every processor.
#pragma STDC FP_CONTRACT OFF

typedef struct {
    uint64_t seed;
    // Rows are `stride` apart; there are `outer` times as many.
    ptrdiff_t count, stride, outer;
} softmax_shape;

static void describe(const void *shape, char *text, size_t size) {
    const softmax_shape *s = shape;
    snprintf(text, size, "%td rows of %td, stride %td", s->stride * s->outer, s->count, s->stride);
}

static void *softmax(const void *shape, const call *call) {
    const softmax_shape *s = shape;
    random_source source = {s->seed};
    ptrdiff_t count = s->count * s->stride * s->outer;
    ck_softmax p = {.count = s->count, .stride = s->stride, .beta = draw_one_in(&source, 2) ? 1 : 0.37f};
    float *x = input(count * (ptrdiff_t)sizeof *x), range = ldexpf(1, (int)draw_between(&source, -3, 7));
    for (ptrdiff_t i = 0; i < count; i++) x[i] = draw_real(&source) * range;
    void *buffers[] = {x, output(count * (ptrdiff_t)sizeof *x)};
    call_kernel(call, &p, buffers, s->stride * s->outer);
    return buffers[1];
}

void draw_softmax(const suite *suite) {
    for (ptrdiff_t number = 0; number < SIZES * SIZES * 3; number++) {
        random_source source = {(uint64_t)number};
        softmax_shape shape = {
            .seed = (uint64_t)number,
            .count = awkward_sizes[number % SIZES],
            .outer = awkward_sizes[number / SIZES % SIZES],
            .stride = number < SIZES * SIZES ? 1 : draw_between(&source, 1, 17)};
        comparison c = {
            .bytes = shape.count * shape.stride * shape.outer * (ptrdiff_t)sizeof(float),
            .compute = softmax,
            .shape = &shape,
            .describe = describe};
        if (is_drawn(number)) verify(suite, &c);
    }
}
