#if defined(__x86_64__)

#include "gemm.h"
#include "../numeric/target.h"

#include <immintrin.h>
#include <string.h>

CK_BEGIN_AVX512

#include "../numeric/requantize_avx512.h"

#define CK_LINE_ROWS 8

CK_INLINE void multiply_flipped(
    const ck_gemm *g, ck_sums *sums, const uint8_t *x, const ptrdiff_t *offsets, const int8_t *w,
    ptrdiff_t block_size, const int8_t *ahead, const int rows, const int blocks, const int is_flipped) {
    const __m512i flip = _mm512_set1_epi8((char)g->flip);
    ptrdiff_t x_step = g->x_step;
    for (ptrdiff_t k = 0; k < g->steps; k++, w += 64, ahead += 64, x += 4) {
        if (rows > 1) _mm_prefetch((const char *)ahead, _MM_HINT_T1);
        __m512i weights[8];
#pragma clang loop unroll(full)
        for (int b = 0; b < blocks; b++) weights[b] = _mm512_loadu_si512(w + b * block_size);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            int32_t four;
            memcpy(&four, x + (rows <= CK_LINE_ROWS ? offsets[r] : r * x_step), 4);
            __m512i values = _mm512_set1_epi32(four);
            if (is_flipped) values = _mm512_xor_si512(values, flip);
#pragma clang loop unroll(full)
            for (int b = 0; b < blocks; b++)
                sums[r * blocks + b] = _mm512_dpbusd_epi32(sums[r * blocks + b], values, weights[b]);
        }
    }
}

CK_INLINE void multiply(
    const ck_gemm *g, ck_sums *sums, const uint8_t *x, const ptrdiff_t *offsets, const int8_t *w,
    ptrdiff_t block_size, const int8_t *ahead, const int rows, const int blocks) {
    if (g->flip) multiply_flipped(g, sums, x, offsets, w, block_size, ahead, rows, blocks, 1);
    else multiply_flipped(g, sums, x, offsets, w, block_size, ahead, rows, blocks, 0);
}

// The products of one block, and of the first half of the block behind it, where two rows share the sums.
CK_INLINE void multiply_halves(
    const ck_gemm *g, ck_sums *sums, ck_sums *halves, const uint8_t *x, const int8_t *w, const int rows) {
    const __m512i flip = _mm512_set1_epi8((char)g->flip);
    const int8_t *half = w + g->steps * 64;
    ptrdiff_t x_step = g->x_step;
    for (ptrdiff_t k = 0; k < g->steps; k++, w += 64, half += 64, x += 4) {
        __m512i weights = _mm512_loadu_si512(w);
        __m512i half_weights = _mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i *)half));
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r += 2) {
            int32_t four[2];
            memcpy(four, x + r * x_step, 4);
            memcpy(four + 1, x + (r + 1) * x_step, 4);
            __m512i first = _mm512_xor_si512(_mm512_set1_epi32(four[0]), flip);
            __m512i second = _mm512_xor_si512(_mm512_set1_epi32(four[1]), flip);
            __m512i both = _mm512_mask_blend_epi32(0xff00, first, second);
            sums[r] = _mm512_dpbusd_epi32(sums[r], first, weights);
            sums[r + 1] = _mm512_dpbusd_epi32(sums[r + 1], second, weights);
            halves[r / 2] = _mm512_dpbusd_epi32(halves[r / 2], both, half_weights);
        }
    }
}

// Two vectors of results and one of halves for both as bytes: 16 and 8 of the first, 8 that are not used, the second's.
CK_INLINE __m512i ck_packed_halves(
    __m512i a, __m512i b, __m512i halves, const ck_common_output *common, ck_rounding rounding) {
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 2, 6, 2, 6, 1, 5, 9, 13, 10, 14, 10, 14);
    return _mm512_permutexvar_epi32(order, ck_packed_quarters(a, b, halves, halves, common, rounding));
}

#define CK_DEPTH 4
#define CK_TILE_ROWS 16
#define CK_TILE_BLOCKS 8
#define CK_FULL_TURNS
#define CK_TILE_TURN(rows) ((rows) == 1 ? 8 : 4)
#define CK_TILES_MANY(do, rounding)                                                                             \
    do(16, 0, rounding) do(12, 0, rounding) do(8, 0, rounding) do(4, 0, rounding) do(2, 0, rounding)            \
    do(16, 1, rounding) do(12, 1, rounding) do(8, 1, rounding) do(4, 1, rounding) do(2, 1, rounding)            \
    do(12, 2, rounding) do(8, 2, rounding) do(6, 2, rounding) do(4, 2, rounding) do(2, 2, rounding)             \
    do(8, 3, rounding) do(6, 3, rounding) do(4, 3, rounding) do(2, 3, rounding)                                 \
    do(6, 4, rounding) do(5, 4, rounding) do(4, 4, rounding) do(3, 4, rounding) do(2, 4, rounding)
#define CK_TILES_FEW(do, rounding)                                                                              \
    do(4, 0, rounding) do(4, 1, rounding) do(4, 2, rounding) do(4, 3, rounding) do(4, 4, rounding)
#define CK_TILES_ONE(do, rounding)                                                                              \
    do(1, 0, rounding) do(1, 1, rounding) do(1, 2, rounding) do(1, 3, rounding) do(1, 4, rounding)              \
    do(1, 8, rounding)
// While the few sums of one tile are stored, the next one's products fit between; but such tiles load weights often, which
// have to be in the first cache.
#define CK_STRIPS(do, rounding) do(3, 4, rounding) do(4, 3, rounding) do(6, 2, rounding) do(16, 1, rounding)
#define CK_STRIP_ROWS(blocks) ((blocks) >= 4 ? 3 : (blocks) == 3 ? 4 : (blocks) == 2 ? 6 : 16)
#define CK_STRIP_STEPS 112
#define CK_HALF_ROWS 12
#define CK_NAME(name) name##_avx512
#include "int8_body.h"

CK_END_TARGET

#endif
