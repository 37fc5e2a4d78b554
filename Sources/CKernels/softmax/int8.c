// Softmax in gemmlowp's fixed point, as LiteRT's reference kernel computes it. Qa.b has a integer and b fraction bits.
#include "../declarations.h"

#include "../numeric/fixed_point.h"

static int32_t multiply(int32_t a, int32_t b) { return ck_doubling_high_multiply(a, b); }

static int32_t saturating_shift(int32_t x, int shift) {
    int64_t wide = (int64_t)x * (1 << shift);
    return (int32_t)(wide > INT32_MAX ? INT32_MAX : wide < INT32_MIN ? INT32_MIN : wide);
}

// exp(a) for a in [-1/4, 0), both Q0.31: four Taylor terms around -1/8.
static int32_t exp_of_small(int32_t a) {
    const int32_t exp_of_minus_eighth = 1895147668, third = 715827883;
    int32_t x = a + (1 << 28);
    int32_t x2 = multiply(x, x), x3 = multiply(x2, x), x4 = multiply(x2, x2);
    int32_t tail = multiply(ck_divide_by_power(x4, 2) + x3, third) + x2;
    return exp_of_minus_eighth + multiply(exp_of_minus_eighth, x + ck_divide_by_power(tail, 1));
}

// exp(a) as Q0.31 for a ≤ 0 in Q5.26: the part below 1/4 by the polynomial, each bit above it by a factor.
static int32_t exp_of_negative(int32_t a) {
    // exp(-2^(k-2)) in Q0.31
    static const int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    if (a == 0) return INT32_MAX;
    const int32_t quarter = 1 << 24;
    int32_t small = (a & (quarter - 1)) - quarter;
    int32_t result = exp_of_small(saturating_shift(small, 5));
    int32_t rest = small - a;
    for (int k = 0; k < 7; k++)
        if (rest & (1 << (24 + k))) result = multiply(result, factors[k]);
    return result;
}

// 1 / (1 + a) in Q0.31 for a in [0, 1) in Q0.31: three Newton steps on Q2.29.
static int32_t reciprocal(int32_t a) {
    int64_t sum = (int64_t)a + INT32_MAX;
    int32_t half = (int32_t)((sum + (sum >= 0 ? 1 : -1)) / 2);
    int32_t x = ck_wrapping_add(1515870810, multiply(half, -1010580540));
    for (int i = 0; i < 3; i++) {
        int32_t error = ck_wrapping_add(1 << 29, -multiply(half, x));
        x = ck_wrapping_add(x, saturating_shift(multiply(x, error), 2));
    }
    return saturating_shift(x, 1);
}

void ck_softmax_int8_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_softmax *p = parameters;
    // exp of each difference to the largest element, which is at most 255.
    int32_t exponentials[256];
    for (int32_t d = 0; d < 256; d++)
        exponentials[d] = -d < p->minimum_difference
            ? -1 : exp_of_negative(multiply((int32_t)((uint32_t)-d << p->left), p->multiplier));
    for (ptrdiff_t row = begin; row < end; row++) {
        const int8_t *x = (const int8_t *)buffers[0] + row * p->count;
        int8_t *y = (int8_t *)buffers[1] + row * p->count;
        int32_t largest = INT8_MIN;
        for (ptrdiff_t i = 0; i < p->count; i++) largest = x[i] > largest ? x[i] : largest;
        uint64_t total = 0;
        for (ptrdiff_t i = 0; i < p->count; i++) {
            int32_t exponential = exponentials[largest - x[i]];
            if (exponential >= 0) total += (uint32_t)ck_divide_by_power(exponential, 12);
        }
        // The largest element alone adds 2¹⁹, so that there are at most 12 zeros in front.
        uint32_t sum = total > UINT32_MAX ? UINT32_MAX : (uint32_t)total;
        int zeros = sum ? __builtin_clz(sum) : 31;
        int32_t scale = reciprocal((int32_t)((sum << zeros) - (1u << 31)));
        int32_t exponent = 12 - zeros + 31 - 8;
        for (ptrdiff_t i = 0; i < p->count; i++) {
            int32_t exponential = exponentials[largest - x[i]];
            // A quotient by 2³² rounds to nothing.
            y[i] = exponential < 0 || exponent > 31
                ? INT8_MIN
                : (int8_t)ck_clamp(
                    ck_divide_by_power(multiply(scale, exponential), exponent) + INT8_MIN, INT8_MIN, INT8_MAX);
        }
    }
}
