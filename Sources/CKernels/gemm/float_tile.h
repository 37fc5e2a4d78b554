// Register tiles of floats: rows of x by blocks of 16 outputs, compiled for each instruction set. Lanes are outputs and
// every sum runs over its inputs in their order, so that the tile's shape changes no bit.
//
// The including file defines
//   CK_TILES(do)         do(rows, blocks) for each size, those whose sums fit the registers: all blocks with one row
//   CK_TILE_WIDTHS(do)   do(rows, blocks) for each number of rows from 1 to CK_TILE_ROWS: how wide tiles are to be for
//                        so many rows, and for more than the last
//   CK_TILE_ROWS         the most rows of any size
//   CK_TILE_BLOCKS       the most blocks of any size
// and may define
//   CK_SHORT_SUM, CK_SHORT_ROWS, CK_SHORT_BLOCKS   the size for sums of no more products than that
//   CK_HALF_ROWS         an even number of rows of which a block and a half are computed, the halves of two rows together
#ifndef CK_FLOAT_TILE_H
#define CK_FLOAT_TILE_H

#include "../numeric/vectors.h"

typedef struct {
    // The first weight of block 0, and how far the next block's is: [block, segment, k, CK_BLOCK]
    const float *weights;
    ptrdiff_t block_step;
    // [blocks], or null for none
    const float *bias;
    // A row of x is made of segments of `count` floats that lie side by side, segment_rows · segment_columns of them.
    ptrdiff_t segment_rows, segment_columns, count;
    // From segment to segment, in x and in the weights.
    ptrdiff_t row_step, column_step, weight_row_step, weight_column_step;
    // From row to row.
    ptrdiff_t x_step, y_step;
    // What is added to the sums, laid out as `result` is; null for nothing.
    const float *addend, *result;
    float minimum, maximum;
} ck_float_gemm;

// Hides where a pointer comes from: the compiler then keeps one for every four rows and takes the rest from the steps
// between them, instead of a pointer for each row, for which there are not enough registers.
#define CK_OPAQUE(pointer) __asm__("" : "+r"(pointer))

// Tiles of so many rows ask for the weights of the blocks that come next: those of large networks do not stay in any cache
// from run to run, and what waits for memory is idle. Fewer rows are bound by how fast weights come in as it is.
#define CK_PREFETCHING_ROWS 4

CK_INLINE ck_f32x16 load_block(const float *from) {
    ck_f32x16 block;
    memcpy(&block, from, sizeof block);
    return block;
}

CK_INLINE ck_f32x16 select_lanes(ck_i32x16 mask, ck_f32x16 a, ck_f32x16 b) {
    return (ck_f32x16)((mask & (ck_i32x16)a) | (~mask & (ck_i32x16)b));
}

// Stores rows of which the last block has fewer outputs than lanes.
static __attribute__((noinline)) void store_part(
    const ck_f32x16 *values, float *y, ptrdiff_t y_step, int rows, int blocks, ptrdiff_t outputs) {
    for (int r = 0; r < rows; r++, y += y_step) {
        const float *from = (const float *)(values + r * blocks);
        float *to = y;
        ptrdiff_t left = outputs < blocks * CK_BLOCK ? outputs : blocks * CK_BLOCK;
        for (ptrdiff_t size = CK_BLOCK; left >= size; left -= size, from += size, to += size)
            memcpy(to, from, CK_BLOCK * sizeof(float));
        if (left & 8) {
            memcpy(to, from, 8 * sizeof(float));
            from += 8, to += 8;
        }
        if (left & 4) {
            memcpy(to, from, 4 * sizeof(float));
            from += 4, to += 4;
        }
        for (ptrdiff_t i = 0; i < (left & 3); i++) to[i] = from[i];
    }
}

