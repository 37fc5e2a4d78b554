#if defined(__x86_64__)

#include "../declarations.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define CK_NAME(name) name##_avx512
#include "affine.h"
#pragma clang attribute pop

#endif
