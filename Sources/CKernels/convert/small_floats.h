// Floating-point numbers of 8 and 4 bits: those of the OCP 8-bit floating point and microscaling formats, and the FNUZ
// variants of Noune et al. 2022, with the conversions that the ONNX operator specification defines ("Float stored in 8
// bits").
#ifndef CK_SMALL_FLOATS_H
#define CK_SMALL_FLOATS_H

#include "../numeric/half.h"

#include <math.h>

typedef struct {
    int fraction_bits, bias;
    float largest;
    // Codes without the sign: of the largest number, of what overflows, of what is no number.
    uint8_t largest_code, overflow_code, nan_code;
    uint8_t sign;
    // Whether there is one zero, and the code of a negative one is what is no number.
    uint8_t is_unsigned_zero;
    // Whether the code above all numbers is infinity.
    uint8_t has_infinity;
} ck_small_float;

static const ck_small_float ck_e4m3fn = {3, 7, 448, 0x7e, 0x7f, 0x7f, 0x80, 0, 0};
static const ck_small_float ck_e4m3fnuz = {3, 8, 240, 0x7f, 0x80, 0x80, 0x80, 1, 0};
static const ck_small_float ck_e5m2 = {2, 15, 57344, 0x7b, 0x7c, 0x7e, 0x80, 0, 1};
static const ck_small_float ck_e5m2fnuz = {2, 16, 57344, 0x7f, 0x80, 0x80, 0x80, 1, 0};
// There is nothing beside numbers; what is none becomes −0.
static const ck_small_float ck_e2m1 = {1, 1, 6, 0x7, 0x7, 0x8, 0x8, 0, 0};

static inline float ck_from_small(uint8_t code, const ck_small_float *format) {
    uint8_t magnitude = code & (uint8_t)(format->sign - 1);
    int is_negative = (code & format->sign) != 0;
    if (format->is_unsigned_zero) {
        if (is_negative && magnitude == 0) return NAN;
    } else if (format->has_infinity && magnitude >= format->overflow_code) {
        return magnitude > format->overflow_code ? NAN : is_negative ? -INFINITY : INFINITY;
    } else if (format->sign == 0x80 && !format->has_infinity && magnitude == format->nan_code) {
        return NAN;
    }
    int exponent = magnitude >> format->fraction_bits;
    float fraction = (float)(magnitude & ((1 << format->fraction_bits) - 1));
    if (exponent == 0) exponent = 1;
    else fraction += (float)(1 << format->fraction_bits);
    float value = ldexpf(fraction, exponent - format->bias - format->fraction_bits);
    return is_negative ? -value : value;
}

// To nearest, ties to even.
static inline uint8_t ck_to_small(float value, int saturates, const ck_small_float *format) {
    uint8_t sign = signbit(value) ? format->sign : 0;
    if (isnan(value)) return format->is_unsigned_zero ? format->nan_code : (uint8_t)(format->nan_code | sign);
    float magnitude = fabsf(value);
    uint8_t code = format->largest_code;
    int overflows = isinf(magnitude);
    if (!overflows) {
        int exponent = magnitude > 0 ? ilogbf(magnitude) : 1 - format->bias;
        if (exponent < 1 - format->bias) exponent = 1 - format->bias;
        float steps = rintf(ldexpf(magnitude, format->fraction_bits - exponent));
        overflows = ldexpf(steps, exponent - format->fraction_bits) > format->largest;
        // A number that rounds up to the next power of two carries into the exponent.
        if (!overflows) code = (uint8_t)(((exponent + format->bias - 1) << format->fraction_bits) + (int)steps);
    }
    if (overflows && !saturates) code = format->overflow_code;
    if (format->is_unsigned_zero && (code == 0 || code == format->nan_code)) return code;
    return code | sign;
}

// An exponent alone: 2^(code − 127).
static inline float ck_from_exponent(uint8_t code) {
    return code == 0xff ? NAN : code == 0 ? 0x1p-127f : ck_float_of_bits((uint32_t)code << 23);
}

// - rounding: 0 up, 1 down, 2 to nearest.
static inline uint8_t ck_to_exponent(float value, int saturates, int rounding) {
    uint32_t bits = ck_bits_of_float(value), exponent = bits >> 23 & 0xff, fraction = bits & 0x7fffff;
    if (exponent == 0xff) return 0xff;
    int rounds_up = rounding == 0 ? fraction != 0
                  : rounding == 1 ? 0
                                  : fraction > 0x400000 || (fraction == 0x400000 && exponent > 0);
    if (rounds_up && !(saturates && exponent == 0xfe)) exponent++;
    return (uint8_t)exponent;
}

#endif
