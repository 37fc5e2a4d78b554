#include "../declarations.h"
#include "../numeric/target.h"

#include "../numeric/fixed_point.h"
#include "ck_observe.h"

#include <string.h>

// What calibration sees of a tensor, in vectors that every instruction set splits as it can. All of them add up in the same
// order, so that they give the same sums.
typedef float lanes_f __attribute__((vector_size(64), aligned(4)));

// Rows that are added up in single precision before they go into sums in double precision, how wide a row is at most, and
// how wide one is made where numbers have no order.
#define ROWS 64
#define COLUMNS 512
#define LINE 64

typedef struct {
    lanes_f low, high;
    // Of the columns behind the last vector.
    float least, most;
} bounds_f;

// GCC has no such functions of vectors, and clang makes slow code of the loops.
#if __has_builtin(__builtin_elementwise_min)
#define lesser(a, b) __builtin_elementwise_min(a, b)
#define greater(a, b) __builtin_elementwise_max(a, b)
#else
static inline lanes_f lesser(lanes_f a, lanes_f b) {
    for (int i = 0; i < 16; i++) a[i] = b[i] < a[i] ? b[i] : a[i];
    return a;
}
static inline lanes_f greater(lanes_f a, lanes_f b) {
    for (int i = 0; i < 16; i++) a[i] = b[i] > a[i] ? b[i] : a[i];
    return a;
}
#endif

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
#include "body.h"
#undef CK_NAME
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
