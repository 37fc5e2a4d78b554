// Convolutions of floats in any form: transposed, dilated, over one axis or more.
#include "suites.h"

#include <math.h>
#include <stdio.h>

// What is drawn is the same on every processor.
#pragma STDC FP_CONTRACT OFF

typedef struct {
    uint64_t seed;
    ptrdiff_t channels, height, width, count, units;
    ck_window_conv conv;
} window_shape;

static void describe(const void *shape, char *text, size_t size) {
    const window_shape *s = shape;
    snprintf(text, size, "[2, %td, %td, %td], seed %llu", s->height, s->width, s->channels, (unsigned long long)s->seed);
}

static float *draw_floats(random_source *source, ptrdiff_t count) {
    float *x = input(count * (ptrdiff_t)sizeof *x);
    for (ptrdiff_t i = 0; i < count; i++) x[i] = draw_real(source);
    return x;
}

static void *window_conv(const void *shape, const call *call) {
    const window_shape *s = shape;
    random_source source = {s->seed};
    ck_window_conv p = s->conv;
    ptrdiff_t taps = 1;
    for (ptrdiff_t axis = 0; axis < p.windows.rank; axis++) taps *= p.windows.kernel[axis];
    float *x = draw_floats(&source, 2 * s->height * s->width * s->channels);
    float *w = draw_floats(&source, p.groups * taps * p.inputs * p.outputs);
    // Sums of about 1.
    for (ptrdiff_t i = 0; i < p.groups * taps * p.inputs * p.outputs; i++) w[i] /= sqrtf((float)(taps * p.inputs));
    p.weights = w;
    p.bias = draw_one_in(&source, 3) ? NULL : draw_floats(&source, p.groups * p.outputs);
    void *buffers[] = {x, output(s->count * 4)};
    call_kernel(call, &p, buffers, s->units);
    return buffers[1];
}

void draw_window_conv(const suite *suite) {
    for (ptrdiff_t number = 0; number < SIZES * 60; number++) {
        random_source source = {(uint64_t)number};
        window_shape s = {
            .seed = (uint64_t)number, .height = draw_between(&source, 1, 9), .width = draw_between(&source, 1, 17)};
        ck_window_conv *p = &s.conv;
        ck_windows *w = &p->windows;
        w->rank = draw_between(&source, 1, 3);
        w->is_transposed = draw_one_in(&source, 2);
        p->groups = draw_one_in(&source, 3) ? 2 : 1;
        p->inputs = awkward_sizes[number % SIZES];
        p->outputs = DRAW_ONE_OF(&source, awkward_sizes);
        p->channels = s.channels = p->groups * p->inputs;
        p->minimum = -INFINITY;
        p->maximum = draw_one_in(&source, 2) ? 0.5f : INFINITY;
        if (w->rank == 1) s.height = 1;
        s.units = 2;
        for (ptrdiff_t axis = 0; axis < w->rank; axis++) {
            w->input[axis] = axis == w->rank - 1 ? s.width : axis == w->rank - 2 ? s.height : 1;
            w->kernel[axis] = draw_between(&source, 1, 4);
            w->stride[axis] = draw_between(&source, 1, 3);
            w->dilation[axis] = draw_between(&source, 1, 3);
            w->before[axis] = draw_between(&source, 0, 3);
            w->output[axis] = w->is_transposed ? w->input[axis] * w->stride[axis] : draw_between(&source, 1, 8);
            s.units *= w->output[axis];
        }
        s.count = s.units * p->groups * p->outputs;
        comparison c = {
            .bytes = s.count * 4, .compute = window_conv, .shape = &s, .describe = describe, .magnitude = 1};
        if (is_drawn(number)) verify(suite, &c);
    }
}
