// Sums and products of bytes as binary.c has them, 16 at a time.
#if defined(__x86_64__)

#include "../declarations.h"
#include "../numeric/fixed_point.h"
#include "../numeric/store_bytes.h"
#include "halves.h"
#include "../numeric/target.h"

#include <immintrin.h>
#include <string.h>

CK_BEGIN_AVX2

// 16 numbers of 32 bits in the order in which 16-bit ones are unpacked: 0 to 3 and 8 to 11, 4 to 7 and 12 to 15.
typedef struct {
    __m256i low, high;
} numbers;

// x · 2^left · multiplier · 2^-31, rounded, then · 2^-right, rounded.
typedef struct {
    __m256i multiplier;
    __m128i left, rest;
    int rounds_twice;
} rescaling;

CK_INLINE rescaling rescaling_of(const ck_fixed_point *by) {
    return (rescaling){
        _mm256_set1_epi64x(by->multiplier), _mm_cvtsi32_si128(by->left), _mm_cvtsi32_si128(by->right - 1),
        by->right > 0};
}

// x / 2^n, ties away from zero: ⌊(⌊(x − [x < 0]) / 2^(n−1)⌋ + 1) / 2⌋.
CK_INLINE __m256i rounded_second(__m256i x, __m128i rest) {
    x = _mm256_sra_epi32(_mm256_add_epi32(x, _mm256_srai_epi32(x, 31)), rest);
    return _mm256_srai_epi32(_mm256_add_epi32(x, _mm256_set1_epi32(1)), 1);
}

CK_INLINE __m256i rescaled_8(__m256i x, const rescaling *by) {
    const __m256i half = _mm256_set1_epi64x(1 << 30);
    x = _mm256_sll_epi32(x, by->left);
    __m256i even = _mm256_mul_epi32(x, by->multiplier);
    __m256i odd = _mm256_mul_epi32(_mm256_srli_epi64(x, 32), by->multiplier);
    even = _mm256_srli_epi64(_mm256_add_epi64(even, half), 31);
    odd = _mm256_slli_epi64(_mm256_add_epi64(odd, half), 1);
    x = _mm256_blend_epi32(even, odd, 0xaa);
    return by->rounds_twice ? rounded_second(x, by->rest) : x;
}

CK_INLINE numbers rescaled(numbers x, const rescaling *by) {
    return (numbers){rescaled_8(x.low, by), rescaled_8(x.high, by)};
}

// An operand x of a sum, 20 bits finer, times m · 2^-31, rounded twice, n bits to the right by the second rounding:
//
//     ⌊(⌊(x · m + 2¹⁰) / 2¹¹⌋ + 2^(n−1) − [x < 0]) / 2ⁿ⌋ = ⌊(x · m + 2¹⁰ + 2^(10+n) − [x < 0] · 2¹¹) / 2^(11+n)⌋
//
// with m = high · 2^(11+n) + low. Where 11 + n is at most 15, one product of pairs makes x · low − [x < 0] · 2¹¹ of x, whose
// upper half is −[x < 0]. Otherwise the roundings follow each other, with m = high · 2^11 + low. Nothing overflows.
typedef struct {
    __m256i zero_point, high, low, offset;
    __m128i shift, rest;
    int is_narrow;
    // m is 1/2, as of the operand with the larger scale, and the term is x · 2¹⁹.
    int is_half;
} term;

CK_INLINE term term_of(const ck_fixed_point *by) {
    int is_narrow = by->right <= 4, right = is_narrow ? by->right : 0, shift = 11 + right;
    int32_t below = right > 0 ? 1 << 11 : 0, low = by->multiplier & ((1 << shift) - 1);
    return (term){
        .zero_point = _mm256_set1_epi16((short)by->zero_point),
        .high = _mm256_set1_epi32(by->multiplier >> shift),
        .low = _mm256_set1_epi32(below << 16 | low),
        .offset = _mm256_set1_epi32((1 << 10) + (right > 0 ? 1 << (10 + right) : 0)),
        .shift = _mm_cvtsi32_si128(shift),
        .rest = _mm_cvtsi32_si128(by->right - 1),
        .is_narrow = is_narrow,
        .is_half = by->multiplier == 1 << 30 && by->right == 0,
    };
}

