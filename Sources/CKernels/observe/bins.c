#include "../numeric/vectors.h"
#include "ckernels.h"

#include <float.h>

static inline __attribute__((always_inline)) ck_f32x16 splat(float value) { return value - (ck_f32x16){}; }

static void count_bins(
    const float *values, ptrdiff_t count, float minimum, float factor, int32_t bins, uint32_t *tables) {
    const ck_f32x16 last = splat((float)(bins - 1)), zero = {};
    ptrdiff_t stride = bins + 1;
    // Neighbors are often alike: each has a table of its own, so that none waits for the one before. What is not counted
    // has a bin behind the others, so that nothing is guessed.
    for (ptrdiff_t i = 0; i < count; i += 16) {
        ck_f32x16 v = {};
        memcpy(&v, values + i, count - i < 16 ? (size_t)(count - i) * sizeof *values : sizeof v);
        // Also false for what is no number.
        ck_i32x16 counted = (v != zero) & (v >= splat(-FLT_MAX)) & (v <= splat(FLT_MAX));
        v = (ck_f32x16)((ck_i32x16)v & counted);
        ck_f32x16 place = (v - splat(minimum)) * splat(factor);
        place = (ck_f32x16)((ck_i32x16)place & (place > zero));
        ck_i32x16 inside = place < last;
        place = (ck_f32x16)(((ck_i32x16)place & inside) | ((ck_i32x16)last & ~inside));
        ck_i32x16 bin = __builtin_convertvector(place, ck_i32x16);
        bin = (bin & counted) | (bins & ~counted);
        for (int lane = 0; lane < 16; lane++) tables[(lane & 3) * stride + bin[lane]]++;
    }
}

void ck_count_bins(
    const float *values, ptrdiff_t count, float minimum, float factor, int32_t bins, uint64_t *counts, uint32_t *work) {
    ptrdiff_t stride = bins + 1;
    // So many that no count of a table overflows.
    const ptrdiff_t most = (ptrdiff_t)1 << 31;
    for (ptrdiff_t first = 0; first < count; first += most) {
        memset(work, 0, 4 * (size_t)stride * sizeof *work);
        count_bins(values + first, count - first < most ? count - first : most, minimum, factor, bins, work);
        for (ptrdiff_t bin = 0; bin < bins; bin++)
            counts[bin] += (uint64_t)work[bin] + work[stride + bin] + work[2 * stride + bin] + work[3 * stride + bin];
    }
}
