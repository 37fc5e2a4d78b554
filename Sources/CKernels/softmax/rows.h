// Template of the softmax family: see numeric/elements.h. float32/softmax.h has the kernels of single precision.
#define KERNEL(family) CK_PASTE(CK_PASTE(CK_PASTE(ck_, family), CK_PASTE(_, NAME)), _portable)

#define ROWS                                                                          \
    const ck_softmax *p = parameters;                                                 \
    for (ptrdiff_t row = begin; row < end; row++) {                                   \
        ptrdiff_t stride = p->stride, length = p->count * stride;                     \
        ptrdiff_t start = row / stride * length + row % stride;                       \
        const ELEMENT *x = (const ELEMENT *)buffers[0] + start;                       \
        ELEMENT *y = (ELEMENT *)buffers[1] + start;

#if !defined(IS_SINGLE)
static inline ELEMENT CK_PASTE(largest_, NAME)(const ELEMENT *x, ptrdiff_t length, ptrdiff_t stride) {
    // Finite, so that a row of negative infinities is no number and not 0/0 of something else.
    ELEMENT largest = -DBL_MAX;
    for (ptrdiff_t i = 0; i < length; i += stride) largest = x[i] > largest ? x[i] : largest;
    return largest;
}

void KERNEL(softmax)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    ROWS
        ELEMENT largest = CK_PASTE(largest_, NAME)(x, length, stride), sum = 0;
        for (ptrdiff_t i = 0; i < length; i += stride) sum += y[i] = FN(exp)((x[i] - largest) * p->beta);
        for (ptrdiff_t i = 0; i < length; i += stride) y[i] = y[i] / sum;
    }
}

void KERNEL(log_softmax)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    ROWS
        ELEMENT largest = CK_PASTE(largest_, NAME)(x, length, stride), sum = 0;
        for (ptrdiff_t i = 0; i < length; i += stride) sum += FN(exp)(x[i] - largest);
        ELEMENT logarithm = FN(log)(sum);
        for (ptrdiff_t i = 0; i < length; i += stride) y[i] = x[i] - largest - logarithm;
    }
}

#endif

// 1 at the first of the largest elements, 0 elsewhere.
void KERNEL(hardmax)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    ROWS
        ptrdiff_t best = 0;
        for (ptrdiff_t i = 0; i < length; i += stride) best = x[i] > x[best] ? i : best;
        for (ptrdiff_t i = 0; i < length; i += stride) y[i] = i == best;
    }
}

#undef KERNEL
#undef ROWS
