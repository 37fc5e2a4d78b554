#if defined(__x86_64__)

#include "../declarations.h"
#include "../numeric/target.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

CK_BEGIN_AVX2
#define CK_NAME(name) name##_avx2
#include "dynamic.h"
CK_END_TARGET

#endif
