// From the accumulators of integer products to what is stored; see ck_integer_result.
#ifndef CK_INTEGER_RESULT_H
#define CK_INTEGER_RESULT_H

#include "../declarations.h"
#include "../numeric/fixed_point.h"

#include <math.h>

CK_INLINE void ck_store_integer(
    const ck_integer_result *p, void *y, ptrdiff_t at, ptrdiff_t row, ptrdiff_t channel, uint32_t sum) {
    if (p->bias) sum += (uint32_t)p->bias[row * p->bias_row_step + channel * p->bias_step];
    if (p->kind == CK_INTEGER_SUM) {
        ((int32_t *)y)[at] = (int32_t)sum;
        return;
    }
    float value = (float)(int32_t)sum * p->factor[channel * p->factor_step];
    if (p->kind == CK_INTEGER_REAL) {
        ((float *)y)[at] = value;
        return;
    }
    float low = 0 - (float)p->zero_point, high = 255 - (float)p->zero_point;
    value = value > low ? value : low;
    value = value < high ? value : high;
    ((uint8_t *)y)[at] = (uint8_t)((int32_t)rintf(value) + p->zero_point) ^ p->flip;
}

// The zero point of a channel as one of unsigned bytes; 0 stands where there is none.
CK_INLINE int32_t ck_zero_point(const uint8_t *zero, ptrdiff_t index, uint8_t flip) {
    return zero ? zero[index] ^ flip : flip;
}

#endif
