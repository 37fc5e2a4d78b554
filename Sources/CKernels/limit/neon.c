#if defined(__aarch64__)

#include "../declarations.h"
#include "../numeric/target.h"
#include "ck_limit.h"

#include <arm_neon.h>
#include <string.h>

typedef int32_t ck_limit_i32x4 __attribute__((vector_size(16)));

CK_BEGIN_NEON_DOT
#define CK_NAME ck_limit_int8_neon_dot
#define CK_SUM ck_limit_i32x4
#define CK_OPERAND int8x16_t
#define CK_STEP(sum, x, y) (ck_limit_i32x4)vdotq_s32((int32x4_t)sum, x, y)
#define CK_LANES 16
#define CK_SUMS 16
#define CK_REGISTER "w"
#include "body.h"
CK_END_TARGET

CK_BEGIN_NEON_I8MM
#define CK_NAME ck_limit_int8_neon_i8mm
#define CK_SUM ck_limit_i32x4
#define CK_OPERAND int8x16_t
#define CK_STEP(sum, x, y) (ck_limit_i32x4)vmmlaq_s32((int32x4_t)sum, x, y)
#define CK_LANES 32
#define CK_SUMS 16
#define CK_REGISTER "w"
#include "body.h"
CK_END_TARGET

#endif
