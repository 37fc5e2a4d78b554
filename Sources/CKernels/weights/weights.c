#include "../declarations.h"
#include "../numeric/target.h"

#include "../numeric/fixed_point.h"

// What passes do with weights, in vectors that every instruction set splits as it can. All of them add up in the same order,
// so that they give the same sums.
typedef float lanes_f __attribute__((vector_size(64), aligned(4)));
typedef int32_t lanes_i __attribute__((vector_size(64), aligned(4)));
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

// Of a number and one that may be none, the number.
#if __has_builtin(__builtin_elementwise_min)
#define lesser(a, b) __builtin_elementwise_min(a, b)
#define greater(a, b) __builtin_elementwise_max(a, b)
#else
static inline lanes_f lesser(lanes_f a, lanes_f b) {
    for (int i = 0; i < 16; i++) a[i] = b[i] < a[i] ? b[i] : a[i];
    return a;
}
static inline lanes_f greater(lanes_f a, lanes_f b) {
    for (int i = 0; i < 16; i++) a[i] = b[i] > a[i] ? b[i] : a[i];
    return a;
}
#endif

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

#define CK_NAME(name) name##_portable
#include "body.h"
#undef CK_NAME

#if defined(__x86_64__)
CK_BEGIN_AVX2
#define CK_NAME(name) name##_avx2
#include "body.h"
#undef CK_NAME
CK_END_TARGET

CK_BEGIN_AVX512
#define CK_NAME(name) name##_avx512
#include "body.h"
#undef CK_NAME
CK_END_TARGET

#define CALL(name, ...) \
    (isa == CK_ISA_AVX512     ? name##_avx512(__VA_ARGS__) \
        : isa >= CK_ISA_AVX2 ? name##_avx2(__VA_ARGS__) \
                              : name##_portable(__VA_ARGS__))
#else
#define CALL(name, ...) ((void)isa, name##_portable(__VA_ARGS__))
#endif

void ck_channel_magnitudes(
    ck_isa isa, const ck_channels *layout, ptrdiff_t first, ptrdiff_t count, const float *values, float *largest) {
    CALL(ck_channel_magnitudes, layout, first, count, values, largest);
}

void ck_channel_integers(
    ck_isa isa, const ck_channels *layout, ptrdiff_t first, ptrdiff_t count, const float *values, const float *scales,
    int8_t *integers) {
    CALL(ck_channel_integers, layout, first, count, values, scales, integers);
}

void ck_channel_reals(
    ck_isa isa, const ck_channels *layout, ptrdiff_t first, ptrdiff_t count, const int8_t *integers,
    const float *zero_points, const float *scales, float *values) {
    CALL(ck_channel_reals, layout, first, count, integers, zero_points, scales, values);
}

void ck_channel_products(
    ck_isa isa, const ck_channels *layout, ptrdiff_t first, ptrdiff_t count, const float *values, const float *factors,
    float *products) {
    CALL(ck_channel_products, layout, first, count, values, factors, products);
}

ptrdiff_t ck_count_zeros(ck_isa isa, const float *values, ptrdiff_t count) {
    return CALL(ck_count_zeros, values, count);
}

void ck_add_errors(
    ck_isa isa, const float *original, const float *changed, ptrdiff_t count, double *signal, double *noise) {
    CALL(ck_add_errors, original, changed, count, signal, noise);
}
