// Convolutions and transposed convolutions over one to three axes.
#include "conv.h"
#include "linear.h"
#include "suites.h"

#include <stdio.h>

typedef struct {
    uint64_t seed;
    ptrdiff_t batch, positions, cells, taps;
    ck_window_conv conv;
} window_shape;

static void describe(const void *shape, char *text, size_t size) {
    const window_shape *s = shape;
    const ck_windows *w = &s->conv.windows;
    snprintf(
        text, size, "%td axes, x %td x%td x%td, kernel %td, stride %td, dilation %td, %td groups of %td to %td%s, seed %llu",
        w->rank, s->batch, w->input[0], w->input[1], w->kernel[0], w->stride[0], w->dilation[0], s->conv.groups,
        s->conv.inputs, s->conv.outputs, w->is_transposed ? ", transposed" : "", (unsigned long long)s->seed);
}

static void *window_conv(const void *shape, const call *call) {
    const window_shape *s = shape;
    random_source source = {s->seed};
    ck_window_conv p = s->conv;
    ptrdiff_t size = (ptrdiff_t)sizeof(float), count = p.groups * s->taps * p.inputs * p.outputs;
    float *weights = constant(count * size), *bias = constant(p.groups * p.outputs * size);
    draw_reals(&source, weights, count);
    draw_reals(&source, bias, p.groups * p.outputs);
    p.weights = weights;
    p.bias = draw_one_in(&source, 3) ? NULL : bias;
    draw_bounds(&source, typical_real(s->taps * p.inputs), &p.minimum, &p.maximum);
    float *x = input(s->batch * s->cells * p.channels * size);
    draw_reals(&source, x, s->batch * s->cells * p.channels);
    void *buffers[] = {x, output(s->batch * s->positions * p.groups * p.outputs * size)};
    call_kernel(call, &p, buffers, s->batch * s->positions);
    return buffers[1];
}

// False behind the last one.
static int draw_shape(ptrdiff_t number, window_shape *shape) {
    random_source source = {(uint64_t)number};
    int sizes[4];
    if (!sizes_of(number, 4, 3, 500, &source, sizes)) return 0;
    static const int kernels[] = {1, 2, 3, 3, 5}, strides[] = {1, 1, 2, 3}, dilations[] = {1, 1, 2}, groups[] = {1, 1, 1, 2, 3};
    *shape = (window_shape){.seed = (uint64_t)number, .batch = draw_between(&source, 1, 2), .positions = 1, .cells = 1, .taps = 1};
    ck_window_conv *p = &shape->conv;
    ck_windows *w = &p->windows;
    p->groups = DRAW_ONE_OF(&source, groups);
    p->inputs = sizes[0];
    p->outputs = sizes[1];
    p->channels = p->groups * p->inputs;
    w->is_transposed = draw_one_in(&source, 2);
    w->rank = draw_between(&source, 1, 3);
    for (ptrdiff_t axis = 0; axis < w->rank; axis++) {
        w->input[axis] = axis == w->rank - 1 ? sizes[2] : sizes[3] > 3 ? 4 : sizes[3];
        w->kernel[axis] = w->rank == 3 ? draw_between(&source, 1, 3) : DRAW_ONE_OF(&source, kernels);
        w->stride[axis] = DRAW_ONE_OF(&source, strides);
        w->dilation[axis] = DRAW_ONE_OF(&source, dilations);
        if (w->is_transposed) {
            ptrdiff_t reach = (w->kernel[axis] - 1) * w->dilation[axis] + 1;
            ptrdiff_t whole = (w->input[axis] - 1) * w->stride[axis] + reach;
            w->before[axis] = draw_between(&source, 0, reach - 1);
            w->output[axis] = whole - w->before[axis] > 0 ? whole - w->before[axis] : 1;
            // Strides that a file may have, at no cost to the few positions that there are.
            if (draw_one_in(&source, 20)) {
                w->stride[axis] = INT32_MAX;
                w->output[axis] = draw_between(&source, 1, 5);
            }
        } else {
            padded_axis padded =
                draw_padding(&source, w->input[axis], w->kernel[axis], w->stride[axis], w->dilation[axis]);
            w->before[axis] = padded.before;
            w->output[axis] = padded.output;
        }
        shape->positions *= w->output[axis];
        shape->cells *= w->input[axis];
        shape->taps *= w->kernel[axis];
    }
    return 1;
}

void draw_window_conv(const suite *suite) {
    window_shape shape;
    for (ptrdiff_t number = 0; draw_shape(number, &shape); number++) {
        const ck_window_conv *p = &shape.conv;
        ptrdiff_t results = shape.batch * shape.positions * p->groups * p->outputs;
        comparison c = {
            .bytes = results * (ptrdiff_t)sizeof(float),
            .compute = window_conv,
            .shape = &shape,
            .describe = describe,
            .magnitude = typical_real(shape.taps * p->inputs),
        };
        // The portable kernel is slow.
        if (results * shape.taps * p->inputs < 300000 && is_drawn(number)) verify(suite, &c);
    }
}