CK_INLINE void float_tile(
    const ck_float_gemm *g, const float *x, float *y, ptrdiff_t block, ptrdiff_t outputs, const int rows,
    const int blocks) {
    ck_f32x16 sums[32];
    const ptrdiff_t step = g->x_step, block_step = g->block_step;
#pragma clang loop unroll(full)
    for (int b = 0; b < blocks; b++) {
        ck_f32x16 sum = {};
        if (g->bias) sum = load_block(g->bias + (block + b) * CK_BLOCK);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) sums[r * blocks + b] = sum;
    }
    const float *first = g->weights + block * block_step;
    for (ptrdiff_t row = 0; row < g->segment_rows; row++)
        for (ptrdiff_t column = 0; column < g->segment_columns; column++) {
            const float *from = x + row * g->row_step + column * g->column_step;
            const float *w = first + row * g->weight_row_step + column * g->weight_column_step;
            const float *rest[(32 + 3) / 4];
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r += 4) {
                rest[r / 4] = from + r * step;
                CK_OPAQUE(rest[r / 4]);
            }
#define CK_TILE_STEP(k)                                                                                      \
    {                                                                                                        \
        ck_f32x16 weights[8];                                                                                \
        _Pragma("clang loop unroll(full)") for (int b = 0; b < blocks; b++) {                                \
            if (rows >= CK_PREFETCHING_ROWS)                                                                 \
                __builtin_prefetch(w + (blocks + b) * block_step + (k) * CK_BLOCK, 0, 2);                    \
            weights[b] = load_block(w + b * block_step + (k) * CK_BLOCK);                                    \
        }                                                                                                    \
        _Pragma("clang loop unroll(full)") for (int r = 0; r < rows; r++) {                                  \
            float value = rest[r / 4][r % 4 * step + (k)];                                                   \
            _Pragma("clang loop unroll(full)") for (int b = 0; b < blocks; b++)                              \
                sums[r * blocks + b] += value * weights[b];                                                  \
        }                                                                                                    \
    }
#define CK_TILE_ADVANCE(n)                                                                                   \
    w += (n) * CK_BLOCK;                                                                                     \
    CK_OPAQUE(w);                                                                                            \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < rows; r += 4) {                                   \
        rest[r / 4] += (n);                                                                                  \
        CK_OPAQUE(rest[r / 4]);                                                                              \
    }
            ptrdiff_t left = g->count;
            for (; left >= 4; left -= 4) {
                CK_TILE_STEP(0)
                CK_TILE_STEP(1)
                CK_TILE_STEP(2)
                CK_TILE_STEP(3)
                CK_TILE_ADVANCE(4)
            }
            for (; left > 0; left--) {
                CK_TILE_STEP(0)
                CK_TILE_ADVANCE(1)
            }
        }
    const ck_f32x16 low = (ck_f32x16){} + g->minimum, high = (ck_f32x16){} + g->maximum;
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
        for (int b = 0; b < blocks; b++) {
            ck_f32x16 values = sums[r * blocks + b];
            if (g->addend) values += load_block(g->addend + (y - g->result) + r * g->y_step + b * CK_BLOCK);
            values = select_lanes(values < low, low, values);
            sums[r * blocks + b] = select_lanes(values > high, high, values);
        }
    if (outputs < blocks * CK_BLOCK) {
        ck_f32x16 copy[32];
        memcpy(copy, sums, sizeof(ck_f32x16) * (size_t)(rows * blocks));
        store_part(copy, y, g->y_step, rows, blocks, outputs);
        return;
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
        for (int b = 0; b < blocks; b++)
            memcpy(y + r * g->y_step + b * CK_BLOCK, &sums[r * blocks + b], sizeof(ck_f32x16));
}

typedef void (*float_tile_function)(const ck_float_gemm *, const float *, float *, ptrdiff_t, ptrdiff_t);

#define CK_TILE(rows, blocks)                                                                             \
    static __attribute__((aligned(64))) void tile_##rows##x##blocks(                                      \
        const ck_float_gemm *g, const float *x, float *y, ptrdiff_t block, ptrdiff_t outputs) {           \
        float_tile(g, x, y, block, outputs, rows, blocks);                                                \
    }
