#if defined(__x86_64__)

#include "windows.h"

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define CK_LANES 8
#define CK_NAME(name) name##_avx2
#include "float32.h"
#pragma clang attribute pop

#endif
