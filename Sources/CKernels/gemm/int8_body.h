// Register tiles of products of rows of bytes by packed int8 weights: `rows` rows by `blocks` blocks of 16 outputs, or by
// the first eight outputs of one block where `blocks` is 0. The including file gives what depends on the instruction set:
//   CK_NAME          names what others see
//   CK_DEPTH         inputs that stand side by side for each output in packed weights
//   CK_TILES_MANY, CK_TILES_FEW, CK_TILES_ONE   lists of tiles: for the quick roundings, for the slow ones, of one row
//   CK_TILE_ROWS, CK_TILE_BLOCKS, CK_TILE_TURN  the most rows and blocks of a tile, and the most blocks for so many rows
//   CK_LINE_ROWS     if defined, tiles of no more rows than that take their offsets, as they may go over the ends of lines
//   CK_STRIPS        if defined, there are strips of tiles, and int8_strips.h tells what else is to be defined
//   CK_FULL_TURNS    if as many blocks as possible at a time are best, and not about as many each time
//   multiply         adds the products of one segment to the sums of a tile, and may ask for as many weights `ahead`
//   ck_sums, ck_loaded_sums, ck_no_sums, ck_first_halves   16 int32; the first halves of two behind each other
//   ck_bytes, ck_store_64, ck_store_32, ck_store_16        64 bytes; all, a half or a quarter of them
//   CK_ENTER_TILE, CK_LEAVE_TILE                           if multiply has the sums of a tile in an order of its own
//   ck_common_output_of, ck_rescaled, ck_packed_output, ck_store_real   sums to bytes and to real numbers
#include "../numeric/hybrid.h"
#include "../numeric/store_bytes.h"

#if !defined(CK_LINE_ROWS)
#define CK_LINE_ROWS 0
#endif
#if !defined(CK_ENTER_TILE)
#define CK_ENTER_TILE
#define CK_LEAVE_TILE
#endif

// Stores bytes that hold 4 / blocks rows of as many blocks; rows of three blocks are packed as if they had four.
static __attribute__((noinline, unused)) void store_blocks(
    const int8_t *copy, int8_t *y, ptrdiff_t y_step, ptrdiff_t rows, ptrdiff_t blocks, ptrdiff_t outputs) {
    for (ptrdiff_t r = 0; r < rows && r * blocks < 4; r++)
        for (ptrdiff_t b = 0; b < blocks && b < 4 && b * CK_BLOCK < outputs; b++)
            ck_store_part(y + r * y_step + b * CK_BLOCK, copy + (r * blocks + b) * CK_BLOCK, outputs - b * CK_BLOCK);
}

CK_INLINE void store_rows(ck_bytes bytes, int8_t *y, ptrdiff_t y_step, int rows, int blocks, ptrdiff_t outputs) {
#if defined(CK_STORES_SOME)
    // A row's part of the bytes by a mask.
    const int width = blocks == 3 || blocks > 4 ? 4 : blocks;
    if (blocks == 3 || outputs < width * CK_BLOCK) {
        ptrdiff_t count = outputs < blocks * CK_BLOCK ? outputs : blocks * CK_BLOCK;
        if (count < 0) return;
#pragma clang loop unroll(full)
        for (int r = 0; r * width < 4; r++)
            if (r < rows) ck_store_some(y + r * y_step, bytes, r * width, count);
        return;
    }
#else
    if (outputs < (blocks > 4 ? 4 : blocks) * CK_BLOCK) {
        int8_t copy[64];
        ck_store_64(copy, bytes);
        store_blocks(copy, y, y_step, rows, blocks == 3 ? 4 : blocks, outputs);
        return;
    }
#endif
    if (blocks == 3) {
        ck_store_32(y, bytes, 0);
        ck_store_16(y + 2 * CK_BLOCK, bytes, 2);
    } else if (blocks >= 4) {
        ck_store_64(y, bytes);
    } else if (blocks == 2) {
        ck_store_32(y, bytes, 0);
        if (rows > 1) ck_store_32(y + y_step, bytes, 1);
    } else {
        ck_store_16(y, bytes, 0);
        if (rows > 1) ck_store_16(y + y_step, bytes, 1);
        if (rows > 2) ck_store_16(y + 2 * y_step, bytes, 2);
        if (rows > 3) ck_store_16(y + 3 * y_step, bytes, 3);
    }
}

// Up to eight rows of up to eight bytes.
CK_INLINE void store_halves(ck_bytes bytes, int8_t *y, ptrdiff_t y_step, int rows, ptrdiff_t outputs) {
    if (rows >= 8 && outputs == 8 && y_step == 8) {
        ck_store_64(y, bytes);
        return;
    }
    int8_t copy[64];
    ck_store_64(copy, bytes);
    for (ptrdiff_t r = 0; r < rows && r < 8; r++) ck_store_part(y + r * y_step, copy + r * 8, outputs);
}

