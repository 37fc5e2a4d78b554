#include "../declarations.h"

#include <float.h>

static ptrdiff_t offset(ptrdiff_t index, ptrdiff_t rank, const ptrdiff_t *sizes, const ptrdiff_t *strides) {
    ptrdiff_t offset = 0;
    for (ptrdiff_t axis = rank; axis-- > 0; index /= sizes[axis]) offset += index % sizes[axis] * strides[axis];
    return offset;
}

// Folds the elements that one output stands for into `sum`. The innermost reduced axis is a plain loop.
#define FOLD(element, accumulator, initial, step)                                                        \
    accumulator sum = initial;                                                                           \
    {                                                                                                    \
        ptrdiff_t rank = p->reduced_rank;                                                                \
        ptrdiff_t inner = rank ? p->reduced_sizes[rank - 1] : 1;                                         \
        ptrdiff_t stride = rank ? p->reduced_strides[rank - 1] : 0;                                      \
        for (ptrdiff_t run = 0; run < p->reduced_count / inner; run++) {                                 \
            const element *values =                                                                      \
                base + (rank ? offset(run, rank - 1, p->reduced_sizes, p->reduced_strides) : 0);         \
            for (ptrdiff_t i = 0; i < inner; i++) {                                                      \
                accumulator x = values[i * stride];                                                      \
                sum = step;                                                                              \
            }                                                                                            \
        }                                                                                                \
    }

#define OUTPUTS(element)                                                                                 \
    const ck_reduce *p = parameters;                                                                     \
    element *y = buffers[1];                                                                             \
    for (ptrdiff_t unit = begin; unit < end; unit++) {                                                   \
        const element *base =                                                                            \
            (const element *)buffers[0] + offset(unit, p->kept_rank, p->kept_sizes, p->kept_strides);

void ck_reduce_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    OUTPUTS(float)
        switch (p->operation) {
        case CK_MEAN: { FOLD(float, float, 0, sum + x) y[unit] = sum / (float)p->reduced_count; break; }
        case CK_SUM: { FOLD(float, float, 0, sum + x) y[unit] = sum; break; }
        case CK_PRODUCT: { FOLD(float, float, 1, sum * x) y[unit] = sum; break; }
        case CK_MAX: { FOLD(float, float, -FLT_MAX, x > sum ? x : sum) y[unit] = sum; break; }
        case CK_MIN: { FOLD(float, float, FLT_MAX, x < sum ? x : sum) y[unit] = sum; break; }
        }
    }
}

// Whole numbers wrap.
#define WHOLE(name, element, lowest, highest)                                                                   \
    void name(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {                   \
        OUTPUTS(element)                                                                                        \
            switch (p->operation) {                                                                             \
            case CK_MEAN: { FOLD(element, uint64_t, 0, sum + x)                                                 \
                y[unit] = (element)((int64_t)sum / p->reduced_count); break; }                                  \
            case CK_SUM: { FOLD(element, uint64_t, 0, sum + x) y[unit] = (element)sum; break; }                 \
            case CK_PRODUCT: { FOLD(element, uint64_t, 1, sum * x) y[unit] = (element)sum; break; }             \
            case CK_MAX: { FOLD(element, element, lowest, x > sum ? x : sum) y[unit] = sum; break; }            \
            case CK_MIN: { FOLD(element, element, highest, x < sum ? x : sum) y[unit] = sum; break; }           \
            }                                                                                                   \
        }                                                                                                       \
    }

WHOLE(ck_reduce_int32_portable, int32_t, INT32_MIN, INT32_MAX)
WHOLE(ck_reduce_int64_portable, int64_t, INT64_MIN, INT64_MAX)
