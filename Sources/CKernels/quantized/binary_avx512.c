// Sums and products of bytes as binary.c has them, 64 at a time.
#if defined(__x86_64__)

#include "../declarations.h"
#include "../numeric/fixed_point.h"
#include "halves.h"
#include "../numeric/target.h"

#include <immintrin.h>
#include <string.h>

CK_BEGIN_AVX512

#include "../numeric/rescale_avx512.h"

// An operand x of a sum, 20 bits finer, times m · 2^-31, rounded twice, n bits to the right by the second rounding:
//
//     ⌊(⌊(x · m + 2¹⁰) / 2¹¹⌋ + 2^(n−1) − [x < 0]) / 2ⁿ⌋ = ⌊(x · m + 2¹⁰ + 2^(10+n) − [x < 0] · 2¹¹) / 2^(11+n)⌋
//
// in two parts of m = high · 2^(11+n) + low that do not overflow. Without a second rounding its terms are missing.
typedef struct {
    __m512i zero_point, high, low, offset, below;
    // `low` of 15 bits and `below`, by which the halves of x are multiplied: the upper one is −[x < 0].
    __m512i pair;
    __m128i shift;
    int is_narrow;
    // m is 1/2, as of the operand with the larger scale, and the sum is x · 2¹⁹.
    int is_half;
} term;

static term term_of(const ck_fixed_point *by) {
    int shift = 11 + by->right;
    int32_t offset = (1 << 10) + (by->right > 0 ? 1 << (10 + by->right) : 0), below = by->right > 0 ? 1 << 11 : 0;
    int32_t low = by->multiplier & ((1 << shift) - 1);
    term t = {
        .zero_point = _mm512_set1_epi32(by->zero_point),
        .high = _mm512_set1_epi32(by->multiplier >> shift),
        .low = _mm512_set1_epi32(low),
        .offset = _mm512_set1_epi32(offset),
        .below = _mm512_set1_epi32(below),
        .pair = _mm512_set1_epi32(below << 16 | (low & INT16_MAX)),
        .shift = _mm_cvtsi32_si128(shift),
        .is_narrow = shift <= 15,
        .is_half = by->multiplier == 1 << 30 && by->right == 0,
    };
    return t;
}

CK_INLINE __m512i scaled_term(__m512i x, const term *by, int is_half) {
    x = _mm512_sub_epi32(x, by->zero_point);
    if (is_half) return _mm512_slli_epi32(x, 19);
    __m512i rest;
    if (by->is_narrow) {
        rest = _mm512_dpwssd_epi32(by->offset, x, by->pair);
    } else {
        rest = _mm512_add_epi32(_mm512_mullo_epi32(x, by->low), by->offset);
        rest = _mm512_mask_sub_epi32(rest, _mm512_movepi32_mask(x), rest, by->below);
    }
    return _mm512_add_epi32(_mm512_mullo_epi32(x, by->high), _mm512_sra_epi32(rest, by->shift));
}

// What all elements share.
typedef struct {
    term a, b;
    ck_rescaling y;
    // Of a parametric ReLU, for a at or above its zero point, and below.
    ck_rescaling above, below;
    __m512i zero_point, minimum, maximum, flip, order;
    __m512i a_point, b_point, a_weight, b_weight, offset;
    __m128i finer;
    __m512 factor;
} shared;