// A tile of sums over x + CK_BYTE_OFFSET as real numbers.
CK_INLINE void store_hybrids(
    const ck_gemm *g, const ck_sums *sums, const uint8_t *x, int8_t *y, ptrdiff_t block, ptrdiff_t outputs,
    const int rows, const int blocks) {
    const ck_gemm_hybrid h = *g->hybrid;
    const ck_batch_quantization *row = h.quantizations + (h.x ? (x - h.x) / g->x_step : 0);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++, row += h.x != NULL) {
        float scale = row->scale;
        int32_t zero_point = (int32_t)((uint32_t)row->zero_point + CK_BYTE_OFFSET);
#pragma clang loop unroll(full)
        for (int b = 0; b < blocks; b++) {
            ck_i32x16 integers;
            memcpy(&integers, &sums[r * blocks + b], sizeof integers);
            ptrdiff_t lane = (block + b) * CK_BLOCK;
            ck_store_hybrid(
                (float *)(y + r * g->y_step) + b * CK_BLOCK, integers, scale, zero_point, h.scale + lane,
                h.weight_sum + lane, h.bias + lane, h.minimum, h.maximum, outputs - b * CK_BLOCK);
        }
    }
}

// A tile as real numbers.
static __attribute__((noinline)) void store_reals(
    const ck_gemm *g, const ck_sums *sums, int8_t *y, ptrdiff_t block, ptrdiff_t outputs, ptrdiff_t rows,
    ptrdiff_t blocks) {
    for (ptrdiff_t r = 0; r < rows; r++)
        for (ptrdiff_t b = 0; b < blocks; b++, sums++)
            ck_store_real(
                (float *)(y + r * g->y_step) + b * CK_BLOCK, *sums, g->lanes[block + b].factor, outputs - b * CK_BLOCK);
}

CK_INLINE void start(
    const ck_gemm *g, ck_sums *sums, ptrdiff_t block, const int rows, const int blocks, const ck_rounding rounding) {
    int is_hybrid = rounding == CK_ROUNDS_NOTHING && g->hybrid;
#pragma clang loop unroll(full)
    for (int b = 0; b < blocks; b++) {
        ck_sums sum = is_hybrid ? ck_no_sums() : ck_loaded_sums(g->lanes[block + b].bias);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) sums[r * blocks + b] = sum;
    }
}

// Makes results of a tile's sums.
CK_INLINE void finish(
    const ck_gemm *g, const ck_common_output *common, ck_sums *sums, int8_t *y, ptrdiff_t block, ptrdiff_t outputs,
    const int rows, const int blocks_or_half, const ck_rounding rounding) {
    const int blocks = blocks_or_half ? blocks_or_half : 1;
    const ck_lanes *lanes = g->lanes + block;
    const ck_sums none = ck_no_sums();
    if (!blocks_or_half) {
        // Two rows share a vector.
#pragma clang loop unroll(full)
        for (int first = 0; first < rows; first += 8) {
            ck_sums four[4] = {none, none, none, none};
#pragma clang loop unroll(full)
            for (int i = 0; i < 4; i++) {
                int r = first + 2 * i;
                if (r >= rows) break;
                four[i] = ck_first_halves(sums[r], r + 1 < rows ? sums[r + 1] : none);
                four[i] = ck_rescaled(four[i], lanes, g->output, common, rounding);
            }
            ck_bytes bytes = ck_packed_output(four[0], four[1], four[2], four[3], common, rounding);
            store_halves(bytes, y + first * g->y_step, g->y_step, rows - first, outputs);
        }
        return;
    }
    // Few factors are loaded once for all rows, before stores might change them.
    const int rescales_first = rounding == CK_ROUNDS_SINGLE || rounding == CK_ROUNDS_POSITIVE;
#pragma clang loop unroll(full)
    for (int b = 0; b < blocks; b++)
#pragma clang loop unroll(full)
        for (int r = 0; rescales_first && r < rows; r++)
            sums[r * blocks + b] = ck_rescaled(sums[r * blocks + b], lanes + b, g->output, common, rounding);
    const int width = blocks == 3 ? 4 : blocks, count = rows * width;
#pragma clang loop unroll(full)
    for (int first = 0; first < count; first += 4) {
        ck_sums four[4];
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++) {
            int r = (first + i) / width, b = (first + i) % width;
            four[i] = r < rows && b < blocks ? sums[r * blocks + b] : none;
            if (!rescales_first && r < rows && b < blocks)
                four[i] = ck_rescaled(four[i], lanes + b, g->output, common, rounding);
        }
        ck_bytes bytes = ck_packed_output(four[0], four[1], four[2], four[3], common, rounding);
        int r = first / width, b = first % width;
        store_rows(bytes, y + r * g->y_step + b * CK_BLOCK, g->y_step, rows - r, blocks, outputs - b * CK_BLOCK);
    }
}

