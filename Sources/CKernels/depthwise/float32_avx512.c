#if defined(__x86_64__)

#include "../declarations.h"
#include "../numeric/target.h"

#include <immintrin.h>

CK_BEGIN_AVX512
#define CK_LANES 16
#define CK_DEPTHWISE_ROWS 2
#define CK_NAME(name) name##_avx512
#include "float32.h"
CK_END_TARGET

#endif
