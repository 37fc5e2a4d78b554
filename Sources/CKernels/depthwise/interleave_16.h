#ifndef CK_INTERLEAVE_16_H
#define CK_INTERLEAVE_16_H

#include "../numeric/fixed_point.h"

#include <immintrin.h>
#include <stddef.h>

// 16 lanes of four rows.
CK_INLINE void interleave_16(
    const uint8_t *const *rows, ptrdiff_t at, const ptrdiff_t *moves, uint8_t flip, uint8_t *y) {
    __m128i r[4], flips = _mm_set1_epi8((char)flip);
    for (int i = 0; i < 4; i++)
        r[i] = _mm_xor_si128(_mm_loadu_si128((const __m128i *)(rows[i] + (at & moves[i]))), flips);
    __m128i a = _mm_unpacklo_epi8(r[0], r[1]), b = _mm_unpackhi_epi8(r[0], r[1]);
    __m128i c = _mm_unpacklo_epi8(r[2], r[3]), d = _mm_unpackhi_epi8(r[2], r[3]);
    _mm_storeu_si128((__m128i *)y, _mm_unpacklo_epi16(a, c));
    _mm_storeu_si128((__m128i *)(y + 16), _mm_unpackhi_epi16(a, c));
    _mm_storeu_si128((__m128i *)(y + 32), _mm_unpacklo_epi16(b, d));
    _mm_storeu_si128((__m128i *)(y + 48), _mm_unpackhi_epi16(b, d));
}

#endif
