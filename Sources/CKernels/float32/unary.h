// Functions of one float; those that are not here are left to the C library.
#include "../arithmetic/libc.h"

// A product that is never fused with a sum, so that all instruction sets give the same bits.
CK_INLINE lanes_f32 rounded_product(lanes_f32 a, lanes_f32 b) { return a * b; }

void CK_NAME(ck_math_float32)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_unary *p = parameters;
    ptrdiff_t first = begin * CK_CHUNK, last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count;
    const float *from = (const float *)buffers[0] + first;
    float *to = (float *)buffers[1] + first;
    ptrdiff_t count = last - first;
    lanes_f32 alpha = all_lanes((float)p->alpha), beta = all_lanes((float)p->beta);
    const lanes_f32 zero = all_lanes(0);
#define EACH(expression)                                                      \
    {                                                                         \
        ptrdiff_t i = 0;                                                      \
        for (; i + CK_LANES <= count; i += CK_LANES) {                        \
            lanes_f32 x = load_lanes(from + i);                               \
            store_lanes(to + i, expression);                                  \
        }                                                                     \
        if (i < count) {                                                      \
            lanes_f32 x = load_lanes(from + i);                               \
            store_first_lanes(to + i, expression, count - i);                 \
        }                                                                     \
        return;                                                               \
    }
#define BELOW_ZERO(expression) select_lanes(x < zero, expression, x)
    switch (p->operation) {
    case CK_RELU: EACH(select_lanes(x < zero, zero, x))
    case CK_RELU6: EACH(clamp_lanes(x, zero, all_lanes(6)))
    case CK_RELU_N1_TO_1: EACH(clamp_lanes(x, all_lanes(-1), all_lanes(1)))
    case CK_RELU_0_TO_1: EACH(clamp_lanes(x, zero, all_lanes(1)))
    case CK_CLAMP: EACH(clamp_lanes(x, alpha, beta))
    case CK_LOGISTIC: EACH(logistic_lanes(x))
    case CK_TANH: EACH(tanh_lanes(x))
    case CK_SWISH: EACH(x * logistic_lanes(alpha * x))
    case CK_HARD_SWISH: EACH(x * clamp_lanes(x + 3, zero, all_lanes(6)) / 6)
    case CK_HARD_SIGMOID: EACH(clamp_lanes(rounded_product(alpha, x) + beta, zero, all_lanes(1)))
    case CK_ABS: EACH(magnitude_of(x))
    case CK_NEGATE: EACH(-x)
    case CK_EXP: EACH(exp_lanes(x))
    case CK_LOG: EACH(log_lanes(x))
    case CK_SQRT: EACH(sqrt_lanes(x))
    case CK_RSQRT: EACH(1 / sqrt_lanes(x))
    case CK_RECIPROCAL: EACH(1 / x)
    case CK_SQUARE: EACH(x * x)
    case CK_FLOOR: EACH(floor_lanes(x))
    case CK_CEIL: EACH(ceil_lanes(x))
    case CK_ROUND: EACH(round_lanes(x))
    case CK_ERF: EACH(erf_lanes(x))
    case CK_SIGN: EACH(select_lanes(x > zero, all_lanes(1), select_lanes(x < zero, all_lanes(-1), x)))
    case CK_SOFTPLUS: EACH(softplus_lanes(x))
    case CK_SOFTSIGN: EACH(x / (1 + magnitude_of(x)))
    case CK_MISH: EACH(mish_lanes(x))
    case CK_ELU: EACH(BELOW_ZERO(expm1_lanes(x)))
    case CK_SCALED_ELU: EACH(BELOW_ZERO(alpha * expm1_lanes(x)))
    case CK_SELU: EACH(beta * select_lanes(x > zero, x, alpha * expm1_lanes(x)))
    case CK_CELU:
        // Quotients by a negative alpha are no arguments of the function here.
        if (p->alpha > 0) EACH(BELOW_ZERO(alpha * expm1_lanes(x / alpha)))
        break;
    case CK_LEAKY_RELU: EACH(BELOW_ZERO(alpha * x))
    case CK_THRESHOLDED_RELU: EACH(select_lanes(x > alpha, x, zero))
    case CK_SHRINK: EACH(select_lanes(x < -alpha, x + beta, select_lanes(x > alpha, x - beta, zero)))
    }
#undef EACH
#undef BELOW_ZERO
    ck_math_float32_libc(parameters, buffers, begin, end);
}
