// Template of functions of one number: see numeric/elements.h.
#if REAL
static inline ELEMENT CK_PASTE(between_, NAME)(ELEMENT x, ELEMENT low, ELEMENT high) {
    ELEMENT raised = x < low ? low : x;
    return raised > high ? high : raised;
}

static inline ELEMENT CK_PASTE(softplus_, NAME)(ELEMENT x) {
    // exp(x) alone would overflow.
    return (x > 0 ? x : 0) + FN(log1p)(FN(exp)(-FN(fabs)(x)));
}

static inline ELEMENT CK_PASTE(value_, NAME)(int32_t operation, ELEMENT x, ELEMENT alpha, ELEMENT beta) {
#define BETWEEN CK_PASTE(between_, NAME)
    switch (operation) {
    case CK_RELU: return x < 0 ? 0 : x;
    case CK_RELU6: return BETWEEN(x, 0, 6);
    case CK_RELU_N1_TO_1: return BETWEEN(x, -1, 1);
    case CK_RELU_0_TO_1: return BETWEEN(x, 0, 1);
    case CK_LOGISTIC: return 1 / (1 + FN(exp)(-x));
    case CK_TANH: return FN(tanh)(x);
    case CK_HARD_SWISH: return x * BETWEEN(x + 3, 0, 6) / 6;
    case CK_ELU: return x < 0 ? FN(expm1)(x) : x;
    case CK_ABS: return FN(fabs)(x);
    case CK_NEGATE: return -x;
    case CK_EXP: return FN(exp)(x);
    case CK_LOG: return FN(log)(x);
    case CK_SQRT: return FN(sqrt)(x);
    case CK_RSQRT: return 1 / FN(sqrt)(x);
    case CK_SQUARE: return x * x;
    case CK_SIN: return FN(sin)(x);
    case CK_COS: return FN(cos)(x);
    case CK_FLOOR: return FN(floor)(x);
    case CK_CEIL: return FN(ceil)(x);
    case CK_ROUND: return FN(rint)(x);
    case CK_TAN: return FN(tan)(x);
    case CK_ASIN: return FN(asin)(x);
    case CK_ACOS: return FN(acos)(x);
    case CK_ATAN: return FN(atan)(x);
    case CK_SINH: return FN(sinh)(x);
    case CK_COSH: return FN(cosh)(x);
    case CK_ASINH: return FN(asinh)(x);
    case CK_ACOSH: return FN(acosh)(x);
    case CK_ATANH: return FN(atanh)(x);
    case CK_ERF: return FN(erf)(x);
    case CK_RECIPROCAL: return 1 / x;
    case CK_SIGN: return x > 0 ? 1 : x < 0 ? -1 : x;
    case CK_SOFTPLUS: return CK_PASTE(softplus_, NAME)(x);
    case CK_SOFTSIGN: return x / (1 + FN(fabs)(x));
    case CK_MISH: return x * FN(tanh)(CK_PASTE(softplus_, NAME)(x));
    case CK_LEAKY_RELU: return x < 0 ? alpha * x : x;
    case CK_SCALED_ELU: return x < 0 ? alpha * FN(expm1)(x) : x;
    case CK_SELU: return beta * (x > 0 ? x : alpha * FN(expm1)(x));
    case CK_CELU: return x < 0 ? alpha * FN(expm1)(x / alpha) : x;
    case CK_THRESHOLDED_RELU: return x > alpha ? x : 0;
    case CK_HARD_SIGMOID: return BETWEEN(alpha * x + beta, 0, 1);
    case CK_SHRINK: return x < -alpha ? x + beta : x > alpha ? x - beta : 0;
    case CK_SWISH: return x / (1 + FN(exp)(-alpha * x));
    case CK_CLAMP: return BETWEEN(x, alpha, beta);
    }
#undef BETWEEN
    return x;
}
#endif

void CK_PASTE(CK_PASTE(ck_math_, NAME), _portable)(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_unary *p = parameters;
    const ELEMENT *x = buffers[0];
    ELEMENT *y = buffers[1];
    ptrdiff_t first = begin * CK_CHUNK, last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count;
#define EACH(expression)                                                        \
    for (ptrdiff_t i = first; i < last; i++) y[i] = (ELEMENT)(expression);      \
    return;
    switch (p->operation) {
#if REAL
#define VALUE(code) EACH(CK_PASTE(value_, NAME)(code, x[i], alpha, beta))
    // The loops that are worth vectorizing.
    case CK_RELU: { ELEMENT alpha = 0, beta = 0; VALUE(CK_RELU) }
    case CK_RELU6: { ELEMENT alpha = 0, beta = 0; VALUE(CK_RELU6) }
    case CK_HARD_SWISH: { ELEMENT alpha = 0, beta = 0; VALUE(CK_HARD_SWISH) }
    case CK_LEAKY_RELU: { ELEMENT alpha = (ELEMENT)p->alpha, beta = 0; VALUE(CK_LEAKY_RELU) }
    case CK_HARD_SIGMOID: { ELEMENT alpha = (ELEMENT)p->alpha, beta = (ELEMENT)p->beta; VALUE(CK_HARD_SIGMOID) }
    case CK_CLAMP: { ELEMENT alpha = (ELEMENT)p->alpha, beta = (ELEMENT)p->beta; VALUE(CK_CLAMP) }
    case CK_NEGATE: { ELEMENT alpha = 0, beta = 0; VALUE(CK_NEGATE) }
    case CK_ABS: { ELEMENT alpha = 0, beta = 0; VALUE(CK_ABS) }
    case CK_SQRT: { ELEMENT alpha = 0, beta = 0; VALUE(CK_SQRT) }
    default: { ELEMENT alpha = (ELEMENT)p->alpha, beta = (ELEMENT)p->beta; VALUE(p->operation) }
#undef VALUE
#elif defined(IS_BOOL)
    case CK_NOT: EACH(x[i] == 0)
#else
    case CK_NOT: EACH(~x[i])
    case CK_SQUARE: EACH((uint64_t)x[i] * (uint64_t)x[i])
    case CK_NEGATE: EACH(0 - (UNSIGNED)x[i])
    case CK_RELU: EACH(x[i] > 0 ? x[i] : 0)
#if IS_SIGNED
    case CK_ABS: EACH(x[i] < 0 ? 0 - (UNSIGNED)x[i] : (UNSIGNED)x[i])
    case CK_SIGN: EACH(x[i] > 0 ? 1 : x[i] < 0 ? -1 : 0)
#else
    case CK_ABS: EACH(x[i])
    case CK_SIGN: EACH(x[i] > 0)
#endif
    case CK_FLOOR: case CK_CEIL: case CK_ROUND: EACH(x[i])
#endif
    }
#undef EACH
}
