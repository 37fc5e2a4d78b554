#include "../declarations.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

static inline float value(int32_t function, float alpha, float x) {
    switch (function) {
    // By the complement, which loses nothing where erf is near −1.
    case CK_GELU_EXACT: return 0.5f * x * erfcf(x * -0.70710678118654752440f);
    case CK_GELU_TANH:
        return 0.5f * x * (1 + tanhf(0.79788456080286535588f * x * (1 + 0.044715f * x * x)));
    default: return x / (1 + expf(-alpha * x));
    }
}

float ck_gelu_value(int32_t function, float alpha, float x) { return value(function, alpha, x); }
