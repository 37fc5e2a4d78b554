// What the vector kernels know of 16 output channels: made once, while planning.
#ifndef CK_LANES_H
#define CK_LANES_H

#include "ckernels.h"

typedef enum {
    // One product in single precision, by factors below 1: of int32 it is one again.
    CK_ROUNDS_SINGLE,
    // The same of sums below 2²³, of which nothing below zero is kept: with 2²³ as a float's bits added, they are floats.
    CK_ROUNDS_POSITIVE,
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
#define CK_ROUNDINGS 7

// What is added to signed bytes before they are multiplied: x86 multiplies unsigned bytes by signed weights.
#if defined(__aarch64__)
#define CK_BYTE_OFFSET 0
#else
#define CK_BYTE_OFFSET 128
#endif

typedef struct {
    // For sums over x + CK_BYTE_OFFSET.
    int32_t bias[CK_BLOCK];
    // CK_ROUNDS_POSITIVE: (2²³ + sum) · factor + rest is sum · factor, rounded once.
    float factor[CK_BLOCK], rest[CK_BLOCK];
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

// The sum's bits are those of the float 2²³ + sum with this added.
#define CK_POSITIVE_BITS 0x4b000000

// How results are rounded that are no real numbers; the arrays have `count` entries, and no sum goes beyond ±largest.
ck_rounding ck_rounding_of(const ck_requantization *output, ptrdiff_t count, int64_t largest);

// Fills in what belongs to entry `from` of the arrays; `bias` is final.
void ck_fill_lane(
    ck_lanes *lanes, int lane, const ck_requantization *output, ck_rounding rounding, ptrdiff_t from, int32_t bias);

// What `prepared` of ck_conv and ck_fully_connected is for products of rows: 64 bytes with the rounding, then the lanes.
#define CK_LANES_OFFSET 64

static inline const ck_lanes *ck_prepared_lanes(const void *prepared) {
    return (const ck_lanes *)((const char *)prepared + CK_LANES_OFFSET);
}

#endif
