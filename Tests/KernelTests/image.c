// Images with something around them, from numbers whose axes lie in any order.
#include "linear.h"
#include "suites.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// What is drawn is the same on every processor.
#pragma STDC FP_CONTRACT OFF

typedef struct {
    uint64_t seed;
    ptrdiff_t batch, count;
    int is_real;
    ck_image image;
} image_shape;

static void describe(const void *shape, char *text, size_t size) {
    const image_shape *s = shape;
    const ck_image *p = &s->image;
    snprintf(
        text, size, "%tdx%tdx%tdx%td in %tdx%td at %td, %td, strides %td %td %td, seed %llu", s->batch, p->height, p->width,
        p->channels, p->padded_height, p->padded_width, p->top, p->left, p->row_stride, p->column_stride,
        p->channel_stride, (unsigned long long)s->seed);
}

static void *image(const void *shape, const call *call) {
    const image_shape *s = shape;
    random_source source = {s->seed};
    const ck_image *p = &s->image;
    void *x = input(s->count * (s->is_real ? (ptrdiff_t)sizeof(float) : 1));
    if (!s->is_real) {
        draw_bytes(&source, x, s->count);
    } else {
        static const float special[] = {NAN, INFINITY, -INFINITY, 3e38f, -0.0f};
        float *reals = x, scale = p->quantization.rounds_to_even == 2 ? 1 / p->quantization.scale : p->quantization.scale;
        for (ptrdiff_t i = 0; i < s->count; i++) {
            reals[i] = draw_real(&source) * 200 * scale;
            if (draw_one_in(&source, 3)) reals[i] = ((float)draw_between(&source, -300, 300) + 0.5f) * scale;
            if (draw_one_in(&source, 24)) reals[i] = DRAW_ONE_OF(&source, special);
        }
    }
    void *buffers[] = {x, output(s->batch * p->padded_height * p->padded_width * p->channels)};
    call_kernel(call, p, buffers, s->batch * p->padded_height);
    return buffers[1];
}

void draw_image(const suite *suite) {
    static const int channels[] = {1, 2, 3, 4, 5, 17}, widths[] = {1, 2, 15, 16, 17, 64, 65, 300};
    for (ptrdiff_t number = 0; number < 900; number++) {
        random_source source = {(uint64_t)number};
        image_shape shape = {
            .seed = (uint64_t)number, .batch = draw_between(&source, 1, 2), .is_real = !strcmp(suite->type, "float32")};
        ck_image *p = &shape.image;
        *p = (ck_image){
            .height = draw_between(&source, 1, 4),
            .width = DRAW_ONE_OF(&source, widths),
            .channels = DRAW_ONE_OF(&source, channels),
            .top = draw_between(&source, 0, 3),
            .left = draw_between(&source, 0, 3),
            .value = (uint8_t)draw_between(&source, 0, 255),
            .flip = draw_one_in(&source, 2) ? 0x80 : 0,
            .quantization = {
                .scale = ldexpf(1.5f, (int)draw_between(&source, -6, 4)),
                .zero_point = (int32_t)draw_between(&source, -128, 127),
                .minimum = INT8_MIN,
                .maximum = INT8_MAX,
                .rounds_to_even = (int32_t)(number % 3),
            }};
        // Some end before the image does, or all of it is padding.
        p->padded_height = draw_between(&source, 1, p->top + p->height + 3);
        p->padded_width = draw_between(&source, p->left > 0 ? p->left : 1, p->left + p->width + 3);
        ptrdiff_t area = p->height * p->width;
        shape.count = shape.batch * area * p->channels;
        p->batch_stride = area * p->channels;
        switch (number / 3 % 3) {
        case 0:
            p->row_stride = p->width * p->channels;
            p->column_stride = p->channels;
            p->channel_stride = 1;
            break;
        case 1:
            p->row_stride = p->width;
            p->column_stride = 1;
            p->channel_stride = area;
            break;
        default:
            p->row_stride = 1;
            p->column_stride = p->height;
            p->channel_stride = area;
        }
        comparison c = {
            .bytes = shape.batch * p->padded_height * p->padded_width * p->channels,
            .compute = image,
            .shape = &shape,
            .describe = describe,
        };
        if (is_drawn(number)) verify(suite, &c);
    }
}
