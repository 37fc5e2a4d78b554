// Softmax in gemmlowp's fixed point, as LiteRT's reference kernel computes it. Qa.b has a integer and b fraction bits.
#include "../declarations.h"

#include "../numeric/fixed_point_functions.h"

void ck_softmax_int8_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_softmax *p = parameters;
    // exp of each difference to the largest element, which is at most 255; of those that occur.
    int32_t exponentials[256];
    uint8_t is_known[256] = {0};
    for (ptrdiff_t row = begin; row < end; row++) {
        const uint8_t *x = (const uint8_t *)buffers[0] + row * p->count;
        uint8_t *y = (uint8_t *)buffers[1] + row * p->count;
        int32_t largest = INT8_MIN;
        for (ptrdiff_t i = 0; i < p->count; i++) {
            int8_t value = (int8_t)(x[i] ^ p->flip);
            largest = value > largest ? value : largest;
        }
        uint64_t total = 0;
        for (ptrdiff_t i = 0; i < p->count; i++) {
            int32_t d = largest - (int8_t)(x[i] ^ p->flip);
            if (!is_known[d]) {
                is_known[d] = 1;
                exponentials[d] = -d < p->minimum_difference
                    ? -1 : ck_exp_of_negative(ck_fixed_multiply((int32_t)((uint32_t)-d << p->left), p->multiplier));
            }
            int32_t exponential = exponentials[d];
            if (exponential >= 0) total += (uint32_t)ck_divide_by_power(exponential, 12);
        }
        // The largest element alone adds 2¹⁹, so that there are at most 12 zeros in front.
        uint32_t sum = total > UINT32_MAX ? UINT32_MAX : (uint32_t)total;
        int zeros = sum ? __builtin_clz(sum) : 31;
        int32_t scale = ck_reciprocal((int32_t)((sum << zeros) - (1u << 31)));
        int32_t exponent = 12 - zeros + 31 - 8;
        for (ptrdiff_t i = 0; i < p->count; i++) {
            int32_t exponential = exponentials[largest - (int8_t)(x[i] ^ p->flip)];
            // A quotient by 2³² rounds to nothing.
            int32_t value = exponential < 0 || exponent > 31
                ? INT8_MIN
                : ck_clamp(
                    ck_divide_by_power(ck_fixed_multiply(scale, exponential), exponent) + INT8_MIN, INT8_MIN,
                    INT8_MAX);
            y[i] = (uint8_t)value ^ p->flip;
        }
    }
}
