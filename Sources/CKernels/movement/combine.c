#include "../numeric/half.h"
#include "indices.h"

// Whole numbers wrap around.
#define COMBINE(number, wide, load, store)                                                                   \
    for (ptrdiff_t i = 0; i + (ptrdiff_t)sizeof(number) <= bytes; i += sizeof(number)) {                       \
        number old, update;                                                                                  \
        memcpy(&old, y + i, sizeof old);                                                                     \
        memcpy(&update, x + i, sizeof update);                                                               \
        wide a = load(old), b = load(update), result;                                                        \
        switch (reduction) {                                                                                 \
        case CK_SCATTER_ADD: result = (wide)(a + b); break;                                                  \
        case CK_SCATTER_MULTIPLY: result = (wide)(a * b); break;                                             \
        case CK_SCATTER_MAXIMUM: result = b > a || b != b ? b : a; break;                                    \
        default: result = b < a || b != b ? b : a; break;                                                    \
        }                                                                                                    \
        old = store(result);                                                                                 \
        memcpy(y + i, &old, sizeof old);                                                                     \
    }                                                                                                        \
    return;
#define SELF(x) (x)
#define TRUTH(x) ((uint8_t)((x) != 0))
#define BYTE(x) ((int8_t)(x))
#define SHORT(x) ((int16_t)(x))
#define UNSIGNED_BYTE(x) ((uint8_t)(x))
#define UNSIGNED_SHORT(x) ((uint16_t)(x))
#define COMBINE_WRAPPING(number, wrapping)                                                                        \
    for (ptrdiff_t i = 0; i + (ptrdiff_t)sizeof(number) <= bytes; i += sizeof(number)) {                       \
        number a, b;                                                                                         \
        memcpy(&a, y + i, sizeof a);                                                                         \
        memcpy(&b, x + i, sizeof b);                                                                         \
        switch (reduction) {                                                                                 \
        case CK_SCATTER_ADD: a = (number)((wrapping)a + (wrapping)b); break;                                 \
        case CK_SCATTER_MULTIPLY: a = (number)((wrapping)a * (wrapping)b); break;                            \
        case CK_SCATTER_MAXIMUM: a = b > a ? b : a; break;                                                   \
        default: a = b < a ? b : a; break;                                                                   \
        }                                                                                                    \
        memcpy(y + i, &a, sizeof a);                                                                         \
    }                                                                                                        \
    return;

void ck_combine(int32_t type, int32_t reduction, char *y, const char *x, ptrdiff_t bytes) {
    if (reduction == CK_SCATTER_ASSIGN) {
        ck_move(y, x, bytes);
        return;
    }
    switch (type) {
    case CK_FLOAT32: COMBINE(float, float, SELF, SELF)
    case CK_FLOAT64: COMBINE(double, double, SELF, SELF)
    case CK_FLOAT16: COMBINE(uint16_t, float, ck_from_half, ck_to_half)
    case CK_BFLOAT16: COMBINE(uint16_t, float, ck_from_bfloat, ck_to_bfloat)
    case CK_INT64: COMBINE_WRAPPING(int64_t, uint64_t)
    case CK_INT32: COMBINE_WRAPPING(int32_t, uint32_t)
    case CK_INT16: COMBINE(int16_t, int32_t, SELF, SHORT)
    case CK_INT8: COMBINE(int8_t, int32_t, SELF, BYTE)
    case CK_UINT64: COMBINE_WRAPPING(uint64_t, uint64_t)
    case CK_UINT32: COMBINE_WRAPPING(uint32_t, uint32_t)
    case CK_UINT16: COMBINE(uint16_t, uint32_t, SELF, UNSIGNED_SHORT)
    case CK_UINT8: COMBINE(uint8_t, int32_t, SELF, UNSIGNED_BYTE)
    case CK_BOOL: COMBINE(uint8_t, int32_t, SELF, TRUTH)
    }
}
