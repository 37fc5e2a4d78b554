// Arithmetic and comparisons of plain numbers. Real ones are rounded once for each operation.
#include "../declarations.h"
#include "libc.h"

#include "../numeric/runs.h"

#pragma STDC FP_CONTRACT OFF

// The kernel in the table is another one, which falls back on this.
#define ck_arithmetic_float32_portable ck_arithmetic_float32_libc
#define CK_WANT_REAL
#define CK_WANT_INTEGER
#define CK_TEMPLATE "../arithmetic/binary.h"
#include "../numeric/elements.h"

// Booleans are bytes of 0 and 1.
void ck_arithmetic_bool_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_binary *p = parameters;
    switch (p->operation) {
    case CK_AND: case CK_MINIMUM: case CK_MULTIPLY: CK_RUNS_OF_TWO(uint8_t, uint8_t, (a != 0) & (b != 0))
    case CK_OR: case CK_MAXIMUM: case CK_ADD: CK_RUNS_OF_TWO(uint8_t, uint8_t, (a != 0) | (b != 0))
    case CK_EXCLUSIVE_OR: CK_RUNS_OF_TWO(uint8_t, uint8_t, (a != 0) ^ (b != 0))
    }
}

void ck_compare_bool_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_binary *p = parameters;
    switch (p->operation) {
    case CK_EQUAL: CK_RUNS_OF_TWO(uint8_t, uint8_t, (a != 0) == (b != 0))
    case CK_NOT_EQUAL: CK_RUNS_OF_TWO(uint8_t, uint8_t, (a != 0) != (b != 0))
    default: ck_compare_uint8_portable(parameters, buffers, begin, end);
    }
}
