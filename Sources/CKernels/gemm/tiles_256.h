// The tiles of int8_body.h that fit 16 registers of 256 bits: up to twelve sums of eight outputs.
#define CK_TILE_ROWS 12
#define CK_TILE_BLOCKS 4
#define CK_TILE_TURN(rows) ((rows) == 1 ? 4 : (rows) <= 3 ? 2 : 1)
#define CK_TILES_MANY(do, rounding)                                                                             \
    do(12, 0, rounding) do(8, 0, rounding) do(6, 0, rounding) do(4, 0, rounding) do(2, 0, rounding)             \
    do(6, 1, rounding) do(5, 1, rounding) do(4, 1, rounding) do(3, 1, rounding) do(2, 1, rounding)              \
    do(3, 2, rounding) do(2, 2, rounding)
#define CK_TILES_FEW(do, rounding)                                                                              \
    do(8, 0, rounding) do(4, 0, rounding) do(4, 1, rounding) do(2, 1, rounding) do(2, 2, rounding)
#define CK_TILES_ONE(do, rounding)                                                                              \
    do(1, 0, rounding) do(1, 1, rounding) do(1, 2, rounding) do(1, 3, rounding) do(1, 4, rounding)
