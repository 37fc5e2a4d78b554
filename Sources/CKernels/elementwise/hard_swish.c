// LiteRT's 16-bit fixed-point hard swish: x · relu6(x + 3) / 6, where relu6(x + 3) / 6 is a number in [0, 1].
#include "ckernels.h"

#include "../numeric/fixed_point.h"

static int16_t saturate(int64_t x) { return (int16_t)(x > INT16_MAX ? INT16_MAX : x < INT16_MIN ? INT16_MIN : x); }

// a · b / 2¹⁵, rounded to nearest, ties away from zero.
static int16_t rounding_multiply(int16_t a, int16_t b) {
    if (a == INT16_MIN && b == INT16_MIN) return INT16_MAX;
    int32_t product = (int32_t)a * b;
    return (int16_t)((product + (product >= 0 ? 1 << 14 : 1 - (1 << 14))) / (1 << 15));
}

// a · b / 2¹⁵, rounded towards zero.
static int16_t truncating_multiply(int16_t a, int16_t b) {
    if (a == INT16_MIN && b == INT16_MIN) return INT16_MAX;
    return (int16_t)((int32_t)a * b / (1 << 15));
}

void ck_hard_swish_table(const ck_hard_swish *p, int32_t *table) {
    for (int32_t i = 0; i < 256; i++) {
        int32_t q = p->lowest + i;
        int16_t fine = (int16_t)((q - p->input_zero_point) * (1 << 7));
        int16_t scaled = rounding_multiply(fine, p->output_multiplier);
        int16_t gate = fine;
        if (p->reluish_exponent > 0) gate = saturate(gate * ((int64_t)1 << (p->reluish_exponent - 1)));
        gate = rounding_multiply(gate, p->reluish_multiplier);
        if (p->reluish_exponent > 0) gate = saturate((int64_t)gate * 2);
        if (p->reluish_exponent < 0) gate = (int16_t)ck_divide_by_power(gate, -p->reluish_exponent);
        gate = (int16_t)((gate + (1 << 15)) >> 1);
        int32_t y = ck_divide_by_power(truncating_multiply(gate, scaled), -p->output_exponent);
        table[i] = ck_clamp((int16_t)(y + p->output_zero_point), p->lowest, p->lowest + 255);
    }
}

int32_t ck_requantize(int32_t x, int32_t multiplier, int32_t left, int32_t right) {
    return ck_rescale(x, multiplier, left, right);
}
