#ifndef CK_INTERLEAVE_256_H
#define CK_INTERLEAVE_256_H

#include "interleave_16.h"

// 32 lanes at a time; returns how many lanes that were.
CK_INLINE ptrdiff_t interleave_many(
    const uint8_t *const *rows, const ptrdiff_t *moves, uint8_t flip, ptrdiff_t lanes, uint8_t *y) {
    ptrdiff_t at = 0;
    __m256i flips = _mm256_set1_epi8((char)flip);
    for (; at + 32 <= lanes; at += 32) {
        __m256i r[4];
        for (int i = 0; i < 4; i++)
            r[i] = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(rows[i] + (at & moves[i]))), flips);
        __m256i a = _mm256_unpacklo_epi8(r[0], r[1]), b = _mm256_unpackhi_epi8(r[0], r[1]);
        __m256i c = _mm256_unpacklo_epi8(r[2], r[3]), d = _mm256_unpackhi_epi8(r[2], r[3]);
        __m256i e = _mm256_unpacklo_epi16(a, c), f = _mm256_unpackhi_epi16(a, c);
        __m256i g = _mm256_unpacklo_epi16(b, d), h = _mm256_unpackhi_epi16(b, d);
        // Lanes 0–3, 4–7, 8–11 and 12–15 of each 16 are in e, f, g and h.
        __m256i *to = (__m256i *)(y + at * 4);
        _mm256_storeu_si256(to, _mm256_permute2x128_si256(e, f, 0x20));
        _mm256_storeu_si256(to + 1, _mm256_permute2x128_si256(g, h, 0x20));
        _mm256_storeu_si256(to + 2, _mm256_permute2x128_si256(e, f, 0x31));
        _mm256_storeu_si256(to + 3, _mm256_permute2x128_si256(g, h, 0x31));
    }
    return at;
}

#endif
