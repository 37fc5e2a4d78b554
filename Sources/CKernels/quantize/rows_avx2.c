#if defined(__x86_64__)

#include "../declarations.h"

#include "../numeric/fixed_point.h"
#include <math.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define CK_NAME(name) name##_avx2
#include "rows.h"
#pragma clang attribute pop

#endif
