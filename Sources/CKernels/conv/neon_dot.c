#if defined(__aarch64__)

#include "../declarations.h"

#include "../numeric/target.h"
#include <arm_neon.h>
#include <string.h>

CK_BEGIN_NEON_DOT
#define CK_ROWS 4
#define CK_NEON_DOT
// int8.c has the convolution of bytes.
#define CK_HYBRID_ONLY
#define CK_NAME(name) name##_neon_dot
#include "body.h"
CK_END_TARGET

#endif
