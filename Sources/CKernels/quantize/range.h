// Included inside of an instruction set's target attribute.
#include "../numeric/fixed_point.h"

#include <stddef.h>

// Widens a range to what x holds. A number that is none changes nothing.
CK_INLINE void ck_widen_range(const float *x, ptrdiff_t count, float *lowest, float *highest) {
    enum { LANES = 32 };
    float low[LANES], high[LANES];
    for (int k = 0; k < LANES; k++) {
        low[k] = *lowest;
        high[k] = *highest;
    }
    ptrdiff_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int k = 0; k < LANES; k++) {
            float value = x[i + k];
            low[k] = value < low[k] ? value : low[k];
            high[k] = value > high[k] ? value : high[k];
        }
    for (; i < count; i++) {
        low[0] = x[i] < low[0] ? x[i] : low[0];
        high[0] = x[i] > high[0] ? x[i] : high[0];
    }
#pragma clang loop unroll(full)
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int k = 0; k < half; k++) {
            low[k] = low[k + half] < low[k] ? low[k + half] : low[k];
            high[k] = high[k + half] > high[k] ? high[k + half] : high[k];
        }
    *lowest = low[0];
    *highest = high[0];
}
