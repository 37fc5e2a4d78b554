#if defined(__x86_64__)

#include "../declarations.h"
#include "../numeric/target.h"

#include <string.h>

CK_BEGIN_AVX2
#define CK_ROWS 4
// int8.c has the convolution of bytes.
#define CK_HYBRID_ONLY
#define CK_NAME(name) name##_avx2
#include "body.h"
CK_END_TARGET

#endif
