#include "../declarations.h"

#include "../numeric/fixed_point.h"
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

void ck_reduce_int8_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    OUTPUTS(int8_t)
        switch (p->operation) {
        case CK_MEAN: {
            FOLD(int8_t, int32_t, 0, ck_wrapping_add(sum, x - p->input_zero_point))
            int32_t mean = ck_rescale(sum, p->multiplier, p->left, p->right);
            y[unit] = (int8_t)ck_clamp(ck_wrapping_add(mean, p->output_zero_point), INT8_MIN, INT8_MAX);
            break;
        }
        case CK_MAX: { FOLD(int8_t, int32_t, INT8_MIN, x > sum ? x : sum) y[unit] = (int8_t)sum; break; }
        case CK_MIN: { FOLD(int8_t, int32_t, INT8_MAX, x < sum ? x : sum) y[unit] = (int8_t)sum; break; }
        }
    }
}
