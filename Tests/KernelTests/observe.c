// What calibration and comparison see of tensors: the same sums to the bit, whatever the vectors.
#include "ck_observe.h"
#include "linear.h"
#include "suites.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// What is drawn is the same on every processor.
#pragma STDC FP_CONTRACT OFF

// Values [outer, channels, run]; one of them is not finite if they are broken.
typedef struct {
    uint64_t seed;
    ptrdiff_t outer, channels, run;
    int32_t bins;
    int has_sums, is_broken;
} observed_shape;

static void describe(const void *shape, char *text, size_t size) {
    const observed_shape *s = shape;
    snprintf(
        text, size, "%td x %td x %td, %d bins%s%s, seed %llu", s->outer, s->channels, s->run, s->bins,
        s->has_sums ? "" : ", no sums", s->is_broken ? ", not finite" : "", (unsigned long long)s->seed);
}

static ptrdiff_t value_count(const observed_shape *s) { return s->outer * s->channels * s->run; }

// Values that end where their memory does, with zeros of both signs among them.
static float *draw_values(random_source *source, ptrdiff_t count, int is_broken) {
    float *values = output(count * (ptrdiff_t)sizeof *values);
    draw_reals(source, values, count);
    for (ptrdiff_t i = 0; i < count; i++)
        if (draw_one_in(source, 5)) values[i] = draw_one_in(source, 2) ? 0 : -0.0f;
    if (is_broken) {
        static const float broken[] = {INFINITY, -INFINITY, NAN};
        values[draw_between(source, 0, count - 1)] = DRAW_ONE_OF(source, broken);
    }
    return values;
}

static void *sums(const void *shape, const call *call) {
    const observed_shape *s = shape;
    random_source source = {s->seed};
    float *values = draw_values(&source, value_count(s), s->is_broken);
    struct {
        float minimum, maximum;
        int32_t is_finite, unused;
        double sums[];
    } *result = output((ptrdiff_t)(sizeof *result + sizeof(double) * (size_t)s->channels));
    memset(result, 0, sizeof *result + sizeof(double) * (size_t)s->channels);
    // They are added to.
    for (ptrdiff_t c = 0; c < s->channels; c++) result->sums[c] = 0.25 * (double)c;
    result->is_finite = ck_observe(
        call->kernel->isa, values, s->outer, s->channels, s->run, s->has_sums ? result->sums : NULL, &result->minimum,
        &result->maximum);
    // The rest means nothing then.
    if (!result->is_finite) memset(result, 0, sizeof *result + sizeof(double) * (size_t)s->channels);
    return result;
}

static void *bins(const void *shape, const call *call) {
    const observed_shape *s = shape;
    random_source source = {s->seed};
    float *values = draw_values(&source, value_count(s), 0);
    // Some values lie beyond the bins.
    float factor = (float)s->bins * (0.3f + 0.4f * fabsf(draw_real(&source)));
    uint32_t *counts = output((s->bins + 4) * (ptrdiff_t)sizeof *counts);
    for (int32_t i = 0; i < s->bins + 4; i++) counts[i] = (uint32_t)i;
    ck_count(call->kernel->isa, values, value_count(s), factor, counts, s->bins);
    return counts;
}

static void *differences(const void *shape, const call *call) {
    const observed_shape *s = shape;
    random_source source = {s->seed};
    ptrdiff_t count = value_count(s);
    float *a = draw_values(&source, count, s->is_broken), *b = draw_values(&source, count, 0);
    for (ptrdiff_t i = 0; i < count; i++)
        if (draw_one_in(&source, 2)) b[i] = a[i];
    ck_differences *result = output((ptrdiff_t)(sizeof *result + sizeof(int64_t)));
    memset(result, 0, sizeof *result + sizeof(int64_t));
    *(int64_t *)(result + 1) = ck_compare(call->kernel->isa, a, b, count, result);
    return result;
}

static ptrdiff_t sums_bytes(const observed_shape *s) { return 16 + 8 * s->channels; }
static ptrdiff_t bins_bytes(const observed_shape *s) { return 4 * (ptrdiff_t)s->bins; }
static ptrdiff_t differences_bytes(const observed_shape *s) {
    (void)s;
    return sizeof(ck_differences) + sizeof(int64_t);
}

static void draw_observed(
    const suite *suite, void *(*compute)(const void *, const call *), ptrdiff_t (*bytes)(const observed_shape *)) {
    for (ptrdiff_t number = 0;; number++) {
        random_source source = {(uint64_t)number};
        int sizes[3];
        if (!sizes_of(number, 3, 3, 300, &source, sizes)) break;
        observed_shape shape = {
            .seed = (uint64_t)number,
            .outer = sizes[0],
            .channels = sizes[1],
            .run = sizes[2],
            .has_sums = !draw_one_in(&source, 4),
            .is_broken = draw_one_in(&source, 6)};
        // More rows, columns and places than are taken at once.
        if (draw_one_in(&source, 20)) shape.channels = 513 + draw_between(&source, 0, 600);
        if (draw_one_in(&source, 20)) shape.run = 4097 + draw_between(&source, 0, 5000);
        while (value_count(&shape) > 60000) {
            shape.outer = (shape.outer + 1) / 2;
            if (shape.outer == 1) shape.channels = (shape.channels + 1) / 2;
        }
        static const int32_t bin_counts[] = {2, 16, 130, 4096, 5000};
        shape.bins = DRAW_ONE_OF(&source, bin_counts);
        comparison c = {.bytes = bytes(&shape), .compute = compute, .shape = &shape, .describe = describe};
        if (is_drawn(number)) verify(suite, &c);
    }
}

void draw_observed_sums(const suite *suite) { draw_observed(suite, sums, sums_bytes); }
void draw_observed_bins(const suite *suite) { draw_observed(suite, bins, bins_bytes); }
void draw_observed_differences(const suite *suite) { draw_observed(suite, differences, differences_bytes); }