CK_TILES(CK_TILE)

#define CK_TILE_ENTRY(rows, blocks) [blocks][rows] = tile_##rows##x##blocks,
static const float_tile_function float_tiles[CK_TILE_BLOCKS + 1][CK_TILE_ROWS + 1] = {CK_TILES(CK_TILE_ENTRY)};

#define CK_TILE_WIDTH_ENTRY(rows, blocks) [rows] = blocks,
static const unsigned char float_tile_widths[CK_TILE_ROWS + 1] = {CK_TILE_WIDTHS(CK_TILE_WIDTH_ENTRY)};

#ifdef CK_HALF_ROWS
// Outputs of a block and a half.
#define CK_HALF_OUTPUTS (CK_BLOCK + CK_BLOCK / 2)

typedef float half_block __attribute__((vector_size(32), aligned(4)));

CK_INLINE ck_f32x16 join_halves(half_block low, half_block high) {
    return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

// CK_HALF_ROWS rows of CK_HALF_OUTPUTS outputs. The last eight of two rows fill one vector.
static __attribute__((noinline)) void half_tile(const ck_float_gemm *g, const float *x, float *y, ptrdiff_t block) {
    enum { rows = CK_HALF_ROWS, pairs = rows / 2 };
    const __mmask16 upper = 0xFF00;
    ck_f32x16 sums[rows], halves[pairs], first = {}, second = {};
    const ptrdiff_t step = g->x_step, block_step = g->block_step, y_step = g->y_step;
    if (g->bias) {
        half_block half = *(const half_block *)(g->bias + (block + 1) * CK_BLOCK);
        first = load_block(g->bias + block * CK_BLOCK);
        second = join_halves(half, half);
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) sums[r] = first;
#pragma clang loop unroll(full)
    for (int i = 0; i < pairs; i++) halves[i] = second;
    for (ptrdiff_t row = 0; row < g->segment_rows; row++)
        for (ptrdiff_t column = 0; column < g->segment_columns; column++) {
            const float *from = x + row * g->row_step + column * g->column_step;
            const float *w =
                g->weights + block * block_step + row * g->weight_row_step + column * g->weight_column_step;
            const float *rest[(rows + 3) / 4];
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r += 4) {
                rest[r / 4] = from + r * step;
                CK_OPAQUE(rest[r / 4]);
            }
            for (ptrdiff_t k = 0; k < g->count; k++) {
                half_block narrow = *(const half_block *)(w + block_step);
                ck_f32x16 wide = load_block(w), twice = join_halves(narrow, narrow);
#pragma clang loop unroll(full)
                for (int r = 0; r < rows; r += 2) {
                    ck_f32x16 a = rest[r / 4][r % 4 * step] - (ck_f32x16){};
                    ck_f32x16 b = rest[r / 4][(r % 4 + 1) * step] - (ck_f32x16){};
                    sums[r] += a * wide;
                    sums[r + 1] += b * wide;
                    // By a mask: compilers would choose a permutation, which takes its turns with the products.
                    ck_f32x16 both;
                    __asm__("vblendmps %2, %1, %0%{%3%}" : "=v"(both) : "v"(a), "v"(b), "Yk"(upper));
                    halves[r / 2] += both * twice;
                }
                w += CK_BLOCK;
                CK_OPAQUE(w);
#pragma clang loop unroll(full)
                for (int r = 0; r < rows; r += 4) {
                    rest[r / 4]++;
                    CK_OPAQUE(rest[r / 4]);
                }
            }
        }
    const ck_f32x16 low = (ck_f32x16){} + g->minimum, high = (ck_f32x16){} + g->maximum;
    const float *addend = g->addend ? g->addend + (y - g->result) : NULL;
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r += 2, y += 2 * y_step) {
        ck_f32x16 values[3] = {sums[r], sums[r + 1], halves[r / 2]};
        if (addend) {
            values[0] += load_block(addend);
            values[1] += load_block(addend + y_step);
            values[2] += join_halves(
                *(const half_block *)(addend + CK_BLOCK), *(const half_block *)(addend + y_step + CK_BLOCK));
            addend += 2 * y_step;
        }
#pragma clang loop unroll(full)
        for (int i = 0; i < 3; i++) {
            values[i] = select_lanes(values[i] < low, low, values[i]);
            values[i] = select_lanes(values[i] > high, high, values[i]);
        }
        memcpy(y, &values[0], sizeof values[0]);
        memcpy(y + y_step, &values[1], sizeof values[1]);
        memcpy(y + CK_BLOCK, &values[2], sizeof values[2] / 2);
        memcpy(y + y_step + CK_BLOCK, (const char *)&values[2] + sizeof values[2] / 2, sizeof values[2] / 2);
    }
}
#endif

