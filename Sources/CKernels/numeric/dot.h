#ifndef CK_DOT_H
#define CK_DOT_H

#include <stddef.h>

// Σ a·b in eight partial sums, which compilers turn into vectors.
static inline float ck_dot(const float *a, const float *b, ptrdiff_t count) {
    float sums[8] = {0};
    ptrdiff_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (int k = 0; k < 8; k++) sums[k] += a[i + k] * b[i + k];
    float sum = ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
    for (; i < count; i++) sum += a[i] * b[i];
    return sum;
}

#endif