CK_INLINE __m256i scaled_term_8(__m256i x, const term *by) {
    __m256i rest = _mm256_add_epi32(_mm256_madd_epi16(x, by->low), by->offset);
    x = _mm256_add_epi32(_mm256_mullo_epi32(x, by->high), _mm256_sra_epi32(rest, by->shift));
    return by->is_narrow ? x : rounded_second(x, by->rest);
}

// The terms of 16-bit numbers.
CK_INLINE numbers scaled_term(__m256i x, const term *by, int is_half) {
    x = _mm256_sub_epi16(x, by->zero_point);
    if (is_half) {
        const __m256i none = _mm256_setzero_si256();
        x = _mm256_slli_epi16(x, 3);
        return (numbers){_mm256_unpacklo_epi16(none, x), _mm256_unpackhi_epi16(none, x)};
    }
    __m256i sign = _mm256_srai_epi16(x, 15);
    return (numbers){
        scaled_term_8(_mm256_unpacklo_epi16(x, sign), by), scaled_term_8(_mm256_unpackhi_epi16(x, sign), by)};
}

CK_INLINE numbers product(__m256i a, __m256i b) {
    __m256i lower = _mm256_mullo_epi16(a, b), upper = _mm256_mulhi_epi16(a, b);
    return (numbers){_mm256_unpacklo_epi16(lower, upper), _mm256_unpackhi_epi16(lower, upper)};
}

// Weights of pairs (a, b), in halves of which the lower has 15 bits.
typedef struct {
    __m256i upper, lower, a, b, offset;
    __m128i shift;
    int is_narrow;
} weights;

static weights weights_of(const ck_quantized_binary *p) {
    int32_t a = p->a.multiplier, b = p->b.multiplier, limit = 1 << 30;
    return (weights){
        .upper = _mm256_set1_epi32((int32_t)((uint32_t)(b >> 15) << 16 | (uint16_t)(a >> 15))),
        .lower = _mm256_set1_epi32((b & INT16_MAX) << 16 | (a & INT16_MAX)),
        .a = _mm256_set1_epi32(a),
        .b = _mm256_set1_epi32(b),
        .offset = _mm256_set1_epi32(p->offset),
        .shift = _mm_cvtsi32_si128(p->shift),
        .is_narrow = a < limit && a >= -limit && b < limit && b >= -limit,
    };
}

CK_INLINE __m256i weighted_8(__m256i pairs, const weights *by) {
    __m256i upper, lower;
    if (by->is_narrow) {
        upper = _mm256_slli_epi32(_mm256_madd_epi16(pairs, by->upper), 15);
        lower = _mm256_madd_epi16(pairs, by->lower);
    } else {
        upper = _mm256_mullo_epi32(_mm256_srai_epi32(pairs, 16), by->b);
        lower = _mm256_mullo_epi32(_mm256_srai_epi32(_mm256_slli_epi32(pairs, 16), 16), by->a);
    }
    return _mm256_sra_epi32(_mm256_add_epi32(_mm256_add_epi32(upper, lower), by->offset), by->shift);
}

// What all elements share.
typedef struct {
    term a, b;
    weights weights;
    // `above` and `below`: of a parametric ReLU, for a at or above its zero point, and below.
    rescaling y, above, below;
    __m256i zero_point;
    __m128i minimum, maximum;
    __m256 factor, least, most;
} shared;

static shared shared_of(const ck_quantized_binary *p, int is_signed) {
    (void)is_signed;
    return (shared){
        .a = term_of(&p->a),
        .b = term_of(&p->b),
        .weights = weights_of(p),
        .y = rescaling_of(&p->y),
        .above = rescaling_of(&p->a),
        .below = rescaling_of(&p->b),
        .zero_point = _mm256_set1_epi32(p->y.zero_point),
        .minimum = _mm_set1_epi8((char)p->minimum),
        .maximum = _mm_set1_epi8((char)p->maximum),
        .factor = _mm256_set1_ps(p->factor),
        .least = _mm256_set1_ps((float)(p->minimum - p->y.zero_point)),
        .most = _mm256_set1_ps((float)(p->maximum - p->y.zero_point)),
    };
}

