// Arithmetic of two floats whose runs are dense or stand still; other runs and operators are left to the plain kernel.
#include "../arithmetic/libc.h"
#include "../numeric/runs.h"

// y[i] = expression of a and b. Clamps let pass what is no number.
#define LANES_OF(a_value, b_value, expression)                                                        \
    {                                                                                                 \
        ptrdiff_t i = 0;                                                                              \
        for (; i + CK_LANES <= length; i += CK_LANES) {                                               \
            lanes_f32 a = a_value, b = b_value;                                                       \
            store_lanes(y + i, clamp_lanes(expression, low, high));                                   \
        }                                                                                             \
        if (i < length) {                                                                             \
            lanes_f32 a = a_value, b = b_value;                                                       \
            store_first_lanes(y + i, clamp_lanes(expression, low, high), length - i);                 \
        }                                                                                             \
    }

#define RUNS_OF_TWO(expression)                                                                               \
    for (ptrdiff_t unit = begin; unit < end; unit++) {                                                        \
        ptrdiff_t length = ck_run_length(unit, p->inner, p->count);                                           \
        const float *a_run = (const float *)buffers[0] + walk.a, *b_run = (const float *)buffers[1] + walk.b; \
        float *y = (float *)buffers[2] + unit * p->inner;                                                     \
        if (p->a_step == 1 && p->b_step == 1) {                                                               \
            LANES_OF(load_lanes(a_run + i), load_lanes(b_run + i), expression)                                \
        } else if (p->a_step == 1) {                                                                          \
            lanes_f32 still = all_lanes(*b_run);                                                              \
            LANES_OF(load_lanes(a_run + i), still, expression)                                                \
        } else {                                                                                              \
            lanes_f32 still = all_lanes(*a_run);                                                              \
            LANES_OF(still, load_lanes(b_run + i), expression)                                                \
        }                                                                                                     \
        ck_walk_on(&walk, p);                                                                                 \
    }                                                                                                         \
    return;

void CK_NAME(ck_arithmetic_float32)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_binary *p = parameters;
    int is_dense = (p->a_step == 1 && (p->b_step == 0 || p->b_step == 1)) || (p->a_step == 0 && p->b_step == 1);
    if (!is_dense) return ck_arithmetic_float32_libc(parameters, buffers, begin, end);
    lanes_f32 low = all_lanes(p->minimum), high = all_lanes(p->maximum);
    ck_walk walk = ck_walk_from(p, begin);
    switch (p->operation) {
    case CK_ADD: RUNS_OF_TWO(a + b)
    case CK_SUBTRACT: RUNS_OF_TWO(a - b)
    case CK_MULTIPLY: RUNS_OF_TWO(a * b)
    case CK_DIVIDE: RUNS_OF_TWO(a / b)
    // What is no number stays so.
    case CK_MAXIMUM: RUNS_OF_TWO(select_lanes((a > b) | (a != a), a, b))
    case CK_MINIMUM: RUNS_OF_TWO(select_lanes((a < b) | (a != a), a, b))
    case CK_SQUARED_DIFFERENCE: RUNS_OF_TWO((a - b) * (a - b))
    case CK_PRELU: RUNS_OF_TWO(select_lanes(a < all_lanes(0), a * b, a))
    }
    ck_arithmetic_float32_libc(parameters, buffers, begin, end);
}
#undef LANES_OF
#undef RUNS_OF_TWO