static shared shared_of(const ck_quantized_binary *p, int is_signed) {
    // Unsigned bytes are computed less 128 in the end.
    int32_t less = is_signed ? 0 : 128;
    shared s = {
        .y = ck_rescaling_of(&p->y),
        .zero_point = _mm512_set1_epi16((short)(p->y.zero_point - less)),
        .minimum = _mm512_set1_epi8((char)(p->minimum - less)),
        .maximum = _mm512_set1_epi8((char)(p->maximum - less)),
        .flip = _mm512_set1_epi8((char)less),
        .order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15),
        .a_point = _mm512_set1_epi32(p->a.zero_point),
        .b_point = _mm512_set1_epi32(p->b.zero_point),
        .a_weight = _mm512_set1_epi32(p->a.multiplier),
        .b_weight = _mm512_set1_epi32(p->b.multiplier),
        .offset = _mm512_set1_epi32(p->offset),
        .finer = _mm_cvtsi32_si128(p->shift),
        .factor = _mm512_set1_ps(p->factor),
    };
    if (p->operation == CK_QUANTIZED_ADD || p->operation == CK_QUANTIZED_SUBTRACT) {
        s.a = term_of(&p->a);
        s.b = term_of(&p->b);
    }
    if (p->operation == CK_QUANTIZED_PRELU) {
        s.above = ck_rescaling_of(&p->a);
        s.below = ck_rescaling_of(&p->b);
    }
    return s;
}

// 16 results less their zero point.
CK_INLINE __m512i result(
    __m512i a, __m512i b, const shared *s, const ck_quantized_operator operation, const halves halves) {
    switch (operation) {
    case CK_QUANTIZED_ADD:
    case CK_QUANTIZED_SUBTRACT: {
        __m512i first = scaled_term(a, &s->a, halves == FIRST_HALF);
        __m512i second = scaled_term(b, &s->b, halves == SECOND_HALF);
        int is_sum = operation == CK_QUANTIZED_ADD;
        return ck_rescale_16(
            is_sum ? _mm512_add_epi32(first, second) : _mm512_sub_epi32(first, second), &s->y);
    }
    case CK_QUANTIZED_WEIGHTED_SUM: {
        __m512i sum = _mm512_add_epi32(_mm512_mullo_epi32(a, s->a_weight), _mm512_mullo_epi32(b, s->b_weight));
        return _mm512_sra_epi32(_mm512_add_epi32(s->offset, sum), s->finer);
    }
    case CK_QUANTIZED_PRELU: {
        __m512i x = _mm512_sub_epi32(a, s->a_point);
        __m512i below = ck_rescale_16(_mm512_mullo_epi32(x, _mm512_sub_epi32(b, s->b_point)), &s->below);
        return _mm512_mask_mov_epi32(ck_rescale_16(x, &s->above), _mm512_movepi32_mask(x), below);
    }
    default: {
        __m512i product = _mm512_mullo_epi32(_mm512_sub_epi32(a, s->a_point), _mm512_sub_epi32(b, s->b_point));
        if (operation == CK_QUANTIZED_MULTIPLY) return ck_rescale_16(product, &s->y);
        return _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_cvtepi32_ps(product), s->factor));
    }
    }
}

CK_INLINE __m512i load_16(const uint8_t *x, int is_signed) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)x);
    return is_signed ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes);
}

// `length` elements; reads whole vectors.
CK_INLINE void run(
    const shared *s, const uint8_t *a, const uint8_t *b, uint8_t *y, ptrdiff_t length, int is_signed,
    const ck_quantized_operator operation, const halves halves) {
    for (ptrdiff_t i = 0; i < length; i += 64) {
        __m512i v[4];
#pragma clang loop unroll(full)
        for (int k = 0; k < 4; k++)
            v[k] = result(
                load_16(a + i + 16 * k, is_signed), load_16(b + i + 16 * k, is_signed), s, operation, halves);
        __m512i low = _mm512_adds_epi16(_mm512_packs_epi32(v[0], v[1]), s->zero_point);
        __m512i high = _mm512_adds_epi16(_mm512_packs_epi32(v[2], v[3]), s->zero_point);
        __m512i bytes = _mm512_packs_epi16(low, high);
        bytes = _mm512_min_epi8(_mm512_max_epi8(bytes, s->minimum), s->maximum);
        bytes = _mm512_permutexvar_epi32(s->order, _mm512_xor_si512(bytes, s->flip));
        if (length - i >= 64) _mm512_storeu_si512(y + i, bytes);
        else _mm512_mask_storeu_epi8(y + i, ((__mmask64)1 << (length - i)) - 1, bytes);
    }
}

#define CK_NAME(name) name##_avx512
#include "binary_body.h"

CK_END_TARGET

#endif
