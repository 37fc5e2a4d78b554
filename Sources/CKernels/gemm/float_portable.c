#include "../declarations.h"

#if defined(__aarch64__)
// A block is four registers of 32.
#define CK_TILES(do) do(1, 1) do(2, 1) do(3, 1) do(4, 1) do(1, 2) do(2, 2) do(1, 4)
#define CK_TILE_WIDTHS(do) do(1, 4) do(2, 2) do(3, 1) do(4, 1)
#define CK_TILE_ROWS 4
#define CK_TILE_BLOCKS 4
#define CK_TILE_UPRIGHT 4
#else
#define CK_TILES(do) do(1, 1) do(2, 1) do(1, 2)
#define CK_TILE_WIDTHS(do) do(1, 2) do(2, 1)
#define CK_TILE_ROWS 2
#define CK_TILE_BLOCKS 2
#define CK_TILE_UPRIGHT 2
#endif
#define CK_NAME(name) name##_portable
#include "float_conv.h"
#include "float_dense.h"
#include "float_matmul.h"
