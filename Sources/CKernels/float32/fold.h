// Reductions of floats. Sums are made in double precision. Results side by side whose elements lie side by side, too, are
// one vector; the dense elements of one result are cut into vectors; all others are left to the plain kernel.

// The elements x of a result, or of CK_LANES results, are put into `found` by `step`.
#define FOLD_ELEMENTS(type, start, step)                                                                    \
    {                                                                                                       \
        type found = start;                                                                                 \
        for (ptrdiff_t run = 0; run < runs; run++) {                                                        \
            const float *values = base + ck_run_offset(run, rank - 1, p->reduced_sizes, p->reduced_strides); \
            for (ptrdiff_t i = 0; i < inner; i++) {                                                         \
                lanes_f32 real = load_lanes(values + i * stride);                                           \
                type x = __builtin_convertvector(real, type);                                               \
                found = step;                                                                               \
            }                                                                                               \
        }                                                                                                   \
        return __builtin_convertvector(found, lanes_f64);                                                   \
    }

#define FOLD_DENSE(type, start, step)                                                                       \
    {                                                                                                       \
        type found = start;                                                                                 \
        for (ptrdiff_t run = 0; run < runs; run++) {                                                        \
            const float *values = base + ck_run_offset(run, rank - 1, p->reduced_sizes, p->reduced_strides); \
            for (ptrdiff_t i = 0; i < inner; i += CK_LANES) {                                               \
                lanes_f32 real = load_lanes(values + i);                                                    \
                if (inner - i < CK_LANES) real = first_lanes(real, inner - i, neutral);                     \
                type x = __builtin_convertvector(real, type);                                               \
                found = step;                                                                               \
            }                                                                                               \
        }                                                                                                   \
        return __builtin_convertvector(found, lanes_f64);                                                   \
    }

// What is no number stays so.
#define FOLD_EACH(fold)                                                                            \
    switch (p->operation) {                                                                        \
    case CK_SUM: case CK_MEAN: fold(lanes_f64, {}, found + x)                                      \
    case CK_SUM_OF_SQUARES: case CK_L2: fold(lanes_f64, {}, found + x * x)                         \
    case CK_L1: fold(lanes_f64, {}, found + (lanes_f64)((lanes_i64)x & INT64_MAX))                 \
    case CK_MAX: fold(lanes_f32, all_lanes(-INFINITY), select_lanes((x > found) | (x != x), x, found)) \
    default: fold(lanes_f32, all_lanes(INFINITY), select_lanes((x < found) | (x != x), x, found))  \
    }

typedef int64_t lanes_i64 __attribute__((vector_size(8 * CK_LANES), aligned(4)));

static inline __attribute__((always_inline)) lanes_f64 fold_abreast(
    const ck_reduce *p, const float *base, ptrdiff_t rank, ptrdiff_t runs, ptrdiff_t inner, ptrdiff_t stride) {
    FOLD_EACH(FOLD_ELEMENTS)
}

static inline __attribute__((always_inline)) lanes_f64 fold_dense(
    const ck_reduce *p, const float *base, ptrdiff_t rank, ptrdiff_t runs, ptrdiff_t inner, float neutral) {
    FOLD_EACH(FOLD_DENSE)
}
#undef FOLD_ELEMENTS
#undef FOLD_DENSE
#undef FOLD_EACH

static double fold_lanes(int32_t operation, lanes_f64 found) {
    double result = found[0];
    for (int i = 1; i < CK_LANES; i++) {
        double x = found[i];
        if (operation == CK_MAX) result = x > result || x != x ? x : result;
        else if (operation == CK_MIN) result = x < result || x != x ? x : result;
        else result += x;
    }
    return result;
}

static float fold_result(const ck_reduce *p, double found) {
    if (p->operation == CK_MEAN) return (float)(found / (double)p->reduced_count);
    return (float)(p->operation == CK_L2 ? sqrt(found) : found);
}

void CK_NAME(ck_fold_float32)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_reduce *p = parameters;
    ptrdiff_t rank = p->reduced_rank, inner = p->reduced_sizes[rank - 1], stride = p->reduced_strides[rank - 1];
    ptrdiff_t last = p->kept_rank - 1, across = p->kept_sizes[last];
    int is_known = p->operation == CK_SUM || p->operation == CK_MEAN || p->operation == CK_SUM_OF_SQUARES
        || p->operation == CK_L1 || p->operation == CK_L2 || p->operation == CK_MAX || p->operation == CK_MIN;
    int is_dense = stride == 1 && inner >= CK_LANES, is_abreast = p->kept_strides[last] == 1 && across > 1;
    if (!is_known || inner == 0 || !(is_dense || is_abreast))
        return ck_fold_float32_libc(parameters, buffers, begin, end);
    ptrdiff_t runs = p->reduced_count / inner;
    float neutral = p->operation == CK_MAX ? -INFINITY : p->operation == CK_MIN ? INFINITY : 0;
    float *y = buffers[1];
    for (ptrdiff_t unit = begin, results = 1; unit < end; unit += results) {
        const float *base =
            (const float *)buffers[0] + ck_run_offset(unit, p->kept_rank, p->kept_sizes, p->kept_strides);
        if (!is_abreast) {
            y[unit] = fold_result(p, fold_lanes(p->operation, fold_dense(p, base, rank, runs, inner, neutral)));
            continue;
        }
        results = across - unit % across;
        if (results > end - unit) results = end - unit;
        if (results > CK_LANES) results = CK_LANES;
        lanes_f64 found = fold_abreast(p, base, rank, runs, inner, stride);
        for (ptrdiff_t i = 0; i < results; i++) y[unit + i] = fold_result(p, found[i]);
    }
}
