#if defined(__x86_64__)

#include "../declarations.h"
#include "../numeric/target.h"

#include <immintrin.h>

CK_BEGIN_AVX512

// A block is one register of 32.
#define CK_TILES(do)                                                                                             \
    do(1, 1) do(2, 1) do(4, 1) do(6, 1) do(8, 1) do(10, 1) do(12, 1) do(13, 1) do(14, 1) do(16, 1) do(20, 1)     \
    do(24, 1)                                                                                                    \
    do(1, 2) do(2, 2) do(3, 2) do(4, 2) do(5, 2) do(6, 2) do(7, 2) do(8, 2) do(9, 2) do(10, 2) do(11, 2)         \
    do(12, 2) do(13, 2) do(14, 2)                                                                                \
    do(1, 3) do(2, 3) do(3, 3) do(4, 3) do(5, 3) do(6, 3) do(7, 3) do(8, 3) do(9, 3)                             \
    do(1, 4) do(2, 4) do(3, 4) do(4, 4) do(5, 4) do(6, 4)                                                        \
    do(1, 8) do(2, 8)
// Many rows by few blocks: the weights, which may come from the second cache, are read less often.
#define CK_TILE_WIDTHS(do)                                                                                       \
    do(1, 8) do(2, 8) do(3, 4) do(4, 4) do(5, 4) do(6, 4) do(7, 3) do(8, 3) do(9, 3) do(10, 2) do(11, 2)         \
    do(12, 2) do(13, 2) do(14, 2) do(15, 2) do(16, 2) do(17, 2) do(18, 2) do(19, 2) do(20, 2) do(21, 2)          \
    do(22, 2) do(23, 2) do(24, 2)
#define CK_TILE_ROWS 24
#define CK_TILE_BLOCKS 8
#define CK_TILE_UPRIGHT 10
// Three blocks of results are written in longer runs, which is what sums of so few products wait for.
#define CK_SHORT_SUM 16
#define CK_SHORT_ROWS 8
#define CK_SHORT_BLOCKS 3
#define CK_HALF_ROWS 14
#define CK_NAME(name) name##_avx512
#include "float_conv.h"
#include "float_dense.h"
#include "float_matmul.h"

CK_END_TARGET

#endif
