#if defined(__x86_64__)

#include "gemm.h"
#include "../numeric/target.h"

#include <immintrin.h>
#include <string.h>

CK_BEGIN_AVX_VNNI

#include "../numeric/requantize_avx2.h"

CK_INLINE void multiply(
    const ck_gemm *g, ck_sums *sums, const uint8_t *x, const ptrdiff_t *offsets, const int8_t *w,
    ptrdiff_t block_size, const int8_t *ahead, const int rows, const int blocks) {
    (void)ahead, (void)offsets;
    const __m256i flip = _mm256_set1_epi8((char)g->flip);
    ptrdiff_t x_step = g->x_step;
    for (ptrdiff_t k = 0; k < g->steps; k++, w += 64, x += 4) {
        ck_sums weights[4];
#pragma clang loop unroll(full)
        for (int b = 0; b < blocks; b++)
            weights[b] = (ck_sums){ck_load_256(w + b * block_size), ck_load_256(w + b * block_size + 32)};
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            int32_t four;
            memcpy(&four, x + r * x_step, 4);
            __m256i values = _mm256_xor_si256(_mm256_set1_epi32(four), flip);
#pragma clang loop unroll(full)
            for (int b = 0; b < blocks; b++) {
                ck_sums *sum = sums + r * blocks + b;
                sum->low = _mm256_dpbusd_avx_epi32(sum->low, values, weights[b].low);
                sum->high = _mm256_dpbusd_avx_epi32(sum->high, values, weights[b].high);
            }
        }
    }
}

#define CK_DEPTH 4
// Up to twelve sums of eight outputs; the other registers are for the weights of a block and for x.
#define CK_TILE_ROWS 12
#define CK_TILE_BLOCKS 4
#define CK_TILE_TURN(rows) ((rows) == 1 ? 4 : (rows) == 2 ? 2 : 1)
#define CK_TILES_MANY(do, rounding)                                                                             \
    do(12, 0, rounding) do(8, 0, rounding) do(6, 0, rounding) do(4, 0, rounding) do(2, 0, rounding)             \
    do(6, 1, rounding) do(5, 1, rounding) do(4, 1, rounding) do(3, 1, rounding) do(2, 1, rounding)              \
    do(2, 2, rounding)
#define CK_TILES_FEW(do, rounding)                                                                              \
    do(8, 0, rounding) do(4, 0, rounding) do(4, 1, rounding) do(2, 1, rounding) do(2, 2, rounding)
#define CK_TILES_ONE(do, rounding)                                                                              \
    do(1, 0, rounding) do(1, 1, rounding) do(1, 2, rounding) do(1, 3, rounding) do(1, 4, rounding)
#define CK_NAME(name) name##_avx_vnni
#include "int8_body.h"

CK_END_TARGET

#endif
