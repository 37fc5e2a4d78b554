// CK_BODY, a file named from this folder, once for each instruction set that has products of bytes, with its CK_NAME and
// CK_DEPTH, the inputs that stand side by side in its packed weights.
#if defined(__x86_64__)
#define CK_DEPTH 2
#define CK_NAME(name) name##_avx2
#include CK_BODY
#undef CK_NAME
#undef CK_DEPTH

#define CK_DEPTH 4
#define CK_NAME(name) name##_avx_vnni
#include CK_BODY
#undef CK_NAME
#define CK_NAME(name) name##_avx512
#include CK_BODY
#undef CK_NAME
#undef CK_DEPTH
#elif defined(__aarch64__)
#define CK_DEPTH 4
#define CK_NAME(name) name##_neon_dot
#include CK_BODY
#undef CK_NAME
#undef CK_DEPTH

#define CK_DEPTH 8
#define CK_NAME(name) name##_neon_i8mm
#include CK_BODY
#undef CK_NAME
#undef CK_DEPTH
#endif
