// Functions of one number.
#include "../declarations.h"
#include "libc.h"

// The kernel in the table is another one, which falls back on this.
#define ck_math_float32_portable ck_math_float32_libc
#define CK_WANT_REAL
#define CK_WANT_INTEGER
#define CK_WANT_BOOL
#define CK_TEMPLATE "../arithmetic/unary.h"
#include "../numeric/elements.h"

float ck_unary_value(int32_t operation, float x) { return value_float32(operation, x, 0, 0); }

float ck_parametric_value(int32_t operation, float x, float alpha, float beta) {
    return value_float32(operation, x, alpha, beta);
}

#define CLASSIFY(name, element)                                                                     \
    void name(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {       \
        const ck_unary *p = parameters;                                                             \
        const element *x = buffers[0];                                                              \
        uint8_t *y = buffers[1];                                                                    \
        ptrdiff_t last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count;                     \
        for (ptrdiff_t i = begin * CK_CHUNK; i < last; i++)                                         \
            y[i] = (p->operation & CK_IS_NAN && x[i] != x[i])                                       \
                || (p->operation & CK_IS_POSITIVE_INFINITY && x[i] == INFINITY)                     \
                || (p->operation & CK_IS_NEGATIVE_INFINITY && x[i] == -INFINITY);                   \
    }

CLASSIFY(ck_classify_float32_portable, float)
CLASSIFY(ck_classify_float64_portable, double)
