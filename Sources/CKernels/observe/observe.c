#include "../declarations.h"
#include "../numeric/target.h"

#include "../numeric/fixed_point.h"
#include "ck_observe.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// A fused multiplication would round once where others round twice.
#pragma STDC FP_CONTRACT OFF

// What calibration sees of a tensor, in vectors that every instruction set splits as it can. All of them add up in the same
// order, so that they give the same sums.
typedef float lanes_f __attribute__((vector_size(64), aligned(4)));
typedef int32_t mask_f __attribute__((vector_size(64), aligned(4)));
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

// As masks, of which compilers make the instructions that take the lesser and the greater of two numbers.
#define chosen(mask, a, b) (lanes_f)(((mask) & (mask_f)(a)) | (~(mask) & (mask_f)(b)))
#define chosen_d(mask, a, b) (lanes_d)(((mask) & (mask_d)(a)) | (~(mask) & (mask_d)(b)))
#define lesser(a, b) chosen((b) < (a), b, a)
#define greater(a, b) chosen((b) > (a), b, a)

#define CK_NAME(name) name##_portable
#include "body.h"
#undef CK_NAME

#if defined(__x86_64__)
CK_BEGIN_AVX2
#define CK_NAME(name) name##_avx2
#include "body.h"
#undef CK_NAME
CK_END_TARGET

CK_BEGIN_AVX512
#define CK_NAME(name) name##_avx512
#define CK_COMPRESSES
// The same without zeros.
CK_INLINE ptrdiff_t find_bins_avx512(const float *values, ptrdiff_t count, float factor, int32_t bins, int32_t *found) {
    const __m512 scale = _mm512_set1_ps(factor), middle = _mm512_set1_ps((float)(bins / 2)), zero = _mm512_setzero_ps(),
                 last = _mm512_set1_ps((float)(bins - 1));
    ptrdiff_t number = 0;
    for (ptrdiff_t j = 0; j < count; j += 16) {
        __mmask16 mask = count - j < 16 ? (__mmask16)((1u << (count - j)) - 1) : 0xFFFF;
        __m512 value = _mm512_maskz_loadu_ps(mask, values + j);
        __m512 place = _mm512_add_ps(_mm512_floor_ps(_mm512_mul_ps(value, scale)), middle);
        place = _mm512_min_ps(_mm512_max_ps(place, zero), last);
        mask = _mm512_mask_cmp_ps_mask(mask, value, zero, _CMP_NEQ_UQ);
        // As a whole vector, of which the rest is written over: some processors store parts slowly.
        _mm512_storeu_si512(found + number, _mm512_maskz_compress_epi32(mask, _mm512_cvttps_epi32(place)));
        number += __builtin_popcount(mask);
    }
    return number;
}
#include "body.h"
#undef CK_NAME
#undef CK_COMPRESSES
CK_END_TARGET
#endif

int32_t ck_observe(
    ck_isa isa, const float *values, ptrdiff_t outer, ptrdiff_t channels, ptrdiff_t run, double *sums, float *minimum,
    float *maximum) {
#if defined(__x86_64__)
    if (isa == CK_ISA_AVX512)
        return ck_observe_avx512(values, outer, channels, run, sums, minimum, maximum);
    if (isa >= CK_ISA_AVX2) return ck_observe_avx2(values, outer, channels, run, sums, minimum, maximum);
#else
    (void)isa;
#endif
    return ck_observe_portable(values, outer, channels, run, sums, minimum, maximum);
}

void ck_count(
    ck_isa isa, const float *values, ptrdiff_t count, ptrdiff_t step, float factor, uint32_t *counts, int32_t bins) {
#if defined(__x86_64__)
    if (isa == CK_ISA_AVX512) return ck_count_avx512(values, count, step, factor, counts, bins);
    if (isa >= CK_ISA_AVX2) return ck_count_avx2(values, count, step, factor, counts, bins);
#else
    (void)isa;
#endif
    ck_count_portable(values, count, step, factor, counts, bins);
}

int32_t ck_compare(ck_isa isa, const float *a, const float *b, ptrdiff_t count, ck_differences *total) {
#if defined(__x86_64__)
    if (isa == CK_ISA_AVX512) return ck_compare_avx512(a, b, count, total);
    if (isa >= CK_ISA_AVX2) return ck_compare_avx2(a, b, count, total);
#else
    (void)isa;
#endif
    return ck_compare_portable(a, b, count, total);
}
