#include "../declarations.h"
#include "../numeric/target.h"

#include "../numeric/fixed_point.h"
#include "../numeric/wide_lanes.h"

// What passes do with weights, in vectors that every instruction set splits as it can. All of them add up in the same order,
// so that they give the same sums.
typedef double lanes_d __attribute__((vector_size(128), aligned(8)));
typedef int8_t lanes_b __attribute__((vector_size(16), aligned(1)));

// A fused multiply-add would round once where the integers' real numbers are rounded twice.
#pragma STDC FP_CONTRACT OFF

// Beside 1.5 * 2^23 a float has no room for a fraction: the sum is rounded to the nearest even, and its low bits are the
// integer's.
#define ROUNDING 0x1.8p23f

typedef struct {
    const float *values, *scales, *zero_points;
    float *largest, *results;
    int8_t *integers;
} operands;

typedef void part_body(const operands *o, ptrdiff_t at, ptrdiff_t channel, ptrdiff_t count, int each);

#define magnitudes(values) ((lanes_f)((lanes_i)(values) & 0x7FFFFFFF))
CK_INLINE float magnitude(float value) { return __builtin_fabsf(value); }

CK_INLINE int8_t integer(float quotient) {
    union {
        float real;
        uint32_t bits;
    } sum;
    float number = quotient == quotient ? quotient : 0;
    sum.real = (number < -127 ? -127 : number > 127 ? 127 : number) + ROUNDING;
    return (int8_t)(uint8_t)sum.bits;
}

#define CK_BODY "../weights/body.h"
#include "../numeric/variants.h"

void ck_channel_magnitudes(
    ck_isa isa, const ck_channels *layout, ptrdiff_t first, ptrdiff_t count, const float *values, float *largest) {
    CK_CALL(ck_channel_magnitudes, layout, first, count, values, largest);
}

void ck_channel_integers(
    ck_isa isa, const ck_channels *layout, ptrdiff_t first, ptrdiff_t count, const float *values, const float *scales,
    int8_t *integers) {
    CK_CALL(ck_channel_integers, layout, first, count, values, scales, integers);
}

void ck_channel_reals(
    ck_isa isa, const ck_channels *layout, ptrdiff_t first, ptrdiff_t count, const int8_t *integers,
    const float *zero_points, const float *scales, float *values) {
    CK_CALL(ck_channel_reals, layout, first, count, integers, zero_points, scales, values);
}

void ck_channel_products(
    ck_isa isa, const ck_channels *layout, ptrdiff_t first, ptrdiff_t count, const float *values, const float *factors,
    float *products) {
    CK_CALL(ck_channel_products, layout, first, count, values, factors, products);
}

ptrdiff_t ck_count_zeros(ck_isa isa, const float *values, ptrdiff_t count) {
    return CK_CALL(ck_count_zeros, values, count);
}

void ck_add_errors(
    ck_isa isa, const float *original, const float *changed, ptrdiff_t count, double *signal, double *noise) {
    CK_CALL(ck_add_errors, original, changed, count, signal, noise);
}
