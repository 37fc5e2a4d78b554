#include "../declarations.h"

#include <math.h>

static inline float between(float x, float low, float high) {
    float raised = x < low ? low : x;
    return raised > high ? high : raised;
}

static inline float value(int32_t operation, float x) {
    switch (operation) {
    case CK_RELU: return x < 0 ? 0 : x;
    case CK_RELU6: return between(x, 0, 6);
    case CK_RELU_N1_TO_1: return between(x, -1, 1);
    case CK_RELU_0_TO_1: return between(x, 0, 1);
    case CK_LOGISTIC: return 1 / (1 + expf(-x));
    case CK_TANH: return tanhf(x);
    case CK_HARD_SWISH: return x * between(x + 3, 0, 6) / 6;
    case CK_ELU: return x < 0 ? expm1f(x) : x;
    case CK_ABS: return fabsf(x);
    case CK_NEGATE: return -x;
    case CK_EXP: return expf(x);
    case CK_LOG: return logf(x);
    case CK_SQRT: return sqrtf(x);
    case CK_RSQRT: return 1 / sqrtf(x);
    case CK_SQUARE: return x * x;
    case CK_SIN: return sinf(x);
    case CK_COS: return cosf(x);
    case CK_FLOOR: return floorf(x);
    case CK_CEIL: return ceilf(x);
    case CK_ROUND: return rintf(x);
    }
    return x;
}

float ck_unary_value(int32_t operation, float x) { return value(operation, x); }

#define CHUNKS                                                                                      \
    for (ptrdiff_t i = begin * CK_CHUNK, last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count; i < last; i++)

void ck_unary_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_unary *p = parameters;
    const float *x = buffers[0];
    float *y = buffers[1];
    switch (p->operation) {
    // The loops that are worth vectorizing.
    case CK_RELU: CHUNKS y[i] = value(CK_RELU, x[i]); return;
    case CK_RELU6: CHUNKS y[i] = value(CK_RELU6, x[i]); return;
    case CK_HARD_SWISH: CHUNKS y[i] = value(CK_HARD_SWISH, x[i]); return;
    default: CHUNKS y[i] = value(p->operation, x[i]);
    }
}

void ck_unary_int8_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_unary *p = parameters;
    const int8_t *x = buffers[0];
    int8_t *y = buffers[1];
    CHUNKS y[i] = p->table[x[i] + 128];
}
