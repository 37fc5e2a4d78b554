// Sixteen numbers side by side, which every instruction set splits as it can.
#ifndef CK_WIDE_LANES_H
#define CK_WIDE_LANES_H

#include <stdint.h>

typedef float lanes_f __attribute__((vector_size(64), aligned(4)));
typedef int32_t lanes_i __attribute__((vector_size(64), aligned(4)));

// As masks, of which compilers make the instructions that take the lesser and the greater of two numbers. Of a number and
// one that is none, `a` is taken.
#define chosen(mask, a, b) (lanes_f)(((mask) & (lanes_i)(a)) | (~(mask) & (lanes_i)(b)))
#define lesser(a, b) chosen((b) < (a), b, a)
#define greater(a, b) chosen((b) > (a), b, a)

#endif