// Rows that lie `x_step` apart, `lines` times.
typedef struct {
    ptrdiff_t rows, lines, x_line_step, y_line_step;
} float_area;

CK_INLINE void float_line(
    const ck_float_gemm *g, const float *x, float *y, ptrdiff_t rows, ptrdiff_t block, ptrdiff_t width,
    ptrdiff_t outputs, ptrdiff_t most) {
    const float_tile_function *sizes = float_tiles[width];
    while (!sizes[most]) most--;
#ifdef CK_HALF_ROWS
    if (width == 2 && outputs == CK_HALF_OUTPUTS)
        for (; rows >= CK_HALF_ROWS; rows -= CK_HALF_ROWS) {
            half_tile(g, x, y, block);
            x += CK_HALF_ROWS * g->x_step;
            y += CK_HALF_ROWS * g->y_step;
        }
#endif
    while (rows > 0) {
        // Tiles of about the same size: the smallest that does not need one more of them.
        ptrdiff_t count = (rows + most - 1) / most, size = (rows + count - 1) / count;
        while (size < most && !sizes[size]) size++;
        // The last tile must not go beyond the rows.
        while (size > rows || !sizes[size]) size--;
        sizes[size](g, x, y, block, outputs);
        x += size * g->x_step;
        y += size * g->y_step;
        rows -= size;
    }
}

// All rows by the blocks [block, block + blocks); y is where the first row's first output of them goes, and `outputs`
// how many of them are real.
static void float_rows(
    const ck_float_gemm *g, const float *x, float *y, float_area area, ptrdiff_t block, ptrdiff_t blocks,
    ptrdiff_t outputs) {
    ptrdiff_t width = float_tile_widths[area.rows < CK_TILE_ROWS ? area.rows : CK_TILE_ROWS], most = CK_TILE_ROWS;
#ifdef CK_SHORT_SUM
    if (g->segment_rows * g->segment_columns * g->count <= CK_SHORT_SUM && blocks % CK_SHORT_BLOCKS == 0
        && area.rows > CK_SHORT_ROWS) {
        width = CK_SHORT_BLOCKS;
        most = CK_SHORT_ROWS;
    }
#endif
#ifdef CK_HALF_ROWS
    // So that the half block comes behind one block.
    int begins_with_one = width == 2 && blocks > 1 && blocks % 2 == 1 && area.rows >= CK_HALF_ROWS
        && outputs == blocks * CK_BLOCK - CK_BLOCK / 2;
    ptrdiff_t usual = width;
    if (begins_with_one) width = 1;
#endif
    while (blocks > 0) {
        while (width > blocks || !float_tiles[width][1]) width--;
        // The weights of a few blocks stay in the nearest cache while all rows pass by.
        for (ptrdiff_t line = 0; line < area.lines; line++)
            float_line(
                g, x + line * area.x_line_step, y + line * area.y_line_step, area.rows, block, width, outputs, most);
        y += width * CK_BLOCK;
        block += width;
        blocks -= width;
        outputs -= width * CK_BLOCK;
#ifdef CK_HALF_ROWS
        width = usual;
#endif
    }
}

#endif
