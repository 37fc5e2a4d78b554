// What the vector kernels know of 16 output channels: made once, while planning.
#ifndef CK_LANES_H
#define CK_LANES_H

#include "ckernels.h"

typedef enum {
    // One product in single precision, by factors below 1: of int32 it is one again.
    CK_ROUNDS_SINGLE,
    // Two roundings by factors below 1/2, of which nothing below the zero point is kept: there the sign of a tie does not
    // matter.
    CK_ROUNDS_TWICE_UP,
    // Two roundings by factors below 1/2.
    CK_ROUNDS_TWICE,
    // One product in double precision, ties away from zero.
    CK_ROUNDS_DOUBLE,
    // All others.
    CK_ROUNDS_OTHERWISE,
    // Results are real numbers, factors times sums.
    CK_ROUNDS_NOTHING
} ck_rounding;
#define CK_ROUNDINGS 6

// What is added to signed bytes before they are multiplied: x86 multiplies unsigned bytes by signed weights.
#if defined(__aarch64__)
#define CK_BYTE_OFFSET 0
#else
#define CK_BYTE_OFFSET 128
#endif

typedef struct {
    // For sums over x + CK_BYTE_OFFSET.
    int32_t bias[CK_BLOCK];
    float factor[CK_BLOCK];
    // Of the even lanes in their place; of the odd lanes in the even ones.
    int32_t multiplier[CK_BLOCK], odd_multiplier[CK_BLOCK];
    // Two roundings in one step: ⌊(⌊(p + 2³⁰) / 2³¹⌋ + 2^(n−1)) / 2ⁿ⌋ = ⌊(p + 2³⁰ + 2^(30+n)) / 2^(31+n)⌋. The odd lanes'
    // result is to be in the upper half.
    int64_t even_offset[CK_BLOCK / 2], odd_offset[CK_BLOCK / 2];
    int64_t even_shift[CK_BLOCK / 2], odd_shift[CK_BLOCK / 2];
    int32_t left[CK_BLOCK], right[CK_BLOCK];
    // right − 1, not below 0.
    int32_t right_rest[CK_BLOCK];
    double scale[CK_BLOCK];
} ck_lanes;

// How results are rounded that are no real numbers; the arrays have `count` entries.
ck_rounding ck_rounding_of(const ck_requantization *output, ptrdiff_t count);

// Fills in what belongs to entry `from` of the arrays; `bias` is final.
void ck_fill_lane(ck_lanes *lanes, int lane, const ck_requantization *output, ptrdiff_t from, int32_t bias);

// What `prepared` of ck_conv and ck_fully_connected is for products of rows: 64 bytes with the rounding, then the lanes.
#define CK_LANES_OFFSET 64

static inline const ck_lanes *ck_prepared_lanes(const void *prepared) {
    return (const ck_lanes *)((const char *)prepared + CK_LANES_OFFSET);
}

#endif
