#if defined(__x86_64__)

#include "../declarations.h"
#include "../numeric/target.h"

#include <string.h>
#include <immintrin.h>

CK_BEGIN_AVX512
#define CK_ROWS 8
#define CK_VNNI
// int8.c has the convolution of bytes.
#define CK_HYBRID_ONLY
#define CK_NAME(name) name##_avx512
#include "body.h"
CK_END_TARGET

#endif
