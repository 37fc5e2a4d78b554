// Vectors of floats as wide as a register of the instruction set: CK_LANES of them. Included inside of the target
// attribute of each instruction set, which defines CK_LANES: 16 for AVX-512, 8 for AVX2, 4
// otherwise.
#include "fixed_point.h"
#include <stddef.h>
#include <string.h>

// Functions that take or return such vectors are all inlined, so that no calling convention is at stake.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float lanes_f32 __attribute__((vector_size(4 * CK_LANES), aligned(4)));
typedef int32_t lanes_i32 __attribute__((vector_size(4 * CK_LANES), aligned(4)));

CK_INLINE lanes_f32 load_lanes(const float *x) { return *(const lanes_f32 *)x; }
CK_INLINE void store_lanes(float *y, lanes_f32 values) { *(lanes_f32 *)y = values; }
CK_INLINE lanes_f32 all_lanes(float x) { return x - (lanes_f32){}; }

CK_INLINE lanes_f32 select_lanes(lanes_i32 condition, lanes_f32 a, lanes_f32 b) {
    return (lanes_f32)((condition & (lanes_i32)a) | (~condition & (lanes_i32)b));
}

// What is no number passes.
CK_INLINE lanes_f32 clamp_lanes(lanes_f32 x, lanes_f32 low, lanes_f32 high) {
    x = select_lanes(x < low, low, x);
    return select_lanes(x > high, high, x);
}

// The upper half on the lower, and so on.
CK_INLINE float sum_of_lanes(lanes_f32 x) {
#if CK_LANES == 16
    return _mm512_reduce_add_ps((__m512)x);
#else
#pragma clang loop unroll(full)
    for (int half = CK_LANES / 2; half > 0; half /= 2)
#pragma clang loop unroll(full)
        for (int i = 0; i < half; i++) x[i] += x[i + half];
    return x[0];
#endif
}

// Lanes from `count` on become `rest`.
CK_INLINE lanes_f32 first_lanes(lanes_f32 x, ptrdiff_t count, float rest) {
    lanes_i32 lane;
    for (int i = 0; i < CK_LANES; i++) lane[i] = i;
    return select_lanes(lane < (lanes_i32){} + (int32_t)count, x, all_lanes(rest));
}

// Reads the first `count` lanes, 0 < count < CK_LANES, and no others.
CK_INLINE lanes_f32 load_first_lanes(const float *x, ptrdiff_t count) {
#if CK_LANES == 16
    return (lanes_f32)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), x);
#elif CK_LANES == 8
    static const int32_t masks[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return (lanes_f32)_mm256_maskload_ps(x, _mm256_loadu_si256((const __m256i *)(masks + 8 - count)));
#else
    lanes_f32 values = {};
    for (ptrdiff_t i = 0; i < CK_LANES - 1; i++)
        if (i < count) values[i] = x[i];
    return values;
#endif
}

// Zeros if the lanes are not inside of what can be read. A masked load would do, but takes microseconds where `x` points
// into a page that is not there.
CK_INLINE lanes_f32 load_lanes_if(const float *x, int is_inside) {
    static const lanes_f32 zeros;
    return load_lanes(is_inside ? x : (const float *)&zeros);
}

// Writes the first `count` lanes, 0 < count < CK_LANES, and no others.
CK_INLINE void store_first_lanes(float *y, lanes_f32 values, ptrdiff_t count) {
#if CK_LANES == 16
    _mm512_mask_storeu_ps(y, (__mmask16)((1u << count) - 1), (__m512)values);
#elif CK_LANES == 8
    static const int32_t masks[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
    _mm256_maskstore_ps(y, _mm256_loadu_si256((const __m256i *)(masks + 8 - count)), (__m256)values);
#else
    for (ptrdiff_t i = 0; i < CK_LANES - 1; i++)
        if (i < count) y[i] = values[i];
#endif
}
