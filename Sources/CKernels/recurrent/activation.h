#ifndef CK_ACTIVATION_H
#define CK_ACTIVATION_H

#include "../declarations.h"

#include <math.h>

static inline float ck_activated(const ck_recurrent_activation *a, float x) {
    switch (a->function) {
    case CK_ACT_SIGMOID: return 1 / (1 + expf(-x));
    case CK_ACT_TANH: return tanhf(x);
    case CK_ACT_RELU: return x > 0 ? x : 0;
    case CK_ACT_RELU6: return x > 6 ? 6 : x > 0 ? x : 0;
    case CK_ACT_RELU_N1_TO_1: return x > 1 ? 1 : x > -1 ? x : -1;
    case CK_ACT_AFFINE: return a->alpha * x + a->beta;
    case CK_ACT_LEAKY_RELU: return x >= 0 ? x : a->alpha * x;
    case CK_ACT_THRESHOLDED_RELU: return x > a->alpha ? x : 0;
    case CK_ACT_SCALED_TANH: return a->alpha * tanhf(a->beta * x);
    case CK_ACT_HARD_SIGMOID: {
        float y = a->alpha * x + a->beta;
        return y < 0 ? 0 : y > 1 ? 1 : y;
    }
    case CK_ACT_ELU: return x >= 0 ? x : a->alpha * expm1f(x);
    case CK_ACT_SOFTSIGN: return x / (1 + fabsf(x));
    case CK_ACT_SOFTPLUS: return x > 0 ? x + log1pf(expf(-x)) : log1pf(expf(x));
    case CK_ACT_SIGN_BIT: return signbit(x) ? 1 : 0;
    default: return x;
    }
}

#endif
