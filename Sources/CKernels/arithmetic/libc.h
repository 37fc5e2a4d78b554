// All functions of floats by way of the C library's: what the kernels on vectors leave out.
#ifndef CK_LIBC_H
#define CK_LIBC_H

#include <stddef.h>

void ck_math_float32_libc(const void *, void *const *, ptrdiff_t, ptrdiff_t);
void ck_fold_float32_libc(const void *, void *const *, ptrdiff_t, ptrdiff_t);
void ck_arithmetic_float32_libc(const void *, void *const *, ptrdiff_t, ptrdiff_t);

#endif
