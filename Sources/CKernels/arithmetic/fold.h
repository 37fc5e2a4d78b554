// Template of reductions: see numeric/elements.h. Real sums are accumulated in double precision; whole ones wrap.
#if REAL
#define SUM double
#else
#define SUM uint64_t
#endif
#define F(name) CK_PASTE(CK_PASTE(name, _), NAME)

// Folds the elements that one output stands for. The innermost reduced axis is a plain loop.
#define FOLD(type, initial, step)                                                                        \
    type sum = initial;                                                                                  \
    for (ptrdiff_t run = 0; run < runs; run++) {                                                         \
        const ELEMENT *values = base + ck_run_offset(run, rank - 1, p->reduced_sizes, p->reduced_strides); \
        for (ptrdiff_t i = 0; i < inner; i++) {                                                          \
            ELEMENT x = values[i * stride];                                                              \
            sum = step;                                                                                  \
        }                                                                                                \
    }

#if !REAL
// A real number as a whole one, within the range.
static inline ELEMENT F(whole)(double x) {
    return x >= (double)HIGHEST ? HIGHEST : x > (double)LOWEST ? (ELEMENT)x : LOWEST;
}
#endif

static ELEMENT F(folded)(const ck_reduce *p, const ELEMENT *base) {
    ptrdiff_t rank = p->reduced_rank, inner = p->reduced_sizes[rank - 1], stride = p->reduced_strides[rank - 1];
    ptrdiff_t runs = inner ? p->reduced_count / inner : 0;
    switch (p->operation) {
    case CK_SUM: { FOLD(SUM, 0, sum + (SUM)x) return (ELEMENT)sum; }
    case CK_PRODUCT: { FOLD(SUM, 1, sum * (SUM)x) return (ELEMENT)sum; }
    case CK_SUM_OF_SQUARES: { FOLD(SUM, 0, sum + (SUM)x * (SUM)x) return (ELEMENT)sum; }
    case CK_ANY: { FOLD(int, 0, sum | (x != 0)) return (ELEMENT)sum; }
    case CK_ALL: { FOLD(int, 1, sum & (x != 0)) return (ELEMENT)sum; }
    // What is no number stays so.
    case CK_MAX: { FOLD(ELEMENT, LOWEST, x > sum || x != x ? x : sum) return sum; }
    case CK_MIN: { FOLD(ELEMENT, HIGHEST, x < sum || x != x ? x : sum) return sum; }
#if REAL
    case CK_MEAN: { FOLD(double, 0, sum + (double)x) return (ELEMENT)(sum / (double)p->reduced_count); }
    case CK_L1: { FOLD(double, 0, sum + fabs((double)x)) return (ELEMENT)sum; }
    case CK_L2: { FOLD(double, 0, sum + (double)x * (double)x) return (ELEMENT)sqrt(sum); }
    case CK_LOG_SUM: { FOLD(double, 0, sum + (double)x) return (ELEMENT)log(sum); }
    case CK_LOG_SUM_EXP: {
        double largest;
        { FOLD(double, -INFINITY, (double)x > sum ? (double)x : sum) largest = sum; }
        // Differences to infinity are no numbers.
        if (isinf(largest)) largest = 0;
        FOLD(double, 0, sum + exp((double)x - largest))
        return (ELEMENT)(log(sum) + largest);
    }
#else
    case CK_MEAN: {
        FOLD(uint64_t, 0, sum + (uint64_t)x)
        if (p->reduced_count == 0) return 0;
#if IS_SIGNED
        return (ELEMENT)((int64_t)sum / p->reduced_count);
#else
        return (ELEMENT)(sum / (uint64_t)p->reduced_count);
#endif
    }
#if IS_SIGNED
    case CK_L1: { FOLD(uint64_t, 0, sum + (x < 0 ? 0 - (uint64_t)x : (uint64_t)x)) return (ELEMENT)sum; }
#else
    case CK_L1: { FOLD(uint64_t, 0, sum + (uint64_t)x) return (ELEMENT)sum; }
#endif
    case CK_L2: { FOLD(double, 0, sum + (double)x * (double)x) return (ELEMENT)F(whole)(sqrt(sum)); }
    case CK_LOG_SUM: { FOLD(double, 0, sum + (double)x) return (ELEMENT)F(whole)(log(sum)); }
    case CK_LOG_SUM_EXP: { FOLD(double, 0, sum + exp((double)x)) return (ELEMENT)F(whole)(log(sum)); }
#endif
    }
    return 0;
}

void CK_PASTE(CK_PASTE(ck_fold_, NAME), _portable)(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_reduce *p = parameters;
    ELEMENT *y = buffers[1];
    for (ptrdiff_t unit = begin; unit < end; unit++)
        y[unit] = F(folded)(
            p, (const ELEMENT *)buffers[0] + ck_run_offset(unit, p->kept_rank, p->kept_sizes, p->kept_strides));
}

#undef F
#undef FOLD
#undef SUM
