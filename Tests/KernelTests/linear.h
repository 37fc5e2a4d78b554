// What convolutions and fully connected layers are made of, filled in as planning does it.
#ifndef LINEAR_H
#define LINEAR_H

#include "harness.h"

typedef enum {
    // One product in single precision.
    ROUNDS_SINGLE,
    // Two roundings, the second one's ties away from zero; fully connected layers: one in double precision.
    ROUNDS_TWICE,
    // Two roundings, the second one's ties up.
    ROUNDS_UP,
    // No rounding: the product in single precision is the result.
    ROUNDS_NOT
} rounding;
rounding draw_rounding(random_source *source);

typedef struct {
    ck_packing packing;
    ptrdiff_t lanes;
    // [group · output, tap, input], and packed.
    const void *plain, *packed;
    const void *bias;
    const int32_t *sums, *magnitudes;
    const float *scales;
    ck_requantization output;
} linear_weights;

// Bytes of which many are at the ends of the range, in some draws all of them.
void draw_bytes(random_source *source, int8_t *bytes, ptrdiff_t count);
void draw_reals(random_source *source, float *reals, ptrdiff_t count);
// What is outside of an image, or a zero point: often an end of the range.
int32_t draw_zero_point(random_source *source, int is_unsigned);

// One entry for each lane from one entry for each channel; lanes of padding are zero.
void *spread(const void *values, ptrdiff_t element_size, const ck_packing *packing);

// `outputs` accumulators with about `typical` in them become bytes.
ck_requantization draw_requantization(
    random_source *source, const ck_packing *packing, rounding rounding, double typical, int is_unsigned);
// Biases near `typical`, or anywhere.
void *draw_biases(random_source *source, const ck_packing *packing, double typical);

linear_weights draw_float_weights(random_source *source, ck_packing packing);
// With −zero point · Σw in the bias.
linear_weights draw_int8_weights(
    random_source *source, ck_packing packing, rounding rounding, int32_t zero_point, int is_unsigned);
linear_weights draw_hybrid_weights(random_source *source, ck_packing packing);

// The quantizations of `rows` rows.
ck_batch_quantization *draw_quantizations(random_source *source, ptrdiff_t rows);
// The ends between which a float result is held.
void draw_bounds(random_source *source, double typical, float *minimum, float *maximum);

// What is typical of a sum of `count` products of reals, or of bytes.
double typical_real(ptrdiff_t count);
double typical_sum(ptrdiff_t count);

#endif
