// Images made ready for convolutions of bytes.
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
    int is_real;
    ck_image image;
} image_shape;

static void describe(const void *shape, char *text, size_t size) {
    const image_shape *s = shape;
    const ck_image *p = &s->image;
    snprintf(
        text, size, "%tdx%tdx%tdx%td, channels %td apart, to %tdx%td, %td above, %td left, rounding %d, seed %llu", s->batch,
        p->height, p->width, p->channels, p->channel_stride, p->padded_height, p->padded_width, p->top, p->left,
        p->quantization.rounds_to_even, (unsigned long long)s->seed);
}

static ptrdiff_t result_count(const image_shape *s) {
    return s->batch * s->image.padded_height * s->image.padded_width * s->image.channels;
}

static void *image(const void *shape, const call *call) {
    const image_shape *s = shape;
    random_source source = {s->seed};
    ck_image p = s->image;
    ptrdiff_t count = s->batch * p.height * p.width * p.channels;
    void *x = input(count * (s->is_real ? (ptrdiff_t)sizeof(float) : 1));
    if (s->is_real) {
        float scale = ldexpf(1.5f + 0.5f * draw_real(&source), (int)draw_between(&source, -7, 0)), *reals = x;
        int is_unsigned = draw_one_in(&source, 2);
        p.quantization = (ck_quantize){
            .scale = p.quantization.rounds_to_even == 2 ? 1 / scale : scale,
            .zero_point = draw_zero_point(&source, is_unsigned),
            .minimum = is_unsigned ? 0 : INT8_MIN,
            .maximum = is_unsigned ? UINT8_MAX : INT8_MAX,
            .rounds_to_even = p.quantization.rounds_to_even,
        };
        for (ptrdiff_t i = 0; i < count; i++) {
            reals[i] = draw_real(&source) * 200 * scale;
            if (draw_one_in(&source, 4)) reals[i] = ((float)draw_between(&source, -300, 300) + 0.5f) * scale;
            if (draw_one_in(&source, 50)) reals[i] = draw_one_in(&source, 2) ? NAN : INFINITY;
        }
    } else {
        draw_bytes(&source, x, count);
    }
    void *buffers[] = {x, output(result_count(s))};
    call_kernel(call, &p, buffers, s->batch * p.padded_height);
    return buffers[1];
}

void draw_image(const suite *suite) {
    int sizes[4];
    for (ptrdiff_t number = 0;; number++) {
        random_source source = {(uint64_t)number};
        if (!sizes_of(number, 4, 3, 400, &source, sizes)) break;
        image_shape shape = {
            .seed = (uint64_t)number,
            .batch = sizes[3] > 3 ? 2 : sizes[3],
            .is_real = !strcmp(suite->type, "float32"),
            .image = {.channels = sizes[0], .width = sizes[1], .height = sizes[2]}};
        ck_image *p = &shape.image;
        while (shape.batch * p->height * p->width * p->channels > 30000) {
            if (shape.batch > 1) shape.batch = 1;
            else p->height = (p->height + 1) / 2;
        }
        p->top = draw_between(&source, 0, 4);
        p->left = draw_between(&source, 0, 4);
        // Rows and columns at the end that no window reads are left out.
        p->padded_height = p->top + p->height + draw_between(&source, p->height > 1 ? -1 : 0, 4);
        p->padded_width = p->left + p->width + draw_between(&source, p->width > 1 ? -1 : 0, 4);
        if (draw_one_in(&source, 2)) {
            p->channel_stride = 1;
            p->column_stride = p->channels;
            p->row_stride = p->width * p->channels;
        } else {
            p->column_stride = 1;
            p->row_stride = p->width;
            p->channel_stride = p->height * p->width;
        }
        p->batch_stride = p->height * p->width * p->channels;
        p->value = (uint8_t)draw_bits(&source);
        p->flip = draw_one_in(&source, 2) ? 0x80 : 0;
        p->quantization.rounds_to_even = (int)draw_between(&source, 0, 2);
        comparison c = {.bytes = result_count(&shape), .compute = image, .shape = &shape, .describe = describe};
        if (is_drawn(number)) verify(suite, &c);
    }
}
