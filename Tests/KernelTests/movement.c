// Copies and resizes.
#include "linear.h"
#include "suites.h"

#include <stdio.h>

typedef struct {
    uint64_t seed;
    ptrdiff_t bytes, x_count, runs;
    ck_copy copy;
} copy_shape;

static void describe_copy(const void *shape, char *text, size_t size) {
    const copy_shape *s = shape;
    const ck_copy *p = &s->copy;
    snprintf(
        text, size, "%td runs of %td elements of %td bytes, steps %td %td, seed %llu", s->runs, p->inner, p->element_size,
        p->x_step, p->y_step, (unsigned long long)s->seed);
}

static void *copy(const void *shape, const call *call) {
    const copy_shape *s = shape;
    random_source source = {s->seed};
    int8_t *x = input(s->x_count * s->copy.element_size), *y = output(s->bytes);
    draw_bytes(&source, x, s->x_count * s->copy.element_size);
    // What is not copied to stays.
    for (ptrdiff_t i = 0; i < s->bytes; i++) y[i] = (int8_t)i;
    void *buffers[] = {x, y};
    call_kernel(call, &s->copy, buffers, s->runs);
    return y;
}

// A permutation of three axes: rows of x become columns of y, or stay rows.
void draw_copy(const suite *suite) {
    static const int element_sizes[] = {1, 2, 4, 8, 16};
    for (ptrdiff_t number = 0; number < 3000; number++) {
        random_source source = {(uint64_t)number};
        ptrdiff_t size[3], x_stride[3], y_stride[3];
        for (int axis = 0; axis < 3; axis++) size[axis] = DRAW_ONE_OF(&source, awkward_sizes);
        while (size[0] * size[1] * size[2] > 20000)
            for (int axis = 0; axis < 3; axis++) size[axis] = (size[axis] + 1) / 2;
        // Where each axis of x stands in y.
        static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
        const int *order = DRAW_ONE_OF(&source, orders);
        for (int axis = 2; axis >= 0; axis--) x_stride[axis] = axis == 2 ? 1 : x_stride[axis + 1] * size[axis + 1];
        ptrdiff_t stride = 1;
        for (int axis = 2; axis >= 0; axis--) {
            y_stride[order[axis]] = stride;
            stride *= size[order[axis]];
        }
        // Runs go along the last axis of x, or of y.
        int inner = draw_one_in(&source, 2) ? 2 : order[2];
        copy_shape shape = {.seed = (uint64_t)number, .x_count = size[0] * size[1] * size[2], .runs = 1};
        ck_copy *p = &shape.copy;
        *p = (ck_copy){
            .inner = size[inner],
            .x_step = x_stride[inner],
            .y_step = y_stride[inner],
            .element_size = DRAW_ONE_OF(&source, element_sizes),
        };
        for (int axis = 0; axis < 3; axis++) {
            if (axis == inner) continue;
            p->sizes[p->rank] = size[axis];
            p->x_strides[p->rank] = x_stride[axis];
            p->y_strides[p->rank++] = y_stride[axis];
            shape.runs *= size[axis];
        }
        shape.bytes = shape.x_count * p->element_size;
        comparison c = {.bytes = shape.bytes, .compute = copy, .shape = &shape, .describe = describe_copy};
        if (is_drawn(number)) verify(suite, &c);
    }
}

typedef struct {
    uint64_t seed;
    ptrdiff_t batch;
    ck_resize resize;
} resize_shape;

static void describe_resize(const void *shape, char *text, size_t size) {
    const resize_shape *s = shape;
    const ck_resize *p = &s->resize;
    snprintf(
        text, size, "%tdx%tdx%tdx%td to %tdx%td, corners %d, centers %d", s->batch, p->input_height, p->input_width,
        p->channels, p->output_height, p->output_width, p->aligns_corners, p->uses_half_pixel_centers);
}

static void *resize(const void *shape, const call *call) {
    const resize_shape *s = shape;
    random_source source = {s->seed};
    const ck_resize *p = &s->resize;
    ptrdiff_t size = (ptrdiff_t)sizeof(float), count = s->batch * p->input_height * p->input_width * p->channels;
    float *x = input(count * size);
    draw_reals(&source, x, count);
    void *buffers[] = {x, output(s->batch * p->output_height * p->output_width * p->channels * size)};
    call_kernel(call, p, buffers, s->batch * p->output_height);
    return buffers[1];
}

void draw_resize(const suite *suite) {
    for (ptrdiff_t number = 0;; number++) {
        random_source source = {(uint64_t)number};
        int sizes[5];
        if (!sizes_of(number, 5, 2, 500, &source, sizes)) break;
        resize_shape shape = {
            .seed = (uint64_t)number,
            .batch = draw_between(&source, 1, 2),
            .resize = {
                .channels = sizes[0],
                .input_width = sizes[1],
                .output_width = sizes[2],
                .input_height = sizes[3] % 20 + 1,
                .output_height = sizes[4] % 20 + 1,
            }};
        // At most one of them.
        int kind = (int)draw_between(&source, 0, 2);
        shape.resize.aligns_corners = kind == 1;
        shape.resize.uses_half_pixel_centers = kind == 2;
        const ck_resize *p = &shape.resize;
        comparison c = {
            .bytes = shape.batch * p->output_height * p->output_width * p->channels * (ptrdiff_t)sizeof(float),
            .compute = resize,
            .shape = &shape,
            .describe = describe_resize,
            .magnitude = 1,
        };
        if (is_drawn(number)) verify(suite, &c);
    }
}
