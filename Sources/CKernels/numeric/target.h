// The instruction sets of ck_isa, for the functions between BEGIN and END.
#ifndef CK_TARGET_H
#define CK_TARGET_H

#if defined(__clang__)
#define CK_BEGIN_TARGET(features) CK_TARGET_PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define CK_TARGET_PRAGMA(text) _Pragma(#text)
#define CK_END_TARGET _Pragma("clang attribute pop")
#define CK_BEGIN_NEON_DOT CK_BEGIN_TARGET("dotprod")
#define CK_BEGIN_NEON_I8MM CK_BEGIN_TARGET("dotprod,i8mm")
#else
#define CK_BEGIN_NEON_DOT _Pragma("GCC push_options") _Pragma("GCC target(\"arch=armv8.2-a+dotprod\")")
#define CK_BEGIN_NEON_I8MM _Pragma("GCC push_options") _Pragma("GCC target(\"arch=armv8.2-a+dotprod+i8mm\")")
#define CK_END_TARGET _Pragma("GCC pop_options")
#endif

#define CK_BEGIN_AVX2 CK_BEGIN_TARGET("avx2,fma")
#define CK_BEGIN_AVX_VNNI CK_BEGIN_TARGET("avxvnni,avx2,fma")
#define CK_BEGIN_AVX512 CK_BEGIN_TARGET("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")

#endif
