// Half-precision and bfloat16 numbers as bits, without branches, so that loops of them vectorize.
#ifndef CK_HALF_H
#define CK_HALF_H

#include <stdint.h>
#include <string.h>

static inline float ck_float_of_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t ck_bits_of_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float ck_from_half(uint16_t half) {
    // The exponent's bias differs by 112; the product also brings subnormal numbers to their place.
    uint32_t magnitude = ck_bits_of_float(ck_float_of_bits((uint32_t)(half & 0x7fff) << 13) * 0x1p112f);
    uint32_t special = (half & 0x7c00) == 0x7c00 ? 0x7f800000u : 0;
    return ck_float_of_bits(magnitude | special | (uint32_t)(half & 0x8000) << 16);
}

// To nearest, ties to even; what is no number becomes the quiet one.
static inline uint16_t ck_to_half(float value) {
    uint32_t bits = ck_bits_of_float(value), magnitude = bits & 0x7fffffffu;
    // A sum with 1/2 rounds at 2^-24, the subnormal numbers' step.
    uint32_t small = ck_bits_of_float(ck_float_of_bits(magnitude) + 0.5f) - 0x3f000000u;
    uint32_t normal = (magnitude + 0xfffu + (magnitude >> 13 & 1) - (112u << 23)) >> 13;
    uint32_t half = magnitude < 0x38800000u ? small : normal;
    half = magnitude >= 0x477ff000u ? 0x7c00u : half;
    half = magnitude > 0x7f800000u ? 0x7e00u : half;
    return (uint16_t)(half | (bits >> 16 & 0x8000u));
}

static inline float ck_from_bfloat(uint16_t bits) { return ck_float_of_bits((uint32_t)bits << 16); }

// To nearest, ties to even; what is no number becomes the quiet one.
static inline uint16_t ck_to_bfloat(float value) {
    uint32_t bits = ck_bits_of_float(value);
    uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1)) >> 16;
    return (uint16_t)((bits & 0x7fffffffu) > 0x7f800000u ? (bits >> 16 & 0x8000u) | 0x7fc0u : rounded);
}

#endif
