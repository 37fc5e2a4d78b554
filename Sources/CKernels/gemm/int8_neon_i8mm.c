// Armv8.6's product of two rows of eight signed bytes by two columns.
#if defined(__aarch64__)

#include "gemm.h"

#include "../numeric/target.h"
#include <arm_neon.h>

CK_BEGIN_NEON_I8MM

#include "../numeric/requantize_neon.h"

// While products are added up, the sums of two rows hold squares of two rows by two outputs: the first row's those of the
// first eight outputs, the second row's the others. The row behind an odd last one is computed, and dropped.
CK_INLINE int32x4_t first_of(int32x4_t a, int32x4_t b) {
    return vreinterpretq_s32_s64(vzip1q_s64(vreinterpretq_s64_s32(a), vreinterpretq_s64_s32(b)));
}
CK_INLINE int32x4_t second_of(int32x4_t a, int32x4_t b) {
    return vreinterpretq_s32_s64(vzip2q_s64(vreinterpretq_s64_s32(a), vreinterpretq_s64_s32(b)));
}

CK_INLINE void enter(ck_sums *sums, const int rows, const int blocks) {
    for (int r = 0; r < rows; r += 2)
        for (int b = 0; b < blocks; b++) {
            ck_sums *even = &sums[r * blocks + b], *odd = even + blocks, row = *even;
            for (int i = 0; i < 4; i++) {
                ck_sums *half = i < 2 ? even : odd;
                half->q[i * 2 % 4] = first_of(row.q[i], row.q[i]);
                half->q[i * 2 % 4 + 1] = second_of(row.q[i], row.q[i]);
            }
        }
}

CK_INLINE void leave(ck_sums *sums, const int rows, const int blocks) {
    for (int r = 0; r < rows; r += 2)
        for (int b = 0; b < blocks; b++) {
            ck_sums *even = &sums[r * blocks + b], *odd = even + blocks, halves[] = {*even, *odd};
            for (int i = 0; i < 4; i++) {
                int32x4_t left = halves[i / 2].q[i * 2 % 4], right = halves[i / 2].q[i * 2 % 4 + 1];
                even->q[i] = first_of(left, right);
                odd->q[i] = second_of(left, right);
            }
        }
}

// One step: 16 outputs by eight inputs.
CK_INLINE void step(
    ck_sums *sums, const int8x16_t *pairs, const int8_t *w, ptrdiff_t block_size, const int rows, const int blocks) {
    for (int b = 0; b < blocks; b++)
        for (int i = 0; i < 8; i++) {
            int8x16_t weights = vld1q_s8(w + b * block_size + i * 16);
            for (int r = 0; r < rows; r += 2) {
                int32x4_t *sum = &sums[(r + i / 4) * blocks + b].q[i % 4];
                *sum = vmmlaq_s32(*sum, pairs[r / 2], weights);
            }
        }
}

CK_INLINE void multiply(
    const ck_gemm *g, ck_sums *sums, const uint8_t *x, const ptrdiff_t *offsets, const int8_t *w,
    ptrdiff_t block_size, const int8_t *ahead, const int rows, const int blocks) {
    (void)ahead, (void)offsets;
    const uint8x16_t flip = vdupq_n_u8(g->flip);
    ptrdiff_t x_step = g->x_step;
    ptrdiff_t steps = g->steps;
    int8x16_t pairs[4], next[4];
    for (; steps >= 2; steps -= 2, w += 256, x += 16) {
        for (int r = 0; r < rows; r += 2) {
            const uint8_t *from = x + r * x_step;
            int64x2_t even = vreinterpretq_s64_u8(veorq_u8(vld1q_u8(from), flip)), odd = even;
            if (r + 1 < rows) odd = vreinterpretq_s64_u8(veorq_u8(vld1q_u8(from + x_step), flip));
            pairs[r / 2] = vreinterpretq_s8_s64(vzip1q_s64(even, odd));
            next[r / 2] = vreinterpretq_s8_s64(vzip2q_s64(even, odd));
        }
        step(sums, pairs, w, block_size, rows, blocks);
        step(sums, next, w + 128, block_size, rows, blocks);
    }
    if (steps > 0) {
        for (int r = 0; r < rows; r += 2) {
            const uint8_t *even = x + r * x_step, *odd = r + 1 < rows ? even + x_step : even;
            pairs[r / 2] = vreinterpretq_s8_u8(veorq_u8(vcombine_u8(vld1_u8(even), vld1_u8(odd)), flip));
        }
        step(sums, pairs, w, block_size, rows, blocks);
    }
}

#define CK_DEPTH 8
#define CK_NAME(name) name##_neon_i8mm
#define CK_ENTER_TILE enter(sums, rows, blocks);
#define CK_LEAVE_TILE leave(sums, rows, blocks);
// What fits 32 registers: up to 16 sums of four outputs beside their operands.
#define CK_TILE_ROWS 8
#define CK_TILE_BLOCKS 2
#define CK_TILE_TURN(rows) ((rows) <= 2 ? 2 : 1)
#define CK_TILES_MANY(do, rounding)                                                                             \
    do(8, 0, rounding) do(6, 0, rounding) do(4, 0, rounding) do(2, 0, rounding)                                 \
    do(4, 1, rounding) do(3, 1, rounding) do(2, 1, rounding) do(2, 2, rounding)
#define CK_TILES_FEW(do, rounding)                                                                              \
    do(8, 0, rounding) do(4, 0, rounding) do(4, 1, rounding) do(2, 1, rounding) do(2, 2, rounding)
#define CK_TILES_ONE(do, rounding) do(1, 0, rounding) do(1, 1, rounding) do(1, 2, rounding)
#include "int8_body.h"

CK_END_TARGET

#endif
