#ifndef CK_DECLARATIONS_H
#define CK_DECLARATIONS_H

#include "ckernels.h"

#define CK_KERNEL(family, type, isa, depth) \
    void ck_##family##_##type##_##isa(const void *, void *const *, ptrdiff_t, ptrdiff_t);
#include "kernels.def"
#undef CK_KERNEL

#endif
