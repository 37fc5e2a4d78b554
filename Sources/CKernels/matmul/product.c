// Products of matrices in any order of axes and any type, and sums of products over named axes.
#include "../declarations.h"

#include "../numeric/fixed_point.h"
#include "../numeric/rescale.h"
#include <math.h>

#define SPAN 64

typedef struct {
    ptrdiff_t a, b;
} places;

static places row_places(const ck_matrix_product *p, ptrdiff_t unit) {
    ptrdiff_t batch = unit / p->rows;
    places at = {unit % p->rows * p->a_row, 0};
    for (ptrdiff_t axis = p->rank; axis-- > 0; batch /= p->sizes[axis]) {
        ptrdiff_t index = batch % p->sizes[axis];
        at.a += index * p->a_strides[axis];
        at.b += index * p->b_strides[axis];
    }
    return at;
}

// Runs over rows and spans of columns; `sums` holds the products' sums for `store`.
#define PRODUCT(name, left, right, accumulator, x, w, store)                                             \
    void name(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {            \
        const ck_matrix_product *p = parameters;                                                         \
        for (ptrdiff_t unit = begin; unit < end; unit++) {                                               \
            places at = row_places(p, unit);                                                             \
            const left *a = (const left *)buffers[0] + at.a;                                             \
            const right *b = (const right *)buffers[1] + at.b;                                           \
            for (ptrdiff_t first = 0; first < p->columns; first += SPAN) {                               \
                ptrdiff_t span = p->columns - first < SPAN ? p->columns - first : SPAN;                  \
                accumulator sums[SPAN] = {0};                                                            \
                for (ptrdiff_t k = 0; k < p->inner; k++) {                                               \
                    accumulator value = x(a[k * p->a_column]);                                           \
                    const right *row = b + k * p->b_row + first * p->b_column;                           \
                    if (p->b_column == 1)                                                                \
                        for (ptrdiff_t i = 0; i < span; i++) sums[i] += value * w(row[i]);               \
                    else                                                                                 \
                        for (ptrdiff_t i = 0; i < span; i++) sums[i] += value * w(row[i * p->b_column]); \
                }                                                                                        \
                for (ptrdiff_t i = 0; i < span; i++) {                                                   \
                    accumulator sum = sums[i];                                                           \
                    ptrdiff_t y = unit * p->columns + first + i;                                         \
                    store;                                                                               \
                }                                                                                        \
            }                                                                                            \
        }                                                                                                \
    }

#define PLAIN(v) (v)

// α · sum, and β · c where there is a c.
#define ADDEND(element)                                                                                  \
    ((const element *)buffers[3])[unit % p->rows * p->c_row + (first + i) * p->c_column]

#define STORE_REAL(element)                                                                              \
    {                                                                                                    \
        element value = sum * (element)p->alpha;                                                         \
        if (buffers[3]) value += (element)p->beta * ADDEND(element);                                     \
        ((element *)buffers[2])[y] = value;                                                              \
    }

// Factors other than 1 are applied in double precision, and the result is cut off.
#define STORE_INTEGER(element)                                                                           \
    {                                                                                                    \
        uint64_t value = p->alpha == 1 ? (uint64_t)sum : (uint64_t)(int64_t)((double)(int64_t)sum * p->alpha); \
        if (buffers[3])                                                                                  \
            value += p->beta == 1 ? (uint64_t)ADDEND(element)                                            \
                                  : (uint64_t)(int64_t)((double)ADDEND(element) * p->beta);              \
        ((element *)buffers[2])[y] = (element)value;                                                     \
    }

PRODUCT(ck_matrix_product_float32_portable, float, float, float, PLAIN, PLAIN, STORE_REAL(float))
PRODUCT(ck_matrix_product_float64_portable, double, double, double, PLAIN, PLAIN, STORE_REAL(double))
PRODUCT(ck_matrix_product_int32_portable, int32_t, int32_t, uint64_t, (uint64_t)PLAIN, (uint64_t)PLAIN,
        STORE_INTEGER(int32_t))
PRODUCT(ck_matrix_product_int64_portable, int64_t, int64_t, uint64_t, (uint64_t)PLAIN, (uint64_t)PLAIN,
        STORE_INTEGER(int64_t))

#define CENTERED_A(v) ((v) - p->a_zero_point)
#define CENTERED_B(v) ((v) - p->b_zero_point)

#define STORE_QUANTIZED(element)                                                                         \
    {                                                                                                    \
        const ck_requantization *o = &p->output;                                                         \
        int32_t value = p->is_wide                                                                       \
            ? ck_rescale_wide(sum, o->multiplier[0], o->left[0], o->right[0])                            \
            : ck_rescale((int32_t)sum, o->multiplier[0], o->left[0], o->right[0]);                       \
        value = ck_wrapping_add(value, o->zero_point);                                                   \
        ((element *)buffers[2])[y] = (element)ck_clamp(value, o->minimum, o->maximum);                   \
    }

PRODUCT(ck_matrix_product_int8_portable, int8_t, int8_t, int64_t, CENTERED_A, CENTERED_B, STORE_QUANTIZED(int8_t))
PRODUCT(ck_matrix_product_int16_portable, int16_t, int16_t, int64_t, CENTERED_A, CENTERED_B,
        STORE_QUANTIZED(int16_t))

// a was quantized row by row; buffer 3 has the scales and zero points.
#define ROW ((const ck_batch_quantization *)buffers[3])[unit]
#define CENTERED_ROW(v) ((v) - ROW.zero_point)

PRODUCT(ck_matrix_product_hybrid_portable, int8_t, int8_t, int64_t, CENTERED_ROW, PLAIN,
        ((float *)buffers[2])[y] = (float)sum * (ROW.scale * (float)p->alpha))

// Where the position `index` of some axes is in every operand.
static void add_places(
    const ck_einsum *p, ptrdiff_t index, ptrdiff_t first, ptrdiff_t last, ptrdiff_t at[CK_MAX_OPERANDS]) {
    for (ptrdiff_t axis = last; axis-- > first; index /= p->sizes[axis])
        for (ptrdiff_t i = 0; i < p->count; i++) at[i] += index % p->sizes[axis] * p->strides[i][axis];
}

#define EINSUM(name, element, accumulator)                                                               \
    void name(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {            \
        const ck_einsum *p = parameters;                                                                 \
        for (ptrdiff_t unit = begin; unit < end; unit++) {                                               \
            ptrdiff_t base[CK_MAX_OPERANDS] = {0};                                                       \
            add_places(p, unit, 0, p->kept, base);                                                       \
            accumulator sum = 0;                                                                         \
            for (ptrdiff_t term = 0; term < p->terms; term++) {                                          \
                ptrdiff_t at[CK_MAX_OPERANDS];                                                           \
                for (ptrdiff_t i = 0; i < p->count; i++) at[i] = base[i];                                \
                add_places(p, term, p->kept, p->rank, at);                                               \
                accumulator product = 1;                                                                 \
                for (ptrdiff_t i = 0; i < p->count; i++)                                                 \
                    product *= (accumulator)((const element *)buffers[i])[at[i]];                        \
                sum += product;                                                                          \
            }                                                                                            \
            ((element *)buffers[p->count])[unit] = (element)sum;                                         \
        }                                                                                                \
    }

EINSUM(ck_einsum_float32_portable, float, double)
EINSUM(ck_einsum_float64_portable, double, double)
EINSUM(ck_einsum_int32_portable, int32_t, uint64_t)
EINSUM(ck_einsum_int64_portable, int64_t, uint64_t)

// Elimination with the largest pivot, in the scratch buffer [order, order].
#define DETERMINANT(name, element)                                                                       \
    void name(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {            \
        const ck_determinant *p = parameters;                                                            \
        ptrdiff_t n = p->order;                                                                          \
        double *m = buffers[2];                                                                          \
        if (begin >= end) return;                                                                        \
        for (ptrdiff_t matrix = 0; matrix < p->count; matrix++) {                                        \
            const element *x = (const element *)buffers[0] + matrix * n * n;                             \
            for (ptrdiff_t i = 0; i < n * n; i++) m[i] = (double)x[i];                                   \
            ((element *)buffers[1])[matrix] = (element)eliminate(m, n);                                  \
        }                                                                                                \
    }

static double eliminate(double *m, ptrdiff_t n) {
    double result = 1;
    for (ptrdiff_t k = 0; k < n; k++) {
        ptrdiff_t pivot = k;
        for (ptrdiff_t i = k + 1; i < n; i++)
            if (fabs(m[i * n + k]) > fabs(m[pivot * n + k])) pivot = i;
        if (m[pivot * n + k] == 0) return 0;
        if (pivot != k) {
            result = -result;
            for (ptrdiff_t j = k; j < n; j++) {
                double held = m[k * n + j];
                m[k * n + j] = m[pivot * n + j];
                m[pivot * n + j] = held;
            }
        }
        result *= m[k * n + k];
        for (ptrdiff_t i = k + 1; i < n; i++) {
            double factor = m[i * n + k] / m[k * n + k];
            for (ptrdiff_t j = k; j < n; j++) m[i * n + j] -= factor * m[k * n + j];
        }
    }
    return result;
}

DETERMINANT(ck_determinant_float32_portable, float)
DETERMINANT(ck_determinant_float64_portable, double)
