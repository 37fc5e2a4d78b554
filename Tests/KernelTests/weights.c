// What passes do with the weights of layers, block by block.
#include "ck_weights.h"
#include "linear.h"
#include "suites.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// What is drawn is the same on every processor.
#pragma STDC FP_CONTRACT OFF

// Weights [groups, outer, channels, run].
typedef struct {
    uint64_t seed;
    ptrdiff_t groups;
    ck_channels layout;
} weights_shape;

static void describe(const void *shape, char *text, size_t size) {
    const weights_shape *s = shape;
    snprintf(
        text, size, "%td groups of %td x %td x %td, seed %llu", s->groups, s->layout.outer, s->layout.channels,
        s->layout.run, (unsigned long long)s->seed);
}

static ptrdiff_t weight_count(const weights_shape *s) {
    return s->groups * s->layout.outer * s->layout.channels * s->layout.run;
}

static ptrdiff_t channel_count(const weights_shape *s) { return s->groups * s->layout.channels; }

// Weights that end where their memory does: zeros of both signs, halves, and what is no number are among them.
static float *draw_weights(random_source *source, ptrdiff_t count) {
    float *values = output(count * (ptrdiff_t)sizeof *values);
    draw_reals(source, values, count);
    static const float special[] = {0, -0.0f, 0.5f, 1.5f, -2.5f, 1e-40f, 3e38f, INFINITY, -INFINITY, NAN};
    for (ptrdiff_t i = 0; i < count; i++)
        if (draw_one_in(source, 6)) values[i] = DRAW_ONE_OF(source, special);
    return values;
}

// A number for each channel; scales of 0 are among them.
static float *draw_parameters(random_source *source, ptrdiff_t count) {
    float *values = output(count * (ptrdiff_t)sizeof *values);
    for (ptrdiff_t i = 0; i < count; i++) values[i] = draw_one_in(source, 8) ? 0 : ldexpf(draw_real(source), -6);
    return values;
}

// Calls BODY for one block after the other, `first` on and `part` of them.
#define BLOCKS(call, count, BODY)                                                                                  \
    do {                                                                                                           \
        random_source cuts = {(call)->seed};                                                                       \
        ptrdiff_t first = 0;                                                                                       \
        for (int piece = (call)->pieces; first < (count); piece--) {                                               \
            ptrdiff_t part = piece > 1 ? draw_between(&cuts, 1, (count)-first) : (count)-first;                    \
            BODY;                                                                                                  \
            first += part;                                                                                         \
        }                                                                                                          \
    } while (0)

static void *magnitudes(const void *shape, const call *call) {
    const weights_shape *s = shape;
    random_source source = {s->seed};
    ptrdiff_t count = weight_count(s), channels = channel_count(s);
    float *values = draw_weights(&source, count), *largest = output(channels * 4);
    for (ptrdiff_t c = 0; c < channels; c++) largest[c] = (float)(c % 2);
    BLOCKS(call, count, ck_channel_magnitudes(call->kernel->isa, &s->layout, first, part, values + first, largest));
    return largest;
}

static void *integers(const void *shape, const call *call) {
    const weights_shape *s = shape;
    random_source source = {s->seed};
    ptrdiff_t count = weight_count(s);
    float *values = draw_weights(&source, count), *scales = draw_parameters(&source, channel_count(s));
    int8_t *result = output(count);
    BLOCKS(
        call, count,
        ck_channel_integers(call->kernel->isa, &s->layout, first, part, values + first, scales, result + first));
    return result;
}

static void *reals(const void *shape, const call *call) {
    const weights_shape *s = shape;
    random_source source = {s->seed};
    ptrdiff_t count = weight_count(s), channels = channel_count(s);
    int8_t *values = output(count);
    draw_bytes(&source, values, count);
    float *scales = draw_parameters(&source, channels), *zero_points = output(channels * 4), *result = output(count * 4);
    for (ptrdiff_t c = 0; c < channels; c++) zero_points[c] = (float)draw_between(&source, -128, 127);
    BLOCKS(
        call, count,
        ck_channel_reals(
            call->kernel->isa, &s->layout, first, part, values + first, zero_points, scales, result + first));
    return result;
}

static void *products(const void *shape, const call *call) {
    const weights_shape *s = shape;
    random_source source = {s->seed};
    ptrdiff_t count = weight_count(s);
    // A product of what is no number may have any sign.
    float *values = output(count * 4), *factors = draw_parameters(&source, channel_count(s));
    draw_reals(&source, values, count);
    int is_in_place = draw_one_in(&source, 2);
    float *result = is_in_place ? values : output(count * 4);
    BLOCKS(
        call, count,
        ck_channel_products(call->kernel->isa, &s->layout, first, part, values + first, factors, result + first));
    return result;
}

static void *zeros(const void *shape, const call *call) {
    const weights_shape *s = shape;
    random_source source = {s->seed};
    float *values = draw_weights(&source, weight_count(s));
    ptrdiff_t *result = output(sizeof *result);
    *result = ck_count_zeros(call->kernel->isa, values, weight_count(s));
    return result;
}

static void *errors(const void *shape, const call *call) {
    const weights_shape *s = shape;
    random_source source = {s->seed};
    ptrdiff_t count = weight_count(s);
    float *original = output(count * 4), *changed = output(count * 4);
    draw_reals(&source, original, count);
    draw_reals(&source, changed, count);
    double *result = output(2 * sizeof *result);
    result[0] = 1;
    result[1] = 2;
    ck_add_errors(call->kernel->isa, original, changed, count, &result[0], &result[1]);
    return result;
}

static ptrdiff_t bytes_of_channels(const weights_shape *s) { return 4 * channel_count(s); }
static ptrdiff_t bytes_of_reals(const weights_shape *s) { return 4 * weight_count(s); }
static ptrdiff_t bytes_of_count(const weights_shape *s) {
    (void)s;
    return sizeof(ptrdiff_t);
}
static ptrdiff_t bytes_of_errors(const weights_shape *s) {
    (void)s;
    return 2 * sizeof(double);
}

static void draw_weights_of(
    const suite *suite, void *(*compute)(const void *, const call *), ptrdiff_t (*bytes)(const weights_shape *)) {
    for (ptrdiff_t number = 0;; number++) {
        random_source source = {(uint64_t)number};
        int sizes[4];
        if (!sizes_of(number, 4, 3, 400, &source, sizes)) break;
        weights_shape shape = {
            .seed = (uint64_t)number,
            .groups = sizes[3] > 3 ? 1 : sizes[3],
            .layout = {.outer = sizes[2], .channels = sizes[0], .run = sizes[1]}};
        while (weight_count(&shape) > 30000) shape.layout.outer = (shape.layout.outer + 1) / 2, shape.groups = 1;
        comparison c = {.bytes = bytes(&shape), .compute = compute, .shape = &shape, .describe = describe};
        if (is_drawn(number)) verify(suite, &c);
    }
}

void draw_weight_magnitudes(const suite *suite) { draw_weights_of(suite, magnitudes, bytes_of_channels); }
void draw_weight_integers(const suite *suite) { draw_weights_of(suite, integers, weight_count); }
void draw_weight_reals(const suite *suite) { draw_weights_of(suite, reals, bytes_of_reals); }
void draw_weight_products(const suite *suite) { draw_weights_of(suite, products, bytes_of_reals); }
void draw_weight_zeros(const suite *suite) { draw_weights_of(suite, zeros, bytes_of_count); }
void draw_weight_errors(const suite *suite) { draw_weights_of(suite, errors, bytes_of_errors); }
