#include "linear.h"
#include "suites.h"

#include <stdio.h>

typedef struct {
    uint64_t seed;
    ptrdiff_t batch;
    ck_pad_rows pad;
} pad_shape;

static void describe(const void *shape, char *text, size_t size) {
    const pad_shape *s = shape;
    const ck_pad_rows *p = &s->pad;
    snprintf(
        text, size, "%tdx%tdx%tdx%td to %tdx%td, %td above, %td left", s->batch, p->height, p->width, p->channels,
        p->padded_height, p->padded_width, p->top, p->left);
}

static ptrdiff_t result_count(const pad_shape *s) {
    return s->batch * s->pad.padded_height * s->pad.padded_width * s->pad.channels;
}

static void *pad(const void *shape, const call *call) {
    const pad_shape *s = shape;
    random_source source = {s->seed};
    ptrdiff_t count = s->batch * s->pad.height * s->pad.width * s->pad.channels;
    int8_t *x = input(count);
    draw_bytes(&source, x, count);
    void *buffers[] = {x, output(result_count(s))};
    call_kernel(call, &s->pad, buffers, s->batch * s->pad.padded_height);
    return buffers[1];
}

void draw_pad_rows(const suite *suite) {
    int sizes[4];
    for (ptrdiff_t number = 0;; number++) {
        random_source source = {(uint64_t)number};
        if (!sizes_of(number, 4, 3, 400, &source, sizes)) break;
        pad_shape shape = {
            .seed = (uint64_t)number,
            .batch = sizes[3] > 3 ? 2 : sizes[3],
            .pad = {.channels = sizes[0], .width = sizes[1], .height = sizes[2]}};
        ck_pad_rows *p = &shape.pad;
        p->top = draw_between(&source, 0, 4);
        p->left = draw_between(&source, 0, 4);
        // Rows and columns at the end that no window reads are left out.
        p->padded_height = p->top + p->height + draw_between(&source, p->height > 1 ? -1 : 0, 4);
        p->padded_width = p->left + p->width + draw_between(&source, p->width > 1 ? -1 : 0, 4);
        p->value = (uint8_t)draw_bits(&source);
        p->flip = draw_one_in(&source, 2) ? 0x80 : 0;
        comparison c = {.bytes = result_count(&shape), .compute = pad, .shape = &shape, .describe = describe};
        if (is_drawn(number)) verify(suite, &c);
    }
}
