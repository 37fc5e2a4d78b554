#if defined(__x86_64__)

#include "../declarations.h"
#include "../numeric/target.h"

#include <immintrin.h>

CK_BEGIN_AVX2
#define CK_LANES 8
#define CK_DEPTHWISE_ROWS 1
#define CK_NAME(name) name##_avx2
#include "float32.h"
CK_END_TARGET

#endif