CK_INLINE void tile(
    const ck_gemm *g, const uint8_t *x, int8_t *y, ptrdiff_t block, ptrdiff_t outputs, ptrdiff_t ahead,
    const int rows, const int blocks_or_half, const ck_rounding rounding) {
    const int blocks = blocks_or_half ? blocks_or_half : 1;
    ck_sums sums[24];
    ptrdiff_t segment_size = g->steps * CK_DEPTH * CK_BLOCK;
    ptrdiff_t block_size = g->segment_rows * g->segment_columns * segment_size;
    const int8_t *w = g->weights + block * block_size;
    start(g, sums, block, rows, blocks, rounding);
    ptrdiff_t offsets[CK_TILE_ROWS];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) offsets[r] = r * g->x_step;
    ptrdiff_t line_rows = rows <= CK_LINE_ROWS ? g->line_rows : 0;
    for (ptrdiff_t end = line_rows - g->row; line_rows && end < rows; end += line_rows)
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) offsets[r] += r >= end ? g->line_jump : 0;
    CK_ENTER_TILE
    for (ptrdiff_t row = 0; row < g->segment_rows; row++)
        for (ptrdiff_t column = 0; column < g->segment_columns; column++, w += segment_size)
            multiply(
                g, sums, x + row * g->row_step + column * g->column_step, offsets, w, block_size,
                w + ahead, rows, blocks);
    CK_LEAVE_TILE
    if (rounding == CK_ROUNDS_NOTHING) {
        if (g->hybrid) return store_hybrids(g, sums, x, y, block, outputs, rows, blocks);
        ck_sums copy[24];
#pragma clang loop unroll(full)
        for (int i = 0; i < rows * blocks; i++) copy[i] = sums[i];
        store_reals(g, copy, y, block, outputs, rows, blocks);
        return;
    }
    const ck_common_output common = ck_common_output_of(g->output);
    finish(g, &common, sums, y, block, outputs, rows, blocks_or_half, rounding);
}

// How far behind the weights of a tile those are that it asks for: each of the first ones asks for one of the blocks that
// come next.
CK_INLINE ptrdiff_t wanted(
    const ck_gemm *g, ptrdiff_t asked, ptrdiff_t block, ptrdiff_t blocks, ptrdiff_t block_size) {
    ptrdiff_t next = blocks + asked;
    return asked < blocks && block + next < g->blocks ? next * block_size : 0;
}

typedef void (*tile_function)(const ck_gemm *, const uint8_t *, int8_t *, ptrdiff_t, ptrdiff_t, ptrdiff_t);

#define TILE(rows, blocks, rounding)                                                                            \
    static void tile_##rows##x##blocks##_##rounding(                                                            \
        const ck_gemm *g, const uint8_t *x, int8_t *y, ptrdiff_t block, ptrdiff_t outputs, ptrdiff_t ahead) {   \
        tile(g, x, y, block, outputs, ahead, rows, blocks, rounding);                                           \
    }
#define ROW(rows, blocks, rounding) [blocks][rows] = tile_##rows##x##blocks##_##rounding,

CK_TILES_MANY(TILE, CK_ROUNDS_SINGLE)
CK_TILES_MANY(TILE, CK_ROUNDS_POSITIVE)
CK_TILES_MANY(TILE, CK_ROUNDS_TWICE_UP)
CK_TILES_MANY(TILE, CK_ROUNDS_TWICE)
CK_TILES_FEW(TILE, CK_ROUNDS_DOUBLE)
CK_TILES_FEW(TILE, CK_ROUNDS_OTHERWISE)
CK_TILES_ONE(TILE, CK_ROUNDS_SINGLE)
CK_TILES_ONE(TILE, CK_ROUNDS_POSITIVE)
CK_TILES_ONE(TILE, CK_ROUNDS_TWICE_UP)
CK_TILES_ONE(TILE, CK_ROUNDS_TWICE)
CK_TILES_ONE(TILE, CK_ROUNDS_DOUBLE)
CK_TILES_ONE(TILE, CK_ROUNDS_OTHERWISE)
CK_TILES_MANY(TILE, CK_ROUNDS_NOTHING)
CK_TILES_ONE(TILE, CK_ROUNDS_NOTHING)

