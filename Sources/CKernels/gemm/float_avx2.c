#if defined(__x86_64__)

#include "../declarations.h"
#include "../numeric/target.h"

CK_BEGIN_AVX2

// A block is two registers of 16.
#define CK_TILES(do) \
    do(1, 1) do(2, 1) do(3, 1) do(4, 1) do(5, 1) do(6, 1) do(1, 2) do(2, 2) do(1, 4)
#define CK_TILE_WIDTHS(do) do(1, 4) do(2, 2) do(3, 1) do(4, 1) do(5, 1) do(6, 1)
#define CK_TILE_ROWS 6
#define CK_TILE_BLOCKS 4
#define CK_TILE_UPRIGHT 4
#define CK_NAME(name) name##_avx2
#include "float_conv.h"
#include "float_dense.h"
#include "float_matmul.h"

CK_END_TARGET

#endif
