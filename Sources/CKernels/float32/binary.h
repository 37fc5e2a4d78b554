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

// Short dense runs behind each other, with one run of the other operand for all of them: as one long run by a pattern.
#define FLAT_RUNS(a_value, b_value, expression)                                                       \
    {                                                                                                 \
        lanes_f32 pattern[MOST_PERIODS];                                                              \
        CK_NAME(make_pattern_float32)((const float *)buffers[repeated], p->inner, periods, pattern);                   \
        ptrdiff_t start = begin * p->inner, length = (end * p->inner < p->count ? end * p->inner : p->count) - start; \
        const float *dense = (const float *)buffers[1 - repeated] + start;                            \
        float *y = (float *)buffers[2] + start;                                                       \
        ptrdiff_t phase = 0;                                                                          \
        LANES_OF(a_value, b_value, (phase = phase + 1 < periods ? phase + 1 : 0, expression))         \
        return;                                                                                       \
    }

#define RUNS_OF_TWO(expression)                                                                               \
    if (repeated == 1) FLAT_RUNS(load_lanes(dense + i), pattern[phase], expression)                           \
    if (repeated == 0) FLAT_RUNS(pattern[phase], load_lanes(dense + i), expression)                           \
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

#define MOST_PERIODS 8

// `count` floats over and over, until a vector begins with the first of them again.
static void CK_NAME(make_pattern_float32)(const float *x, ptrdiff_t count, ptrdiff_t periods, lanes_f32 *pattern) {
    for (ptrdiff_t i = 0; i < periods * CK_LANES; i++) pattern[i / CK_LANES][i % CK_LANES] = x[i % count];
}

// How many vectors that takes; 0 if they are too many for their pattern to be worth it.
static ptrdiff_t CK_NAME(periods_float32)(const ck_binary *p, ptrdiff_t runs) {
    ptrdiff_t periods = 1;
    while (periods <= MOST_PERIODS && periods * CK_LANES % p->inner != 0) periods++;
    return periods <= MOST_PERIODS && runs * p->inner >= 16 * periods * CK_LANES ? periods : 0;
}

// The operand, 0 or 1, of which all runs are the same short one while those of the other lie behind each other; −1 if
// there is none.
static int CK_NAME(repeated_float32)(const ck_binary *p) {
    if (p->rank != 1 || p->a_step != 1 || p->b_step != 1) return -1;
    if (p->a_strides[0] == p->inner && p->b_strides[0] == 0) return 1;
    return p->b_strides[0] == p->inner && p->a_strides[0] == 0 ? 0 : -1;
}

void CK_NAME(ck_arithmetic_float32)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_binary *p = parameters;
    int is_dense = (p->a_step == 1 && (p->b_step == 0 || p->b_step == 1)) || (p->a_step == 0 && p->b_step == 1);
    if (!is_dense) return ck_arithmetic_float32_libc(parameters, buffers, begin, end);
    lanes_f32 low = all_lanes(p->minimum), high = all_lanes(p->maximum);
    ck_walk walk = ck_walk_from(p, begin);
    int repeated = CK_NAME(repeated_float32)(p);
    ptrdiff_t periods = repeated < 0 ? 0 : CK_NAME(periods_float32)(p, end - begin);
    if (periods == 0) repeated = -1;
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
#undef FLAT_RUNS
#undef MOST_PERIODS
#undef RUNS_OF_TWO
