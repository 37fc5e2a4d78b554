// Tables, and LiteRT's operators on rows: softmax of int16, logarithm of a softmax.
#include "../declarations.h"

#include "../numeric/fixed_point_functions.h"

void ck_table_int16_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_table *p = parameters;
    const int16_t *x = buffers[0];
    int16_t *y = buffers[1];
    ptrdiff_t last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count;
    for (ptrdiff_t i = begin * CK_CHUNK; i < last; i++) y[i] = p->table[x[i] + 32768];
}

static int16_t exponential_16(const ck_softmax_16 *p, int32_t difference) {
    int32_t scaled = ck_rescale(difference, p->multiplier, p->left, p->right);
    return ck_interpolate(p->exponential, (int16_t)ck_clamp(ck_wrapping_add(scaled, INT16_MAX), INT16_MIN, INT16_MAX));
}

void ck_softmax_16_int16_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_softmax_16 *p = parameters;
    for (ptrdiff_t row = begin; row < end; row++) {
        const int16_t *x = (const int16_t *)buffers[0] + row * p->count;
        int16_t *y = (int16_t *)buffers[1] + row * p->count;
        int32_t largest = INT16_MIN, sum = 0;
        for (ptrdiff_t i = 0; i < p->count; i++) largest = x[i] > largest ? x[i] : largest;
        for (ptrdiff_t i = 0; i < p->count; i++) {
            y[i] = exponential_16(p, x[i] - largest);
            sum = ck_wrapping_add(sum, y[i]);
        }
        int zeros = sum ? __builtin_clz((uint32_t)sum) : 32;
        // The sum as 1 + x with x in 1/65536, around zero.
        int32_t shifted = (int32_t)(((int64_t)((uint64_t)(int64_t)sum << (zeros > 0 ? zeros - 1 : 0)) + (1 << 13)) >> 14);
        int32_t centered = ck_clamp(shifted - (1 << 15) - (1 << 16), INT16_MIN, INT16_MAX);
        int64_t reciprocal = ck_interpolate(p->reciprocal, (int16_t)centered);
        int shift = 31 - zeros;
        int64_t half = shift > 0 ? (int64_t)1 << (shift - 1) : 0;
        for (ptrdiff_t i = 0; i < p->count; i++)
            y[i] = (int16_t)ck_clamp((int32_t)((y[i] * reciprocal + half) >> (shift > 0 ? shift : 0)), 0, INT16_MAX);
    }
}

// The logarithm of x ≥ 1 in Q12.19 as Q5.26: a rational function around 2^(1/4), on a mantissa near 1.
static int32_t logarithm(int32_t x) {
    const int32_t log_2 = 1488522236, fourth_root_of_half = 1805811301, root_of_half = 1518500250;
    const int32_t numerator_a = 117049297, denominator_a = 127690142, inner = 1057819769, outer = 638450708;
    const int32_t quarter = 1 << 23; // in Q6.25
    int zeros = x ? __builtin_clz((uint32_t)x) : 32;
    int32_t r_a = ck_saturating_shift(ck_fixed_multiply(ck_saturating_shift(x, zeros - 1), root_of_half), 1);
    int32_t power_a = ck_saturating_shift(12 - zeros, 25) + quarter;
    int32_t reduced = ck_fixed_multiply(x, root_of_half);
    int headroom = (reduced ? __builtin_clz((uint32_t)reduced) : 32) - 1;
    int32_t r_b = ck_saturating_shift(x, headroom);
    int32_t power_b = ck_saturating_shift(12 - headroom, 25) - quarter;
    int32_t r = r_a < r_b ? r_a : r_b, power = power_a > power_b ? power_a : power_b;
    int64_t sum = (int64_t)r + fourth_root_of_half;
    int32_t p = (int32_t)((sum + (sum >= 0 ? 1 : -1)) / 2);
    int32_t q = (int32_t)(2 * ((uint32_t)r - (uint32_t)fourth_root_of_half));
    int32_t square = ck_fixed_multiply(q, q);
    int32_t numerator =
        ck_wrapping_add(ck_fixed_multiply(q, r), ck_fixed_multiply(ck_fixed_multiply(q, square), numerator_a));
    int32_t denominator = ck_wrapping_add(
        ck_fixed_multiply(p, ck_wrapping_add(ck_wrapping_add(inner, q), ck_fixed_multiply(denominator_a, square))),
        ck_fixed_multiply(outer, q));
    int32_t fraction = ck_fixed_multiply(ck_divide_by_power(numerator, 6), ck_reciprocal(denominator));
    return ck_saturating_shift(ck_wrapping_add(ck_fixed_multiply(power, log_2), fraction), 1);
}

void ck_log_softmax_bytes_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_log_softmax *p = parameters;
    for (ptrdiff_t row = begin; row < end; row++) {
        const uint8_t *x = (const uint8_t *)buffers[0] + row * p->count;
        uint8_t *y = (uint8_t *)buffers[1] + row * p->count;
        int32_t largest = INT8_MIN;
        for (ptrdiff_t i = 0; i < p->count; i++) {
            int8_t value = (int8_t)(x[i] ^ p->flip);
            largest = value > largest ? value : largest;
        }
        uint32_t sum = 0;
        for (ptrdiff_t i = 0; i < p->count; i++) {
            int32_t difference = (int8_t)(x[i] ^ p->flip) - largest;
            if (difference < p->minimum_difference) continue;
            int32_t scaled = ck_rescale(difference, p->multiplier, p->left, 0);
            sum += (uint32_t)ck_divide_by_power(ck_exp_of_negative(scaled), 12);
        }
        int32_t log_sum = logarithm((int32_t)sum);
        int32_t lowest = ck_rescale(
            ck_wrapping_add(log_sum, INT32_MIN), p->reverse_multiplier, 0, p->reverse_right);
        if (lowest < p->minimum_difference - 1) lowest = p->minimum_difference - 1;
        for (ptrdiff_t i = 0; i < p->count; i++) {
            int32_t difference = (int8_t)(x[i] ^ p->flip) - largest, value = INT8_MIN;
            if (difference > lowest) {
                int32_t scaled = ck_rescale(difference, p->multiplier, p->left, 0);
                value = ck_divide_by_power((int32_t)((uint32_t)scaled - (uint32_t)log_sum), 22) + 127;
                value = ck_clamp(value, INT8_MIN, INT8_MAX);
            }
            y[i] = (uint8_t)value ^ p->flip;
        }
    }
}
