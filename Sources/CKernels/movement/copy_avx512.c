#if defined(__x86_64__)

#include "../declarations.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"))), apply_to = function)
#define CK_LANES 16
#define CK_NAME(name) name##_avx512
#include "copy.h"
#pragma clang attribute pop

#endif
