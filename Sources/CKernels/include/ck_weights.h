// What passes do with the weights of a layer, a block at a time. `isa` is one that the processor has.
#ifndef CK_WEIGHTS_H
#define CK_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

#include "ckernels.h"

// Elements [groups, outer, channels, run], of which each group has channels of its own: parameters of channels are
// [groups, channels]. Functions take `count` of them, which begin with element `first`, and the parameters of all.
typedef struct {
    ptrdiff_t outer, channels, run;
} ck_channels;

// Raises `largest` to each channel's largest magnitude. What is no number counts for nothing.
void ck_channel_magnitudes(
    ck_isa isa, const ck_channels *layout, ptrdiff_t first, ptrdiff_t count, const float *values, float *largest);

// The integers in [-127, 127] that are nearest to value / scale, the even one of two; 0 for what is no number.
void ck_channel_integers(
    ck_isa isa, const ck_channels *layout, ptrdiff_t first, ptrdiff_t count, const float *values, const float *scales,
    int8_t *integers);

// (integer - zero point) * scale
void ck_channel_reals(
    ck_isa isa, const ck_channels *layout, ptrdiff_t first, ptrdiff_t count, const int8_t *integers,
    const float *zero_points, const float *scales, float *values);

// Products with each channel's factor. `products` may be `values`.
void ck_channel_products(
    ck_isa isa, const ck_channels *layout, ptrdiff_t first, ptrdiff_t count, const float *values, const float *factors,
    float *products);

// How many are zero.
ptrdiff_t ck_count_zeros(ck_isa isa, const float *values, ptrdiff_t count);

// Adds to the sums of original² and of (original - changed)², whose difference is rounded to single precision.
void ck_add_errors(
    ck_isa isa, const float *original, const float *changed, ptrdiff_t count, double *signal, double *noise);

#endif
