// CK_BODY, a file named from this folder, once for each instruction set of x86, with its CK_NAME; and CK_CALL, which calls
// the function of the set `isa`.
#define CK_NAME(name) name##_portable
#include CK_BODY
#undef CK_NAME

#if defined(__x86_64__)
CK_BEGIN_AVX2
#define CK_NAME(name) name##_avx2
#include CK_BODY
#undef CK_NAME
CK_END_TARGET

CK_BEGIN_AVX512
#define CK_IS_AVX512
#define CK_NAME(name) name##_avx512
#include CK_BODY
#undef CK_NAME
#undef CK_IS_AVX512
CK_END_TARGET

#define CK_CALL(name, ...) \
    (isa == CK_ISA_AVX512     ? name##_avx512(__VA_ARGS__) \
        : isa >= CK_ISA_AVX2 ? name##_avx2(__VA_ARGS__) \
                              : name##_portable(__VA_ARGS__))
#else
#define CK_CALL(name, ...) ((void)isa, name##_portable(__VA_ARGS__))
#endif
