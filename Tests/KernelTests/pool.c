#include "conv.h"
#include "linear.h"
#include "suites.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// What is drawn is the same on every processor.
#pragma STDC FP_CONTRACT OFF

typedef struct {
    uint64_t seed;
    ptrdiff_t batch;
    ck_pool window;
    int is_unsigned;
} pool_shape;

static void describe(const void *shape, char *text, size_t size) {
    const pool_shape *s = shape;
    const ck_pool *p = &s->window;
    snprintf(
        text, size, "x %tdx%tdx%tdx%td, y %tdx%td, kernel %tdx%td, strides %td %td, padding %td %td, seed %llu", s->batch,
        p->input_height, p->input_width, p->channels, p->output_height, p->output_width, p->kernel_height,
        p->kernel_width, p->stride_height, p->stride_width, p->pad_top, p->pad_left, (unsigned long long)s->seed);
}

static ptrdiff_t input_count(const pool_shape *s) {
    return s->batch * s->window.input_height * s->window.input_width * s->window.channels;
}

static ptrdiff_t output_count(const pool_shape *s) {
    return s->batch * s->window.output_height * s->window.output_width * s->window.channels;
}

static void *pool_float32(const void *shape, const call *call) {
    const pool_shape *s = shape;
    random_source source = {s->seed};
    ck_pool p = s->window;
    draw_bounds(&source, 0.5, &p.minimum, &p.maximum);
    float *x = input(input_count(s) * (ptrdiff_t)sizeof *x);
    draw_reals(&source, x, input_count(s));
    void *buffers[] = {x, output(output_count(s) * (ptrdiff_t)sizeof *x)};
    call_kernel(call, &p, buffers, s->batch * p.output_height);
    return buffers[1];
}

static void *pool_bytes(const void *shape, const call *call) {
    const pool_shape *s = shape;
    random_source source = {s->seed};
    ck_pool p = s->window;
    p.quantized_minimum = s->is_unsigned ? 0 : INT8_MIN;
    p.quantized_maximum = s->is_unsigned ? UINT8_MAX : INT8_MAX;
    if (draw_one_in(&source, 3)) p.quantized_minimum = draw_zero_point(&source, s->is_unsigned);
    if (draw_one_in(&source, 3)) p.quantized_maximum = (int32_t)draw_between(&source, p.quantized_minimum, p.quantized_maximum);
    int8_t *x = input(input_count(s));
    draw_bytes(&source, x, input_count(s));
    void *buffers[] = {x, output(output_count(s))};
    call_kernel(call, &p, buffers, s->batch * p.output_height);
    return buffers[1];
}

static void *pool_affine(const void *shape, const call *call) {
    const pool_shape *s = shape;
    random_source source = {s->seed};
    const ck_pool *w = &s->window;
    float ratio = ldexpf(1.5f + 0.5f * draw_real(&source), (int)draw_between(&source, -2, 2));
    ck_affine_pool p = {
        .window = *w,
        .flip = draw_one_in(&source, 2) ? 0x80 : 0,
        .is_global = w->output_height * w->output_width == 1 && w->kernel_height >= w->input_height
            && w->kernel_width >= w->input_width && w->pad_top == 0 && w->pad_left == 0,
        .input_zero_point = draw_zero_point(&source, 1),
        .output_zero_point = draw_zero_point(&source, 1),
        .input_scale = 0.02f * ratio,
        .output_scale = 0.02f,
    };
    p.factor = p.input_scale / (p.output_scale * (float)(w->input_height * w->input_width));
    int8_t *x = input(input_count(s));
    draw_bytes(&source, x, input_count(s));
    void *buffers[] = {x, output(output_count(s))};
    call_kernel(call, &p, buffers, s->batch * w->output_height);
    return buffers[1];
}

// False behind the last one.
static int draw_shape(ptrdiff_t number, pool_shape *shape) {
    random_source source = {(uint64_t)number};
    int sizes[4];
    if (!sizes_of(number, 4, 3, 400, &source, sizes)) return 0;
    static const int kernels[] = {1, 2, 3, 3, 5, 7}, strides[] = {1, 1, 2, 3};
    ck_pool *p = &shape->window;
    *p = (ck_pool){.channels = sizes[0], .input_width = sizes[1], .input_height = sizes[2]};
    shape->seed = (uint64_t)number;
    shape->batch = sizes[3] > 3 ? 2 : sizes[3];
    while (shape->batch * p->channels * p->input_width * p->input_height > 50000) {
        if (shape->batch > 1) shape->batch = 1;
        else p->input_height = (p->input_height + 1) / 2;
    }
    p->kernel_width = DRAW_ONE_OF(&source, kernels);
    p->kernel_height = draw_one_in(&source, 3) ? DRAW_ONE_OF(&source, kernels) : p->kernel_width;
    p->stride_width = DRAW_ONE_OF(&source, strides);
    p->stride_height = draw_one_in(&source, 3) ? DRAW_ONE_OF(&source, strides) : p->stride_width;
    if (draw_one_in(&source, 5)) {
        // One window that is all of the image.
        p->kernel_height = p->stride_height = p->input_height;
        p->kernel_width = p->stride_width = p->input_width;
        p->output_height = p->output_width = 1;
        return 1;
    }
    padded_axis vertical = draw_padding(&source, p->input_height, p->kernel_height, p->stride_height, 1);
    padded_axis horizontal = draw_padding(&source, p->input_width, p->kernel_width, p->stride_width, 1);
    p->pad_top = vertical.before;
    p->pad_left = horizontal.before;
    p->output_height = vertical.output;
    p->output_width = horizontal.output;
    return 1;
}

void draw_pool(const suite *suite) {
    int is_real = !strcmp(suite->type, "float32");
    pool_shape shape = {.is_unsigned = !strcmp(suite->type, "uint8")};
    for (ptrdiff_t number = 0; draw_shape(number, &shape); number++) {
        comparison c = {
            .bytes = output_count(&shape) * (is_real ? (ptrdiff_t)sizeof(float) : 1),
            .compute = !strcmp(suite->family, "affine_pool") ? pool_affine : is_real ? pool_float32 : pool_bytes,
            .shape = &shape,
            .describe = describe,
            .magnitude = is_real ? 1 : 0,
        };
        if (is_drawn(number)) verify(suite, &c);
    }
}
