// The place of the largest or smallest element, sums up to each element, and the k best, along an axis.
#include "../declarations.h"

static inline void store_index(void *indices, ptrdiff_t place, ptrdiff_t index, ptrdiff_t size) {
    if (size == 8) ((int64_t *)indices)[place] = index;
    else if (size == 4) ((int32_t *)indices)[place] = (int32_t)index;
    else ((int16_t *)indices)[place] = (int16_t)index;
}

static inline ptrdiff_t load_index(const void *indices, ptrdiff_t place, ptrdiff_t size) {
    if (size == 8) return (ptrdiff_t)((const int64_t *)indices)[place];
    return size == 4 ? ((const int32_t *)indices)[place] : ((const int16_t *)indices)[place];
}

#define CK_WANT_REAL
#define CK_WANT_INTEGER
#define CK_WANT_BOOL
#define CK_TEMPLATE "../arithmetic/scan.h"
#include "../numeric/elements.h"
