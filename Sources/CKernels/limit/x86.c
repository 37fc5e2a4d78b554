#if defined(__x86_64__)

#include "../declarations.h"
#include "ck_limit.h"
#include "../numeric/target.h"

#include <immintrin.h>
#include <string.h>

// Integer vectors as operators see them: lanes of 32 bits.
typedef int32_t ck_limit_i32x8 __attribute__((vector_size(32)));
typedef int32_t ck_limit_i32x16 __attribute__((vector_size(64)));

CK_BEGIN_AVX2
#define CK_NAME ck_limit_float32_avx2
#define CK_SUM __m256
#define CK_OPERAND __m256
#define CK_STEP(sum, x, y) _mm256_fmadd_ps(x, y, sum)
#define CK_LANES 8
#define CK_SUMS 8
#define CK_REGISTER "x"
#include "body.h"

// Bytes widened to 16 bits, as the exact kernels have them.
#define CK_NAME ck_limit_int8_avx2
#define CK_SUM ck_limit_i32x8
#define CK_OPERAND __m256i
#define CK_STEP(sum, x, y) sum + (ck_limit_i32x8)_mm256_madd_epi16(x, y)
#define CK_LANES 16
#define CK_SUMS 8
#define CK_REGISTER "x"
#include "body.h"
CK_END_TARGET

CK_BEGIN_AVX_VNNI
#define CK_NAME ck_limit_int8_avx_vnni
#define CK_SUM ck_limit_i32x8
#define CK_OPERAND __m256i
#define CK_STEP(sum, x, y) (ck_limit_i32x8)_mm256_dpbusd_avx_epi32((__m256i)sum, x, y)
#define CK_LANES 32
#define CK_SUMS 8
#define CK_REGISTER "x"
#include "body.h"
CK_END_TARGET

CK_BEGIN_AVX512
#define CK_NAME ck_limit_float32_avx512
#define CK_SUM __m512
#define CK_OPERAND __m512
#define CK_STEP(sum, x, y) _mm512_fmadd_ps(x, y, sum)
#define CK_LANES 16
#define CK_SUMS 16
#define CK_REGISTER "v"
#include "body.h"

#define CK_NAME ck_limit_int8_avx512
#define CK_SUM ck_limit_i32x16
#define CK_OPERAND __m512i
#define CK_STEP(sum, x, y) (ck_limit_i32x16)_mm512_dpbusd_epi32((__m512i)sum, x, y)
#define CK_LANES 64
#define CK_SUMS 16
#define CK_REGISTER "v"
#include "body.h"
CK_END_TARGET

#endif
