// Softmax of real numbers in the order and with the polynomial of MLAS, onnxruntime's kernels, where AVX-512 is.
#include "../numeric/fixed_point.h"
#include "../numeric/mlas.h"

#include <float.h>

#pragma STDC FP_CONTRACT OFF

#define LANES 16

// The sum of 16 partial sums: the upper half on the lower, then neighbours, then neighbours of these.
CK_INLINE float sum_of_lanes(const float *lane) {
    float half[LANES / 2];
    for (int i = 0; i < LANES / 2; i++) half[i] = lane[i] + lane[i + LANES / 2];
    float low = (half[0] + half[1]) + (half[2] + half[3]), high = (half[4] + half[5]) + (half[6] + half[7]);
    return low + high;
}

CK_INLINE void softmax_row(const float *x, float *y, ptrdiff_t count, ptrdiff_t stride, float beta) {
    float largest = -FLT_MAX, lane[LANES] = {0};
    for (ptrdiff_t i = 0; i < count; i++) largest = x[i * stride] > largest ? x[i * stride] : largest;
    ptrdiff_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (ptrdiff_t j = 0; j < LANES; j++) {
            float exponential = mlas_exp((x[(i + j) * stride] - largest) * beta);
            y[(i + j) * stride] = exponential;
            lane[j] += exponential;
        }
    for (ptrdiff_t j = 0; i + j < count; j++)
        lane[j] += y[(i + j) * stride] = mlas_exp((x[(i + j) * stride] - largest) * beta);
    float scale = 1 / sum_of_lanes(lane);
    for (ptrdiff_t k = 0; k < count; k++) y[k * stride] *= scale;
}

void CK_NAME(ck_softmax_mlas)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_softmax *p = parameters;
    for (ptrdiff_t row = begin; row < end; row++) {
        ptrdiff_t start = row / p->stride * p->count * p->stride + row % p->stride;
        const float *x = (const float *)buffers[0] + start;
        float *y = (float *)buffers[1] + start;
        // Rows that are dense get a loop of their own, which the compiler vectorizes.
        if (p->stride == 1) softmax_row(x, y, p->count, 1, p->beta);
        else softmax_row(x, y, p->count, p->stride, p->beta);
    }
}
