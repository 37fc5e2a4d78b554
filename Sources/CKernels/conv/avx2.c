#if defined(__x86_64__)

#include "../declarations.h"

#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define CK_ROWS 4
// int8.c has the convolution of bytes.
#define CK_HYBRID_ONLY
#define CK_NAME(name) name##_avx2
#include "body.h"
#pragma clang attribute pop

#endif
