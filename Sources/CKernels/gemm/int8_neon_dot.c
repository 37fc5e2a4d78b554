// Armv8.2's dot product of four signed bytes.
#if defined(__aarch64__)

#include "gemm.h"

#include "../numeric/target.h"
#include <arm_neon.h>

CK_BEGIN_NEON_DOT

#include "../numeric/requantize_neon.h"

// One step: 16 outputs by four inputs, of which each row has its own at `lane` of x.
#define STEP(lane)                                                                                            \
    for (int b = 0; b < blocks; b++)                                                                          \
        for (int i = 0; i < 4; i++) {                                                                         \
            int8x16_t weights = vld1q_s8(w + b * block_size + i * 16);                                        \
            for (int r = 0; r < rows; r++) {                                                                  \
                int32x4_t *sum = &sums[r * blocks + b].q[i];                                                  \
                *sum = vdotq_laneq_s32(*sum, weights, values[r], lane);                                       \
            }                                                                                                 \
        }                                                                                                     \
    w += 64;

CK_INLINE void multiply(
    const ck_gemm *g, ck_sums *sums, const uint8_t *x, const ptrdiff_t *offsets, const int8_t *w,
    ptrdiff_t block_size, const int8_t *ahead, const int rows, const int blocks) {
    (void)ahead, (void)offsets;
    const uint8x16_t flip = vdupq_n_u8(g->flip);
    ptrdiff_t x_step = g->x_step, steps = g->steps;
    int8x16_t values[8];
    for (; steps >= 4; steps -= 4, x += 16) {
        for (int r = 0; r < rows; r++) values[r] = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(x + r * x_step), flip));
        STEP(0)
        STEP(1)
        STEP(2)
        STEP(3)
    }
    for (; steps > 0; steps--, x += 4) {
        for (int r = 0; r < rows; r++) {
            uint32_t four;
            memcpy(&four, x + r * x_step, 4);
            values[r] = vreinterpretq_s8_u8(veorq_u8(vreinterpretq_u8_u32(vdupq_n_u32(four)), flip));
        }
        STEP(0)
    }
}

#define CK_DEPTH 4
#define CK_NAME(name) name##_neon_dot
// What fits 32 registers: up to 24 sums of four outputs beside their operands.
#define CK_TILE_ROWS 8
#define CK_TILE_BLOCKS 4
#define CK_TILE_TURN(rows) ((rows) == 1 ? 4 : (rows) <= 3 ? 2 : 1)
#define CK_TILES_MANY(do, rounding)                                                                             \
    do(8, 0, rounding) do(6, 0, rounding) do(4, 0, rounding) do(2, 0, rounding)                                 \
    do(5, 1, rounding) do(4, 1, rounding) do(3, 1, rounding) do(2, 1, rounding)                                 \
    do(3, 2, rounding) do(2, 2, rounding)
#define CK_TILES_FEW(do, rounding)                                                                              \
    do(8, 0, rounding) do(4, 0, rounding) do(4, 1, rounding) do(2, 1, rounding) do(2, 2, rounding)
#define CK_TILES_ONE(do, rounding)                                                                              \
    do(1, 0, rounding) do(1, 1, rounding) do(1, 2, rounding) do(1, 4, rounding)
#include "int8_body.h"

CK_END_TARGET

#endif