CK_INLINE __m256i scaled_8(__m256i x, const shared *s) {
    __m256 value = _mm256_mul_ps(_mm256_cvtepi32_ps(x), s->factor);
    return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_max_ps(value, s->least), s->most));
}

// x, or below zero its product with the slope, each on the result's scale.
CK_INLINE __m256i parametric_8(__m256i x, __m256i below, const shared *s) {
    return _mm256_blendv_epi8(rescaled_8(x, &s->above), rescaled_8(below, &s->below), _mm256_srai_epi32(x, 31));
}

// 16 results less their zero point.
CK_INLINE numbers result(
    __m256i a, __m256i b, const shared *s, const ck_quantized_operator operation, const halves halves) {
    switch (operation) {
    case CK_QUANTIZED_ADD:
    case CK_QUANTIZED_SUBTRACT: {
        numbers first = scaled_term(a, &s->a, halves == FIRST_HALF);
        numbers second = scaled_term(b, &s->b, halves == SECOND_HALF);
        if (operation == CK_QUANTIZED_ADD)
            first = (numbers){_mm256_add_epi32(first.low, second.low), _mm256_add_epi32(first.high, second.high)};
        else first = (numbers){_mm256_sub_epi32(first.low, second.low), _mm256_sub_epi32(first.high, second.high)};
        return (numbers){rescaled_8(first.low, &s->y), rescaled_8(first.high, &s->y)};
    }
    case CK_QUANTIZED_WEIGHTED_SUM:
        return (numbers){
            weighted_8(_mm256_unpacklo_epi16(a, b), &s->weights), weighted_8(_mm256_unpackhi_epi16(a, b), &s->weights)};
    case CK_QUANTIZED_PRELU: {
        a = _mm256_sub_epi16(a, s->a.zero_point);
        numbers below = product(a, _mm256_sub_epi16(b, s->b.zero_point));
        __m256i sign = _mm256_srai_epi16(a, 15);
        return (numbers){
            parametric_8(_mm256_unpacklo_epi16(a, sign), below.low, s),
            parametric_8(_mm256_unpackhi_epi16(a, sign), below.high, s)};
    }
    default: {
        numbers x = product(_mm256_sub_epi16(a, s->a.zero_point), _mm256_sub_epi16(b, s->b.zero_point));
        if (operation == CK_QUANTIZED_MULTIPLY) return (numbers){rescaled_8(x.low, &s->y), rescaled_8(x.high, &s->y)};
        return (numbers){scaled_8(x.low, s), scaled_8(x.high, s)};
    }
    }
}

CK_INLINE __m256i load_16(const uint8_t *x, int is_signed) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)x);
    return is_signed ? _mm256_cvtepi8_epi16(bytes) : _mm256_cvtepu8_epi16(bytes);
}

CK_INLINE __m128i bytes_of(numbers x, const shared *s, int is_signed) {
    x.low = _mm256_add_epi32(x.low, s->zero_point);
    x.high = _mm256_add_epi32(x.high, s->zero_point);
    __m256i words = _mm256_packs_epi32(x.low, x.high);
    __m128i first = _mm256_castsi256_si128(words), second = _mm256_extracti128_si256(words, 1);
    if (is_signed) return _mm_min_epi8(_mm_max_epi8(_mm_packs_epi16(first, second), s->minimum), s->maximum);
    return _mm_min_epu8(_mm_max_epu8(_mm_packus_epi16(first, second), s->minimum), s->maximum);
}

// `length` elements; reads whole vectors.
CK_INLINE void run(
    const shared *s, const uint8_t *a, const uint8_t *b, uint8_t *y, ptrdiff_t length, int is_signed,
    const ck_quantized_operator operation, const halves halves) {
    for (ptrdiff_t i = 0; i < length; i += 16) {
        numbers x = result(load_16(a + i, is_signed), load_16(b + i, is_signed), s, operation, halves);
        __m128i bytes = bytes_of(x, s, is_signed);
        if (length - i >= 16) {
            _mm_storeu_si128((__m128i *)(y + i), bytes);
        } else {
            int8_t copy[16];
            _mm_storeu_si128((__m128i *)copy, bytes);
            ck_store_part((int8_t *)y + i, copy, length - i);
        }
    }
}

#define CK_NAME(name) name##_avx2
#include "binary_body.h"

CK_END_TARGET

#endif
