// Armv8.2's dot product of four signed bytes: four taps of four lanes.
#if defined(__aarch64__)

#include "../declarations.h"
#include "interleaved.h"

#include "../numeric/target.h"
#include <arm_neon.h>
#include <string.h>

CK_BEGIN_NEON_DOT

#include "../numeric/requantize_neon.h"

CK_INLINE void interleave_16(
    const uint8_t *const *rows, ptrdiff_t at, const ptrdiff_t *moves, uint8_t flip, uint8_t *y) {
    uint8x16x4_t four;
    for (int i = 0; i < 4; i++) four.val[i] = veorq_u8(vld1q_u8(rows[i] + (at & moves[i])), vdupq_n_u8(flip));
    vst4q_u8(y, four);
}

CK_INLINE ptrdiff_t interleave_many(
    const uint8_t *const *rows, const ptrdiff_t *moves, uint8_t flip, ptrdiff_t lanes, uint8_t *y) {
    (void)rows, (void)moves, (void)flip, (void)lanes, (void)y;
    return 0;
}

CK_INLINE void accumulate(
    const ck_depthwise_plan *plan, ck_sums *sums, const uint8_t *from, ptrdiff_t next, const int8_t *w,
    const int vectors, const int rows) {
    for (ptrdiff_t step = 0; step < plan->steps; step++, w += 64 * rows) {
        const int8_t *at = (const int8_t *)from + plan->offsets[step];
        for (int i = 0; i < 4; i++) {
            int8x16_t weights[2];
            for (int j = 0; j < rows; j++) weights[j] = vld1q_s8(w + j * 64 + i * 16);
            for (int q = 0; q < vectors; q++) {
                int8x16_t x = vld1q_s8(at + q * next + i * 16);
                for (int j = 0; j < rows; j++) {
                    int32x4_t *sum = &sums[j * vectors + q].q[i];
                    *sum = vdotq_s32(*sum, x, weights[j]);
                }
            }
        }
    }
}

#define CK_VECTORS(rows) ((rows) > 1 ? 2 : 4)
#define CK_DIRECT ck_depthwise_int8_portable
#define CK_DIRECT_HYBRID ck_depthwise_hybrid_portable
#define CK_NAME(name) name##_neon_dot
#include "interleaved_body.h"

CK_END_TARGET

#endif
