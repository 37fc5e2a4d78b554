#if defined(__x86_64__)

#include "../declarations.h"
#include "columns.h"
#include "interleaved.h"
#include "../numeric/target.h"

#include <immintrin.h>
#include <string.h>

CK_BEGIN_AVX512

#include "../numeric/requantize_avx512.h"
#include "interleave_16.h"

CK_INLINE ptrdiff_t interleave_many(
    const uint8_t *const *rows, const ptrdiff_t *moves, uint8_t flip, ptrdiff_t lanes, uint8_t *y) {
    ptrdiff_t at = 0;
    __m512i flips = _mm512_set1_epi8((char)flip);
    for (; at + 64 <= lanes; at += 64) {
        __m512i r[4];
        for (int i = 0; i < 4; i++)
            r[i] = _mm512_xor_si512(_mm512_loadu_si512(rows[i] + (at & moves[i])), flips);
        __m512i a = _mm512_unpacklo_epi8(r[0], r[1]), b = _mm512_unpackhi_epi8(r[0], r[1]);
        __m512i c = _mm512_unpacklo_epi8(r[2], r[3]), d = _mm512_unpackhi_epi8(r[2], r[3]);
        __m512i e = _mm512_unpacklo_epi16(a, c), f = _mm512_unpackhi_epi16(a, c);
        __m512i g = _mm512_unpacklo_epi16(b, d), h = _mm512_unpackhi_epi16(b, d);
        // Lanes 0–3, 4–7, 8–11 and 12–15 of each 16 are in e, f, g and h.
        __m512i i = _mm512_shuffle_i32x4(e, f, 0x44), j = _mm512_shuffle_i32x4(e, f, 0xee);
        __m512i k = _mm512_shuffle_i32x4(g, h, 0x44), l = _mm512_shuffle_i32x4(g, h, 0xee);
        _mm512_storeu_si512(y + at * 4, _mm512_shuffle_i32x4(i, k, 0x88));
        _mm512_storeu_si512(y + at * 4 + 64, _mm512_shuffle_i32x4(i, k, 0xdd));
        _mm512_storeu_si512(y + at * 4 + 128, _mm512_shuffle_i32x4(j, l, 0x88));
        _mm512_storeu_si512(y + at * 4 + 192, _mm512_shuffle_i32x4(j, l, 0xdd));
    }
    return at;
}

CK_INLINE void accumulate(
    const ck_depthwise_plan *plan, ck_sums *sums, const uint8_t *from, ptrdiff_t next, const int8_t *w,
    const int vectors, const int rows) {
    for (ptrdiff_t step = 0; step < plan->steps; step++, w += 64 * rows) {
        const uint8_t *at = from + plan->offsets[step];
#pragma clang loop unroll(full)
        for (int q = 0; q < vectors; q++) {
            __m512i x = _mm512_loadu_si512(at + q * next);
#pragma clang loop unroll(full)
            for (int j = 0; j < rows; j++)
                sums[j * vectors + q] =
                    _mm512_dpbusd_epi32(sums[j * vectors + q], x, _mm512_loadu_si512(w + j * 64));
        }
    }
}

#define CK_VECTORS(rows) 4
#define CK_COLUMNS_KERNEL ck_depthwise_columns_avx512
#define CK_DIRECT ck_depthwise_direct_avx2
#define CK_DIRECT_HYBRID ck_depthwise_hybrid_direct_avx2
#define CK_NAME(name) name##_avx512
#include "interleaved_body.h"

CK_END_TARGET

#endif
