#if defined(__x86_64__)

#include "../declarations.h"
#include "interleaved.h"
#include "../numeric/target.h"

#include <immintrin.h>
#include <string.h>

CK_BEGIN_AVX_VNNI

#include "../numeric/requantize_avx2.h"
#include "interleave_256.h"

CK_INLINE void accumulate(
    const ck_depthwise_plan *plan, ck_sums *sums, const uint8_t *from, ptrdiff_t next, const int8_t *w,
    const int vectors, const int rows) {
    for (ptrdiff_t step = 0; step < plan->steps; step++, w += 64 * rows) {
        const uint8_t *at = from + plan->offsets[step];
#pragma clang loop unroll(full)
        for (int q = 0; q < vectors; q++) {
            __m256i low = ck_load_256(at + q * next), high = ck_load_256(at + q * next + 32);
#pragma clang loop unroll(full)
            for (int j = 0; j < rows; j++) {
                ck_sums *sum = sums + j * vectors + q;
                sum->low = _mm256_dpbusd_avx_epi32(sum->low, low, ck_load_256(w + j * 64));
                sum->high = _mm256_dpbusd_avx_epi32(sum->high, high, ck_load_256(w + j * 64 + 32));
            }
        }
    }
}

#define CK_VECTORS(rows) ((rows) > 1 ? 2 : 4)
#define CK_DIRECT ck_depthwise_direct_avx2
#define CK_DIRECT_HYBRID ck_depthwise_hybrid_direct_avx2
#define CK_NAME(name) name##_avx_vnni
#include "interleaved_body.h"

CK_END_TARGET

#endif
