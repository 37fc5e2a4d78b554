#include "../declarations.h"
#include "../numeric/target.h"

#include "../numeric/fixed_point.h"
#include "../numeric/wide_lanes.h"
#include "ck_observe.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// A fused multiplication would round once where others round twice.
#pragma STDC FP_CONTRACT OFF

// What calibration sees of a tensor, in vectors that every instruction set splits as it can. All of them add up in the same
// order, so that they give the same sums.
typedef float half_f __attribute__((vector_size(32), aligned(4)));
typedef double lanes_d __attribute__((vector_size(64)));
typedef int64_t mask_d __attribute__((vector_size(64)));

// Rows that are added up in single precision before they go into sums in double precision, how wide a row is at most, and
// how wide one is made where numbers have no order.
#define ROWS 64
#define COLUMNS 512
#define LINE 64

// Places that are found before they are counted, and the bins for which there is room twice.
#define FOUND 1024
#define MOST_BINS 4096

typedef struct {
    lanes_f low, high;
    // Of the columns behind the last vector.
    float least, most;
} bounds_f;

#define chosen_d(mask, a, b) (lanes_d)(((mask) & (mask_d)(a)) | (~(mask) & (mask_d)(b)))

#define CK_BODY "../observe/body.h"
#include "../numeric/variants.h"

int32_t ck_observe(
    ck_isa isa, const float *values, ptrdiff_t outer, ptrdiff_t channels, ptrdiff_t run, double *sums, float *minimum,
    float *maximum) {
    return CK_CALL(ck_observe, values, outer, channels, run, sums, minimum, maximum);
}

void ck_count(ck_isa isa, const float *values, ptrdiff_t count, float factor, uint32_t *counts, int32_t bins) {
    CK_CALL(ck_count, values, count, factor, counts, bins);
}

int32_t ck_compare(ck_isa isa, const float *a, const float *b, ptrdiff_t count, ck_differences *total) {
    return CK_CALL(ck_compare, a, b, count, total);
}
