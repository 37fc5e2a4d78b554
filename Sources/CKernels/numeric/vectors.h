// Vectors of 16 lanes in the compiler's vector extension; each instruction set splits them as it needs.
#ifndef CK_VECTORS_H
#define CK_VECTORS_H

#include "fixed_point.h"
#include <stddef.h>
#include <string.h>

// Functions that take or return such vectors are all inlined, so that no calling convention is at stake.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float ck_f32x16 __attribute__((vector_size(64)));
typedef uint32_t ck_u32x16 __attribute__((vector_size(64)));
typedef int32_t ck_i32x16 __attribute__((vector_size(64)));
typedef int8_t ck_i8x16 __attribute__((vector_size(16)));

#endif
