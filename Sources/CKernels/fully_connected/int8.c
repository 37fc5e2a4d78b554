#include "../declarations.h"
#include "../gemm/gemm.h"

#if defined(__x86_64__)
#define CK_DEPTH 2
#define CK_NAME(name) name##_avx2
#include "int8_body.h"
#undef CK_NAME
#undef CK_DEPTH

#define CK_DEPTH 4
#define CK_NAME(name) name##_avx_vnni
#include "int8_body.h"
#undef CK_NAME
#define CK_NAME(name) name##_avx512
#include "int8_body.h"
#elif defined(__aarch64__)
#define CK_DEPTH 4
#define CK_NAME(name) name##_neon_dot
#include "int8_body.h"
#undef CK_NAME
#undef CK_DEPTH

#define CK_DEPTH 8
#define CK_NAME(name) name##_neon_i8mm
#include "int8_body.h"
#endif
