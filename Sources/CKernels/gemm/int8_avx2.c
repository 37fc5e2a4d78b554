// Products of pairs of 16-bit numbers: AVX2's product of bytes saturates.
#if defined(__x86_64__)

#include "gemm.h"
#include "../numeric/target.h"

#include <immintrin.h>
#include <string.h>

CK_BEGIN_AVX2

#include "../numeric/requantize_avx2.h"

// Inputs that are widened at a time.
#define CHUNK 256

CK_INLINE void multiply(
    const ck_gemm *g, ck_sums *sums, const uint8_t *x, const ptrdiff_t *offsets, const int8_t *w,
    ptrdiff_t block_size, const int8_t *ahead, const int rows, const int blocks) {
    (void)ahead, (void)offsets;
    _Alignas(64) uint16_t wide[10][CHUNK + 32];
    const __m128i flip = _mm_set1_epi8((char)g->flip);
    for (ptrdiff_t rest = g->steps * 2; rest > 0; rest -= CHUNK, x += CHUNK) {
        ptrdiff_t count = rest < CHUNK ? rest : CHUNK;
        for (int r = 0; r < rows; r++)
            for (ptrdiff_t i = 0; i < count; i += 16) {
                __m128i bytes = _mm_loadu_si128((const __m128i *)(x + r * g->x_step + i));
                __m256i words = _mm256_cvtepu8_epi16(_mm_xor_si128(bytes, flip));
                _mm256_storeu_si256((__m256i *)(wide[r] + i), words);
            }
        for (ptrdiff_t k = 0; k < count; k += 2, w += 32) {
            ck_sums weights[4];
#pragma clang loop unroll(full)
            for (int b = 0; b < blocks; b++) {
                const __m128i *bytes = (const __m128i *)(w + b * block_size);
                weights[b].low = _mm256_cvtepi8_epi16(_mm_loadu_si128(bytes));
                weights[b].high = _mm256_cvtepi8_epi16(_mm_loadu_si128(bytes + 1));
            }
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++) {
                int32_t two;
                memcpy(&two, wide[r] + k, 4);
                __m256i values = _mm256_set1_epi32(two);
#pragma clang loop unroll(full)
                for (int b = 0; b < blocks; b++) {
                    ck_sums *sum = sums + r * blocks + b;
                    sum->low = _mm256_add_epi32(sum->low, _mm256_madd_epi16(values, weights[b].low));
                    sum->high = _mm256_add_epi32(sum->high, _mm256_madd_epi16(values, weights[b].high));
                }
            }
        }
    }
}

#define CK_DEPTH 2
// Up to ten sums of eight outputs, as products need a register, too.
#define CK_TILE_ROWS 10
#define CK_TILE_BLOCKS 4
#define CK_TILE_TURN(rows) ((rows) == 1 ? 4 : (rows) == 2 ? 2 : 1)
#define CK_TILES_MANY(do, rounding)                                                                             \
    do(10, 0, rounding) do(8, 0, rounding) do(6, 0, rounding) do(4, 0, rounding) do(2, 0, rounding)             \
    do(5, 1, rounding) do(4, 1, rounding) do(3, 1, rounding) do(2, 1, rounding) do(2, 2, rounding)
#define CK_TILES_FEW(do, rounding)                                                                              \
    do(8, 0, rounding) do(4, 0, rounding) do(4, 1, rounding) do(2, 1, rounding) do(2, 2, rounding)
#define CK_TILES_ONE(do, rounding)                                                                              \
    do(1, 0, rounding) do(1, 1, rounding) do(1, 2, rounding) do(1, 3, rounding) do(1, 4, rounding)
#define CK_NAME(name) name##_avx2
#include "int8_body.h"

CK_END_TARGET

#endif
