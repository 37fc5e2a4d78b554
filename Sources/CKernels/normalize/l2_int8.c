#include "../declarations.h"
#include "../numeric/fixed_point.h"

// A raw fixed-point number with `bits` fewer integer bits, saturating.
static int32_t with_fewer_integer_bits(int32_t x, int bits) {
    int64_t wide = (int64_t)x * (1 << bits);
    return (int32_t)(wide > INT32_MAX ? INT32_MAX : wide < INT32_MIN ? INT32_MIN : wide);
}

// 1/√x as multiplier · 2^exponent, by five steps of Newton's iteration on a Q3.28 number: LiteRT's rule, whose every
// rounding shows in the result.
static void inverse_root(int32_t x, int32_t *multiplier, int32_t *exponent) {
    *multiplier = INT32_MAX;
    *exponent = 0;
    if (x <= 1) return;
    int32_t right = 11;
    while (x >= 1 << 29) {
        x /= 4;
        right++;
    }
    int32_t pairs = (__builtin_clz((uint32_t)x) - 1) / 2 - 1;
    right -= pairs;
    x <<= 2 * pairs;
    int32_t half = ck_divide_by_power(x >> 1, 1), root = 1 << 28;
    const int32_t three_halves = (1 << 28) + (1 << 27), half_of_root_two = 1518500250;
    for (int step = 0; step < 5; step++) {
        int32_t square = ck_doubling_high_multiply(root, root);
        int32_t cube = with_fewer_integer_bits(ck_doubling_high_multiply(square, root), 6);
        int32_t next = ck_doubling_high_multiply(three_halves, root) - ck_doubling_high_multiply(half, cube);
        root = with_fewer_integer_bits(next, 3);
    }
    root = ck_doubling_high_multiply(root, half_of_root_two);
    if (right < 0) {
        root = (int32_t)((uint32_t)root << -right);
        right = 0;
    }
    *multiplier = root;
    *exponent = -right;
}

void ck_l2_rows_int8_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_l2_rows *p = parameters;
    for (ptrdiff_t row = begin; row < end; row++) {
        const int8_t *x = (const int8_t *)buffers[0] + row * p->count;
        int8_t *y = (int8_t *)buffers[1] + row * p->count;
        int32_t sum = 0;
        for (ptrdiff_t i = 0; i < p->count; i++) {
            int32_t value = x[i] - p->zero_point;
            sum = ck_wrapping_add(sum, value * value);
        }
        int32_t multiplier, exponent;
        inverse_root(sum, &multiplier, &exponent);
        // The result's scale is 1/128.
        exponent += 7;
        int32_t left = exponent > 0 ? exponent : 0, right = exponent < 0 ? -exponent : 0;
        for (ptrdiff_t i = 0; i < p->count; i++)
            y[i] = (int8_t)ck_clamp(
                ck_rescale(x[i] - p->zero_point, multiplier, left, right > 31 ? 31 : right), INT8_MIN, INT8_MAX);
    }
}