static const tile_function tiles[CK_ROUNDINGS][CK_TILE_BLOCKS + 1][CK_TILE_ROWS + 1] = {
    [CK_ROUNDS_SINGLE] = {CK_TILES_MANY(ROW, CK_ROUNDS_SINGLE) CK_TILES_ONE(ROW, CK_ROUNDS_SINGLE)},
    [CK_ROUNDS_POSITIVE] = {CK_TILES_MANY(ROW, CK_ROUNDS_POSITIVE) CK_TILES_ONE(ROW, CK_ROUNDS_POSITIVE)},
    [CK_ROUNDS_TWICE_UP] = {CK_TILES_MANY(ROW, CK_ROUNDS_TWICE_UP) CK_TILES_ONE(ROW, CK_ROUNDS_TWICE_UP)},
    [CK_ROUNDS_TWICE] = {CK_TILES_MANY(ROW, CK_ROUNDS_TWICE) CK_TILES_ONE(ROW, CK_ROUNDS_TWICE)},
    [CK_ROUNDS_DOUBLE] = {CK_TILES_FEW(ROW, CK_ROUNDS_DOUBLE) CK_TILES_ONE(ROW, CK_ROUNDS_DOUBLE)},
    [CK_ROUNDS_OTHERWISE] = {CK_TILES_FEW(ROW, CK_ROUNDS_OTHERWISE) CK_TILES_ONE(ROW, CK_ROUNDS_OTHERWISE)},
    [CK_ROUNDS_NOTHING] = {CK_TILES_MANY(ROW, CK_ROUNDS_NOTHING) CK_TILES_ONE(ROW, CK_ROUNDS_NOTHING)},
};

#if defined(CK_STRIPS)
#include "int8_strips.h"
#endif

void CK_NAME(ck_gemm)(
    ck_gemm *g, const uint8_t *x, int8_t *y, ptrdiff_t rows, ptrdiff_t block, ptrdiff_t blocks, ptrdiff_t outputs) {
    if (outputs > blocks * CK_BLOCK) outputs = blocks * CK_BLOCK;
    const tile_function *sizes = tiles[g->rounding][blocks == 1 && outputs <= CK_BLOCK / 2 ? 0 : blocks];
    ptrdiff_t most = CK_TILE_ROWS;
    while (!sizes[most]) most--;
    ptrdiff_t block_size = g->segment_rows * g->segment_columns * g->steps * CK_DEPTH * CK_BLOCK;
#if defined(CK_STRIPS)
    ptrdiff_t segments = g->segment_rows * g->segment_columns, strip_rows = CK_STRIP_ROWS(blocks);
    strip_function run_strip = NULL;
    if (segments * g->steps <= CK_STRIP_STEPS && sizes != tiles[g->rounding][0]) {
        run_strip = strips[g->rounding][blocks];
        if (blocks == 2 && outputs <= CK_BLOCK * 3 / 2 && segments == 1 && strips_and_halves[g->rounding]) {
            run_strip = strips_and_halves[g->rounding];
            strip_rows = CK_HALF_ROWS;
        }
    }
#endif
    while (rows > 0) {
        ptrdiff_t size = 0;
#if defined(CK_STRIPS)
        ptrdiff_t line = g->line_rows && g->line_rows - g->row < rows ? g->line_rows - g->row : rows;
        ptrdiff_t tiles_of_line = run_strip ? line / strip_rows : 0;
        if (tiles_of_line > 0) {
            run_strip(g, x, y, block, outputs, tiles_of_line);
            size = tiles_of_line * strip_rows;
        }
#endif
        if (!size) {
            ptrdiff_t run = rows;
            if (most > CK_LINE_ROWS && g->line_rows && run > g->line_rows - g->row) run = g->line_rows - g->row;
            // Tiles of about the same size: the smallest that does not need one more of them.
            ptrdiff_t count = (run + most - 1) / most;
            size = (run + count - 1) / count;
            while (size < most && !sizes[size]) size++;
            // The last tile must not go beyond the rows.
            while (size > run || !sizes[size]) size--;
            sizes[size](g, x, y, block, outputs, wanted(g, g->asked, block, blocks, block_size));
            g->asked++;
        }
        x += size * g->x_step;
        y += size * g->y_step;
        rows -= size;
        if (!g->line_rows) continue;
        for (g->row += size; g->row >= g->line_rows; g->row -= g->line_rows) x += g->line_jump;
    }
}

ptrdiff_t CK_NAME(ck_gemm_turn)(ptrdiff_t rows, ptrdiff_t blocks) {
    ptrdiff_t most = CK_TILE_TURN(rows);
#if defined(CK_FULL_TURNS)
    if (rows > 1) return most < blocks ? most : blocks;
#endif
    if (rows > 1) {
        // About as many each time.
        ptrdiff_t turns = (blocks + most - 1) / most;
        return (blocks + turns - 1) / turns;
    }
    while (most > blocks || !tiles[CK_ROUNDS_SINGLE][most][1]) most--;
    return most;
}
