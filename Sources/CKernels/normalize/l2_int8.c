#include "../declarations.h"
#include "../numeric/inverse_root.h"

typedef struct {
    int32_t multiplier, left, right;
} row_factor;

static row_factor factor_of(int32_t sum, int32_t extra) {
    int32_t multiplier, exponent;
    ck_inverse_root(sum, &multiplier, &exponent);
    exponent += extra;
    int32_t right = exponent < 0 ? -exponent : 0;
    return (row_factor){multiplier, exponent > 0 ? exponent : 0, right > 31 ? 31 : right};
}

// The result's scale is 1/128: its seven bits are part of the shift.
void ck_l2_rows_int8_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_l2_rows *p = parameters;
    for (ptrdiff_t row = begin; row < end; row++) {
        const int8_t *x = (const int8_t *)buffers[0] + row * p->count;
        int8_t *y = (int8_t *)buffers[1] + row * p->count;
        int32_t sum = 0;
        for (ptrdiff_t i = 0; i < p->count; i++)
            sum = ck_wrapping_add(sum, (x[i] - p->zero_point) * (x[i] - p->zero_point));
        row_factor f = factor_of(sum, 7);
        for (ptrdiff_t i = 0; i < p->count; i++)
            y[i] = (int8_t)ck_clamp(
                ck_rescale(x[i] - p->zero_point, f.multiplier, f.left, f.right), INT8_MIN, INT8_MAX);
    }
}

// Here they are part of the number that is scaled.
void ck_l2_rows_uint8_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_l2_rows *p = parameters;
    for (ptrdiff_t row = begin; row < end; row++) {
        const uint8_t *x = (const uint8_t *)buffers[0] + row * p->count;
        uint8_t *y = (uint8_t *)buffers[1] + row * p->count;
        int32_t sum = 0;
        for (ptrdiff_t i = 0; i < p->count; i++)
            sum = ck_wrapping_add(sum, (x[i] - p->zero_point) * (x[i] - p->zero_point));
        row_factor f = factor_of(sum, 0);
        for (ptrdiff_t i = 0; i < p->count; i++)
            y[i] = (uint8_t)ck_clamp(
                128 + ck_rescale(128 * (x[i] - p->zero_point), f.multiplier, f.left, f.right), 0, UINT8_MAX);
    }
}
