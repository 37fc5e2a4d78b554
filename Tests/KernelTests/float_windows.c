// Pools, interpolation and convolutions in any form, of floats; copies between orders of axes.
#include "suites.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// What is drawn is the same on every processor.
#pragma STDC FP_CONTRACT OFF

typedef struct {
    uint64_t seed;
    ptrdiff_t channels, height, width, count, units;
    int size;
    union {
        ck_pool pool;
        ck_resize resize;
        ck_window_conv conv;
        ck_copy copy;
    } p;
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

static void *compute(const void *shape, const call *call) {
    const window_shape *s = shape;
    random_source source = {s->seed};
    void *buffers[] = {draw_floats(&source, 2 * s->height * s->width * s->channels), output(s->count * 4)};
    call_kernel(call, &s->p, buffers, s->units);
    return buffers[1];
}

static void verify_windows(const suite *suite, const window_shape *s, void *(*function)(const void *, const call *)) {
    comparison c = {
        .bytes = s->count * s->size, .compute = function, .shape = s, .describe = describe,
        .magnitude = function == compute ? 1 : 0};
    verify(suite, &c);
}

static window_shape draw_shape(ptrdiff_t number) {
    random_source source = {(uint64_t)number};
    return (window_shape){
        .seed = (uint64_t)number, .channels = awkward_sizes[number % SIZES], .height = draw_between(&source, 1, 9),
        .width = draw_between(&source, 1, 17), .size = 4};
}

void draw_pool_float32(const suite *suite) {
    for (ptrdiff_t number = 0; number < SIZES * 30; number++) {
        window_shape s = draw_shape(number);
        random_source source = {s.seed + 1};
        ck_pool *p = &s.p.pool;
        p->input_height = s.height;
        p->input_width = s.width;
        p->channels = s.channels;
        p->kernel_height = draw_between(&source, 1, 5);
        p->kernel_width = draw_between(&source, 1, 5);
        p->stride_height = draw_between(&source, 1, 3);
        p->stride_width = draw_between(&source, 1, 3);
        p->pad_top = draw_between(&source, 0, p->kernel_height - 1);
        p->pad_left = draw_between(&source, 0, p->kernel_width - 1);
        p->output_height = (s.height + p->stride_height - 1) / p->stride_height;
        p->output_width = (s.width + p->stride_width - 1) / p->stride_width;
        p->minimum = draw_one_in(&source, 2) ? 0 : -INFINITY;
        p->maximum = INFINITY;
        s.units = 2 * p->output_height;
        s.count = s.units * p->output_width * s.channels;
        if (is_drawn(number)) verify_windows(suite, &s, compute);
    }
}

void draw_resize_float32(const suite *suite) {
    for (ptrdiff_t number = 0; number < SIZES * 20; number++) {
        window_shape s = draw_shape(number);
        random_source source = {s.seed + 1};
        ck_resize *p = &s.p.resize;
        p->input_height = s.height;
        p->input_width = s.width;
        p->channels = s.channels;
        p->output_height = draw_between(&source, 1, 12);
        p->output_width = draw_between(&source, 1, 12);
        p->aligns_corners = draw_one_in(&source, 3);
        p->uses_half_pixel_centers = !p->aligns_corners && draw_one_in(&source, 2);
        s.units = 2 * p->output_height;
        s.count = s.units * p->output_width * s.channels;
        if (is_drawn(number)) verify_windows(suite, &s, compute);
    }
}

static void *window_conv(const void *shape, const call *call) {
    const window_shape *s = shape;
    random_source source = {s->seed};
    ck_window_conv p = s->p.conv;
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

void draw_window_conv_float32(const suite *suite) {
    for (ptrdiff_t number = 0; number < SIZES * 60; number++) {
        window_shape s = draw_shape(number);
        random_source source = {s.seed + 1};
        ck_window_conv *p = &s.p.conv;
        ck_windows *w = &p->windows;
        w->rank = draw_between(&source, 1, 3);
        w->is_transposed = draw_one_in(&source, 2);
        p->groups = draw_one_in(&source, 3) ? 2 : 1;
        p->inputs = s.channels;
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

static void *copy(const void *shape, const call *call) {
    const window_shape *s = shape;
    random_source source = {s->seed};
    ptrdiff_t bytes = s->count * s->size;
    uint8_t *x = input(bytes), *y = output(bytes);
    for (ptrdiff_t i = 0; i < bytes; i++) x[i] = (uint8_t)draw_between(&source, 0, 255);
    void *buffers[] = {x, y};
    call_kernel(call, &s->p.copy, buffers, s->units);
    return y;
}

void draw_copy(const suite *suite) {
    static const int elements[] = {1, 2, 4, 8, 16};
    for (ptrdiff_t number = 0; number < 5 * SIZES * SIZES * 3; number++) {
        window_shape s = {.seed = (uint64_t)number, .size = elements[number % 5]};
        ptrdiff_t rows = awkward_sizes[number / 5 % SIZES], columns = awkward_sizes[number / 5 / SIZES % SIZES];
        int kind = (int)(number / 5 / SIZES / SIZES);
        ck_copy *p = &s.p.copy;
        // [2, rows, columns] to [2, columns, rows], to [rows, 2, columns], or backwards along the last axis.
        p->element_size = s.size;
        p->rank = 2;
        p->sizes[0] = 2;
        p->x_strides[0] = p->y_strides[0] = rows * columns;
        p->y_step = p->x_step = 1;
        if (kind == 0) {
            p->sizes[1] = columns;
            p->x_strides[1] = 1;
            p->y_strides[1] = p->inner = rows;
            p->x_step = columns;
        } else {
            p->sizes[1] = rows;
            p->x_strides[1] = p->y_strides[1] = p->inner = columns;
            if (kind == 1) {
                p->y_strides[0] = columns;
                p->y_strides[1] = 2 * columns;
            } else {
                p->x_step = -1;
                p->x_offset = columns - 1;
            }
        }
        s.units = 2 * p->sizes[1];
        s.count = 2 * rows * columns;
        s.height = rows;
        s.width = columns;
        s.channels = s.size;
        if (is_drawn(number)) verify_windows(suite, &s, copy);
    }
}
