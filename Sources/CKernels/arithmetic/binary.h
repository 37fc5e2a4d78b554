// Template of arithmetic and comparisons: see numeric/elements.h.
#define F(name) CK_PASTE(CK_PASTE(name, _), NAME)

#if REAL
static inline ELEMENT F(floored_modulo)(ELEMENT a, ELEMENT b) {
    ELEMENT remainder = FN(fmod)(a, b);
    // Zero takes the divisor's sign.
    if (remainder == 0) return FN(copysign)(remainder, b);
    return (b < 0) != (remainder < 0) ? remainder + b : remainder;
}

#define ARITHMETIC(expression) CK_RUNS_OF_TWO(ELEMENT, ELEMENT, F(between)(expression, p->minimum, p->maximum))
static inline ELEMENT F(between)(ELEMENT x, float low, float high) {
    ELEMENT raised = x < (ELEMENT)low ? (ELEMENT)low : x;
    return raised > (ELEMENT)high ? (ELEMENT)high : raised;
}
#else
// Sums wrap, and what has no result (a division by zero) is 0.
static inline ELEMENT F(quotient)(ELEMENT a, ELEMENT b) {
#if IS_SIGNED
    if (b == -1) return (ELEMENT)(0 - (UNSIGNED)a);
#endif
    return b == 0 ? 0 : (ELEMENT)(a / b);
}
static inline ELEMENT F(remainder)(ELEMENT a, ELEMENT b) {
#if IS_SIGNED
    if (b == -1) return 0;
#endif
    return b == 0 ? 0 : (ELEMENT)(a % b);
}
static inline ELEMENT F(floored_modulo)(ELEMENT a, ELEMENT b) {
    ELEMENT remainder = F(remainder)(a, b);
#if IS_SIGNED
    if (remainder != 0 && (b < 0) != (remainder < 0)) return (ELEMENT)(remainder + b);
#endif
    return remainder;
}
static inline ELEMENT F(floored_quotient)(ELEMENT a, ELEMENT b) {
    ELEMENT quotient = F(quotient)(a, b);
#if IS_SIGNED
    if ((a < 0) != (b < 0) && F(remainder)(a, b) != 0) return (ELEMENT)(quotient - 1);
#endif
    return quotient;
}
// A negative exponent leaves what is left of the fraction: nothing, but for powers of 1 and −1.
static inline ELEMENT F(power)(ELEMENT a, ELEMENT b) {
#if IS_SIGNED
    if (b < 0) return a == 1 ? 1 : a == -1 ? (b & 1 ? -1 : 1) : 0;
#endif
    uint64_t result = 1, factor = (uint64_t)a;
    for (UNSIGNED exponent = (UNSIGNED)b; exponent; exponent >>= 1, factor *= factor)
        if (exponent & 1) result *= factor;
    return (ELEMENT)result;
}
// A shift by the width or more, which a negative one is, leaves zeros or signs.
static inline ELEMENT F(shifted_left)(ELEMENT a, ELEMENT b) {
    return (UNSIGNED)b < WIDTH ? (ELEMENT)((uint64_t)(UNSIGNED)a << b) : 0;
}
static inline ELEMENT F(shifted_right)(ELEMENT a, ELEMENT b) {
    return (UNSIGNED)b < WIDTH ? (ELEMENT)(a >> b) : (ELEMENT)(a < 0 ? -1 : 0);
}
// Types narrower than int would overflow in it; 64 bits without a sign wrap.
#define WRAPPED(x) ((uint64_t)(x))
#define ARITHMETIC(expression) CK_RUNS_OF_TWO(ELEMENT, ELEMENT, expression)
#endif

void CK_PASTE(CK_PASTE(ck_arithmetic_, NAME), _portable)(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_binary *p = parameters;
    switch (p->operation) {
    // What is no number stays so.
    case CK_MAXIMUM: ARITHMETIC(a > b || a != a ? a : b)
    case CK_MINIMUM: ARITHMETIC(a < b || a != a ? a : b)
    case CK_FLOOR_MODULO: ARITHMETIC(F(floored_modulo)(a, b))
#if REAL
    case CK_ADD: ARITHMETIC(a + b)
    case CK_SUBTRACT: ARITHMETIC(a - b)
    case CK_MULTIPLY: ARITHMETIC(a * b)
    case CK_DIVIDE: ARITHMETIC(a / b)
    case CK_POWER: ARITHMETIC(FN(pow)(a, b))
    case CK_SQUARED_DIFFERENCE: ARITHMETIC((a - b) * (a - b))
    case CK_FLOOR_DIVIDE: ARITHMETIC(FN(floor)(a / b))
    case CK_REMAINDER: ARITHMETIC(FN(fmod)(a, b))
    case CK_ATAN2: ARITHMETIC(FN(atan2)(a, b))
    case CK_PRELU: ARITHMETIC(a < 0 ? a * b : a)
#else
    case CK_ADD: ARITHMETIC(WRAPPED(a) + WRAPPED(b))
    case CK_SUBTRACT: ARITHMETIC(WRAPPED(a) - WRAPPED(b))
    case CK_MULTIPLY: ARITHMETIC(WRAPPED(a) * WRAPPED(b))
    case CK_DIVIDE: ARITHMETIC(F(quotient)(a, b))
    case CK_POWER: ARITHMETIC(F(power)(a, b))
    case CK_SQUARED_DIFFERENCE: ARITHMETIC((WRAPPED(a) - WRAPPED(b)) * (WRAPPED(a) - WRAPPED(b)))
    case CK_FLOOR_DIVIDE: ARITHMETIC(F(floored_quotient)(a, b))
    case CK_REMAINDER: ARITHMETIC(F(remainder)(a, b))
    case CK_PRELU: ARITHMETIC(a < 0 ? WRAPPED(a) * WRAPPED(b) : WRAPPED(a))
    case CK_AND: ARITHMETIC(a & b)
    case CK_OR: ARITHMETIC(a | b)
    case CK_EXCLUSIVE_OR: ARITHMETIC(a ^ b)
    case CK_SHIFT_LEFT: ARITHMETIC(F(shifted_left)(a, b))
    case CK_SHIFT_RIGHT: ARITHMETIC(F(shifted_right)(a, b))
#endif
    }
}

void CK_PASTE(CK_PASTE(ck_compare_, NAME), _portable)(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_binary *p = parameters;
    switch (p->operation) {
    case CK_EQUAL: CK_RUNS_OF_TWO(ELEMENT, uint8_t, a == b)
    case CK_NOT_EQUAL: CK_RUNS_OF_TWO(ELEMENT, uint8_t, a != b)
    case CK_LESS: CK_RUNS_OF_TWO(ELEMENT, uint8_t, a < b)
    case CK_LESS_OR_EQUAL: CK_RUNS_OF_TWO(ELEMENT, uint8_t, a <= b)
    case CK_GREATER: CK_RUNS_OF_TWO(ELEMENT, uint8_t, a > b)
    case CK_GREATER_OR_EQUAL: CK_RUNS_OF_TWO(ELEMENT, uint8_t, a >= b)
    }
}

#undef F
#undef ARITHMETIC
#undef WRAPPED
