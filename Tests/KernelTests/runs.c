#include "runs.h"

#include <stdio.h>
#include <string.h>

#define WALKS 700

int draw_runs(ptrdiff_t number, random_source *source, runs *r) {
    static const int lengths[] = {1, 2, 3, 15, 16, 17, 63, 64, 65, 130, 1023, 1024, 1025, 3000};
    const ptrdiff_t length_count = sizeof lengths / sizeof lengths[0];
    *r = (runs){0};
    if (number < length_count * 4) {
        // One run cut into chunks, each operand being dense or one number.
        r->count = lengths[number / 4];
        r->inner = CK_CHUNK < r->count ? CK_CHUNK : r->count;
        r->rank = 1;
        r->units = r->sizes[0] = (r->count + r->inner - 1) / r->inner;
        r->a_step = number & 1 ? 0 : 1;
        r->b_step = number & 2 ? 0 : 1;
        r->a_strides[0] = r->a_step * r->inner;
        r->b_strides[0] = r->b_step * r->inner;
        r->a_count = r->a_step ? r->count : 1;
        r->b_count = r->b_step ? r->count : 1;
    } else {
        if (number >= WALKS) return 0;
        // Several axes, along each of which an operand stands still or moves; steps of runs may be any.
        r->rank = draw_between(source, 1, 3);
        r->inner = DRAW_ONE_OF(source, awkward_sizes);
        r->units = 1;
        static const int steps[] = {0, 1, 1, 1, 2, 5};
        r->a_step = DRAW_ONE_OF(source, steps);
        r->b_step = DRAW_ONE_OF(source, steps);
        ptrdiff_t a_stride = r->a_step ? r->inner * r->a_step : 1, b_stride = r->b_step ? r->inner * r->b_step : 1;
        for (ptrdiff_t axis = r->rank; axis-- > 0;) {
            r->sizes[axis] = draw_between(source, 1, axis == 0 ? 6 : 3);
            r->units *= r->sizes[axis];
            if (!draw_one_in(source, 3)) {
                r->a_strides[axis] = a_stride;
                a_stride *= r->sizes[axis];
            }
            if (!draw_one_in(source, 3)) {
                r->b_strides[axis] = b_stride;
                b_stride *= r->sizes[axis];
            }
        }
        r->count = r->units * r->inner;
        r->a_count = a_stride;
        r->b_count = b_stride;
    }
    int kind = (int)draw_between(source, 0, 2);
    if (kind == 1 && r->a_step == 1 && r->a_count == r->count) r->in_place = 1;
    if (kind == 2 && r->b_step == 1 && r->b_count == r->count) r->in_place = 2;
    return 1;
}

void use_runs(const runs *r, ptrdiff_t *rank, ptrdiff_t *sizes, ptrdiff_t *a_strides, ptrdiff_t *b_strides) {
    *rank = r->rank;
    memcpy(sizes, r->sizes, sizeof r->sizes);
    memcpy(a_strides, r->a_strides, sizeof r->a_strides);
    memcpy(b_strides, r->b_strides, sizeof r->b_strides);
}

void describe_runs(const runs *r, char *text, size_t size) {
    snprintf(
        text, size, "%td runs of %td, %td in all, steps %td %td%s", r->units, r->inner, r->count, r->a_step, r->b_step,
        r->in_place ? r->in_place == 1 ? ", in place of a" : ", in place of b" : "");
}
