#if defined(__x86_64__)

#include "../declarations.h"
#include "interleaved.h"
#include "../numeric/target.h"

#include <immintrin.h>
#include <string.h>

CK_BEGIN_AVX2

#include "../numeric/requantize_avx2.h"
#include "interleave_256.h"

// A lane's four bytes are two pairs of 16-bit numbers: the first and third, and the second and fourth.
CK_INLINE void accumulate(
    const ck_depthwise_plan *plan, ck_sums *sums, const uint8_t *from, ptrdiff_t next, const int8_t *w,
    const int vectors, const int rows) {
    const __m256i bytes = _mm256_set1_epi16(0xff);
#pragma clang loop unroll(full)
    for (int half = 0; half < 2; half++) {
        __m256i totals[8];
#pragma clang loop unroll(full)
        for (int i = 0; i < vectors * rows; i++) totals[i] = half ? sums[i].high : sums[i].low;
        const int8_t *weights = w + half * 32;
        for (ptrdiff_t step = 0; step < plan->steps; step++, weights += 64 * rows) {
            const uint8_t *at = from + plan->offsets[step] + half * 32;
            __m256i first[2], second[2];
#pragma clang loop unroll(full)
            for (int j = 0; j < rows; j++) {
                __m256i four = ck_load_256(weights + j * 64);
                first[j] = _mm256_srai_epi16(_mm256_slli_epi16(four, 8), 8);
                second[j] = _mm256_srai_epi16(four, 8);
            }
#pragma clang loop unroll(full)
            for (int q = 0; q < vectors; q++) {
                __m256i four = ck_load_256(at + q * next);
                __m256i even = _mm256_and_si256(four, bytes), odd = _mm256_srli_epi16(four, 8);
#pragma clang loop unroll(full)
                for (int j = 0; j < rows; j++) {
                    __m256i *total = totals + j * vectors + q;
                    *total = _mm256_add_epi32(*total, _mm256_madd_epi16(even, first[j]));
                    *total = _mm256_add_epi32(*total, _mm256_madd_epi16(odd, second[j]));
                }
            }
        }
#pragma clang loop unroll(full)
        for (int i = 0; i < vectors * rows; i++) *(half ? &sums[i].high : &sums[i].low) = totals[i];
    }
}

#define CK_VECTORS(rows) 4
#define CK_DIRECT ck_depthwise_direct_avx2
#define CK_DIRECT_HYBRID ck_depthwise_hybrid_direct_avx2
#define CK_NAME(name) name##_avx2
#include "interleaved_body.h"

CK_END_TARGET

#endif
