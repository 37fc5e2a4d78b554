#include "../declarations.h"
#include "ck_limit.h"

#include <string.h>
#if defined(__aarch64__)
#include <arm_neon.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

typedef float ck_limit_f32x4 __attribute__((vector_size(16)));
typedef int32_t ck_limit_i32x4 __attribute__((vector_size(16)));

#if defined(__aarch64__)
#define CK_PLAIN_REGISTER "w"
#elif defined(__SSE2__)
#define CK_PLAIN_REGISTER "x"
#else
#define CK_PLAIN_REGISTER "m"
#endif

#define CK_NAME ck_limit_float32_portable
#define CK_SUM ck_limit_f32x4
#define CK_OPERAND ck_limit_f32x4
#define CK_STEP(sum, x, y) sum + x *y
#define CK_LANES 4
#define CK_SUMS 8
#define CK_REGISTER CK_PLAIN_REGISTER
#include "body.h"

// Bytes that are widened to 16 bits somewhere on their way.
#define CK_NAME ck_limit_int8_portable
#define CK_SUM ck_limit_i32x4
#define CK_SUMS 8
#define CK_REGISTER CK_PLAIN_REGISTER
#if defined(__aarch64__)
#define CK_OPERAND int8x8_t
#define CK_STEP(sum, x, y) (ck_limit_i32x4)vpadalq_s16((int32x4_t)sum, vmull_s8(x, y))
#define CK_LANES 8
#elif defined(__SSE2__)
#define CK_OPERAND __m128i
#define CK_STEP(sum, x, y) sum + (ck_limit_i32x4)_mm_madd_epi16(x, y)
#define CK_LANES 8
#else
#define CK_OPERAND ck_limit_i32x4
#define CK_STEP(sum, x, y) sum + x *y
#define CK_LANES 4
#endif
#include "body.h"
