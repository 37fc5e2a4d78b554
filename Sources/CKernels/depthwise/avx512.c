#if defined(__x86_64__)

#include "../declarations.h"

#include <string.h>
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"))), apply_to = function)
#define CK_ROWS 8
// int8_avx512.c has the convolution of bytes.
#define CK_HYBRID_ONLY
#define CK_NAME(name) name##_avx512
#include "body.h"
#pragma clang attribute pop

#endif
