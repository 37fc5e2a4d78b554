// Functions of one quantized number, of which tables are made.
#include "../declarations.h"

#include "../numeric/fixed_point_functions.h"
#include <math.h>

int16_t ck_interpolate(const int16_t *steps, int16_t x) {
    int index = 256 + (x >> 7), offset = x & 127;
    int16_t base = steps[index], slope = (int16_t)(steps[index + 1] - base);
    return (int16_t)(base + ((slope * offset + 64) >> 7));
}

// The logistic function of i / 24, in 1/65536.
static uint32_t logistic_step(uint32_t i) {
    double value = round(65536 / (1 + exp((double)i / -24)));
    return value > 65535 ? 65535 : (uint32_t)value;
}

static int32_t scaled_input(int32_t x, int32_t multiplier, int32_t shift) {
    int32_t round = shift > 0 ? 1 << (shift - 1) : 0;
    return ck_wrapping_add((int32_t)((uint32_t)x * (uint32_t)multiplier), round) >> shift;
}

int32_t ck_logistic_16(int32_t x, int32_t multiplier, int32_t shift) {
    int32_t input = scaled_input(x, multiplier, shift);
    uint32_t magnitude = input < 0 ? 0u - (uint32_t)input : (uint32_t)input, index = magnitude >> 9;
    uint32_t result = 0x7fff << 10;
    if (index < 255) {
        uint32_t low = logistic_step(index);
        result = (low << 9) + (magnitude & 0x1ff) * (logistic_step(index + 1) - low);
    }
    result = input >= 0 ? result + (1 << 9) : (1 << 25) - result + (1 << 9) - 1;
    return (int16_t)(result >> 10);
}

int32_t ck_tanh_16(int32_t x, int32_t multiplier, int32_t shift) {
    int32_t input = scaled_input(x, multiplier, shift);
    uint32_t magnitude = input < 0 ? 0u - (uint32_t)input : (uint32_t)input, index = magnitude >> 8;
    int32_t result = 0xffff << 8;
    if (index < 255) {
        uint32_t low = logistic_step(index);
        result = (int32_t)((low << 8) + (magnitude & 0xff) * (logistic_step(index + 1) - low));
    }
    result = input >= 0 ? result - (1 << 23) + (1 << 7) : -result + (1 << 23) + (1 << 7) - 1;
    return (int16_t)(result >> 8);
}

// One over the square root of half of `x` in Q3.28 by Newton's method, with gemmlowp's rescalings.
static int32_t newton_inverse_root(int32_t x) {
    int32_t half = ck_divide_by_power(x, 1), three_halves = (1 << 28) + (1 << 27), root = 1 << 28;
    for (int i = 0; i < 5; i++) {
        // Q9.22 back to Q3.28, Q6.25 back to Q3.28.
        int32_t cube = ck_saturating_shift(ck_fixed_multiply(ck_fixed_multiply(root, root), root), 6);
        root = ck_saturating_shift(
            ck_wrapping_add(ck_fixed_multiply(three_halves, root), -ck_fixed_multiply(half, cube)), 3);
    }
    return ck_fixed_multiply(root, 1518500250);
}

void ck_inverse_square_root(int32_t x, int32_t *multiplier, int32_t *shift) {
    if (x <= 1) {
        *multiplier = INT32_MAX;
        *shift = 0;
        return;
    }
    int32_t exponent = 11;
    for (; x >= 1 << 29; x /= 4) exponent++;
    int pairs = (__builtin_clz((uint32_t)x) - 1) / 2 - 1;
    exponent -= pairs;
    *multiplier = newton_inverse_root((int32_t)((uint32_t)x << 2 * pairs) >> 1);
    if (exponent < 0) {
        *multiplier = (int32_t)((uint32_t)*multiplier << -exponent);
        exponent = 0;
    }
    *shift = exponent;
}
