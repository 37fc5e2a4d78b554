#if defined(__x86_64__)

#include "../declarations.h"
#include "interleaved.h"

#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define CK_ROWS 4
#define CK_DIRECT ck_depthwise_direct_avx2
#define CK_NAME(name) name##_avx2
#include "body.h"
#pragma clang attribute pop

#endif
