// The instruction sets of 64-bit Arm beyond what every processor has, for the functions between BEGIN and END.
#ifndef CK_TARGET_NEON_H
#define CK_TARGET_NEON_H

#if defined(__clang__)
#define CK_BEGIN_NEON_DOT \
    _Pragma("clang attribute push(__attribute__((target(\"dotprod\"))), apply_to = function)")
#define CK_BEGIN_NEON_I8MM \
    _Pragma("clang attribute push(__attribute__((target(\"dotprod,i8mm\"))), apply_to = function)")
#define CK_END_NEON _Pragma("clang attribute pop")
#else
#define CK_BEGIN_NEON_DOT _Pragma("GCC push_options") _Pragma("GCC target(\"arch=armv8.2-a+dotprod\")")
#define CK_BEGIN_NEON_I8MM _Pragma("GCC push_options") _Pragma("GCC target(\"arch=armv8.2-a+dotprod+i8mm\")")
#define CK_END_NEON _Pragma("GCC pop_options")
#endif

#endif
