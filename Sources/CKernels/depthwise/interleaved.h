// The plan of a depthwise convolution of bytes by dot products over four rows.
#ifndef CK_INTERLEAVED_H
#define CK_INTERLEAVED_H

#include "../include/ck_linear.h"
#include "../numeric/lanes.h"

#define CK_BAND_BYTES 32768
#define CK_DEPTHWISE_STEPS 64

// `prepared` of a depthwise ck_conv: this, the lanes of all phases, and their weights [phase, step, output row, lane, 4].
typedef struct {
    ck_rounding rounding;
    // Output rows at a time; groups of four input rows that they read; dot products for each output row.
    ptrdiff_t output_rows, groups, steps;
    // A phase is a vector of lanes with weights of their own. Lanes of flat phases are channels of several pixels, and
    // phases repeat from `phases` vectors to the next. Lanes of others are channels of one pixel, of which the band
    // holds as many as `slice` phases have.
    int32_t is_flat;
    ptrdiff_t phases, slice;
    // Lanes of the band from pixel to pixel.
    ptrdiff_t pitch;
    // The band holds columns that are `spacing` apart side by side, others in planes of their own.
    ptrdiff_t spacing, planes, plane_bytes;
    // Output pixels at a time.
    ptrdiff_t chunk;
    // Where the lanes of a dot product begin in the band.
    ptrdiff_t offsets[CK_DEPTHWISE_STEPS];
} ck_depthwise_plan;

static inline ptrdiff_t ck_depthwise_lanes_offset(void) {
    return ((ptrdiff_t)sizeof(ck_depthwise_plan) + 63) / 64 * 64;
}

static inline ptrdiff_t ck_depthwise_weights_offset(const ck_depthwise_plan *plan) {
    return ck_depthwise_lanes_offset() + plan->phases * (ptrdiff_t)((sizeof(ck_lanes) + 63) / 64 * 64);
}

// The plan of a hybrid convolution has CK_ROUNDS_NOTHING, and in its lanes the sums of weights as `multiplier`, their scales
// as `factor`, and biases as `rest`.
static inline int ck_depthwise_is_hybrid(const ck_conv *parameters) { return parameters->weight_scale != NULL; }

// What no sum of a depthwise convolution goes beyond.
int64_t ck_largest_depthwise_sum(const ck_conv *parameters);

// Convolution of bytes without a plan, as in ck_depthwise_int8_portable, and in ck_depthwise_hybrid_portable.
void ck_depthwise_direct_avx2(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end);
void ck_depthwise_hybrid_direct_avx2(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end);

#endif
