// LiteRT's fixed-point product of fixed_point.h, 16 at a time, by one factor for all lanes.
#ifndef CK_RESCALE_AVX512_H
#define CK_RESCALE_AVX512_H

#include "ckernels.h"
#include "fixed_point.h"

#include <immintrin.h>

// A ck_fixed_point in all lanes.
typedef struct {
    __m512i multiplier, half;
    __m128i left, right;
    int shifts_left, rounds_twice;
} ck_rescaling;

CK_INLINE ck_rescaling ck_rescaling_of(const ck_fixed_point *by) {
    ck_rescaling r = {
        _mm512_set1_epi64(by->multiplier), _mm512_set1_epi32(by->right > 0 ? 1 << (by->right - 1) : 0),
        _mm_cvtsi32_si128(by->left), _mm_cvtsi32_si128(by->right), by->left > 0, by->right > 0};
    return r;
}

// Of magnitudes below 2³⁰ where there is a second rounding. Its ties go away from zero:
// ⌊(x + 2^(n−1) − [x < 0]) / 2ⁿ⌋.
CK_INLINE __m512i ck_rescale_16(__m512i x, const ck_rescaling *by) {
    const __m512i half = _mm512_set1_epi64(1 << 30);
    if (by->shifts_left) x = _mm512_sll_epi32(x, by->left);
    __m512i even = _mm512_mul_epi32(x, by->multiplier);
    __m512i odd = _mm512_mul_epi32(_mm512_srli_epi64(x, 32), by->multiplier);
    even = _mm512_srli_epi64(_mm512_add_epi64(even, half), 31);
    odd = _mm512_slli_epi64(_mm512_add_epi64(odd, half), 1);
    x = _mm512_mask_blend_epi32(0xaaaa, even, odd);
    if (!by->rounds_twice) return x;
    x = _mm512_add_epi32(x, _mm512_srai_epi32(x, 31));
    return _mm512_sra_epi32(_mm512_add_epi32(x, by->half), by->right);
}

#endif
