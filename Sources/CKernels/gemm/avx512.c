#if defined(__x86_64__)

#include "gemm.h"

#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"))), apply_to = function)

#include "../numeric/requantize_avx512.h"

// Stores a vector of bytes that holds 4 / blocks rows of as many blocks.
static __attribute__((noinline)) void store_part(
    __m512i bytes, int8_t *y, ptrdiff_t y_step, ptrdiff_t rows, ptrdiff_t blocks, ptrdiff_t outputs) {
    int8_t copy[64];
    _mm512_storeu_si512(copy, bytes);
    for (ptrdiff_t r = 0; r < rows && r * blocks < 4; r++)
        for (ptrdiff_t b = 0; b < blocks && b < 4 && b * CK_BLOCK < outputs; b++) {
            __m128i block = _mm_loadu_si128((const __m128i *)(copy + (r * blocks + b) * CK_BLOCK));
            ck_store_bytes(y + r * y_step + b * CK_BLOCK, block, outputs - b * CK_BLOCK);
        }
}

CK_INLINE void store_rows(__m512i bytes, int8_t *y, ptrdiff_t y_step, int rows, int blocks, ptrdiff_t outputs) {
    if (outputs < (blocks > 4 ? 4 : blocks) * CK_BLOCK) {
        store_part(bytes, y, y_step, rows, blocks, outputs);
    } else if (blocks >= 4) {
        _mm512_storeu_si512(y, bytes);
    } else if (blocks == 2) {
        _mm256_storeu_si256((__m256i *)y, _mm512_castsi512_si256(bytes));
        if (rows > 1) _mm256_storeu_si256((__m256i *)(y + y_step), _mm512_extracti64x4_epi64(bytes, 1));
    } else {
        _mm_storeu_si128((__m128i *)y, _mm512_castsi512_si128(bytes));
        if (rows > 1) _mm_storeu_si128((__m128i *)(y + y_step), _mm512_extracti32x4_epi32(bytes, 1));
        if (rows > 2) _mm_storeu_si128((__m128i *)(y + 2 * y_step), _mm512_extracti32x4_epi32(bytes, 2));
        if (rows > 3) _mm_storeu_si128((__m128i *)(y + 3 * y_step), _mm512_extracti32x4_epi32(bytes, 3));
    }
}

// Eight rows of up to eight bytes.
CK_INLINE void store_halves(__m512i bytes, int8_t *y, ptrdiff_t y_step, ptrdiff_t outputs) {
    if (outputs == 8 && y_step == 8) {
        _mm512_storeu_si512(y, bytes);
        return;
    }
    int8_t copy[64];
    _mm512_storeu_si512(copy, bytes);
    for (ptrdiff_t r = 0; r < 8; r++)
        ck_store_bytes(y + r * y_step, _mm_loadl_epi64((const __m128i *)(copy + r * 8)), outputs);
}

CK_INLINE void tile(
    const ck_gemm *g, const uint8_t *x, int8_t *y, ptrdiff_t block, ptrdiff_t outputs, const int rows,
    const int blocks, const ck_rounding rounding) {
    __m512i sums[24];
    ptrdiff_t x_step = g->x_step;
    const ck_lanes *lanes = g->lanes + block;
    ptrdiff_t block_size = g->segment_rows * g->segment_columns * g->fours * 64;
    const int8_t *w = g->weights + block * block_size;
    const __m512i flip = _mm512_set1_epi8((char)g->flip);
#pragma clang loop unroll(full)
    for (int b = 0; b < blocks; b++) {
        __m512i sum = _mm512_loadu_si512(lanes[b].bias);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) sums[r * blocks + b] = sum;
    }
    for (ptrdiff_t row = 0; row < g->segment_rows; row++)
        for (ptrdiff_t column = 0; column < g->segment_columns; column++) {
            const uint8_t *from = x + row * g->row_step + column * g->column_step;
            for (ptrdiff_t k = 0; k < g->fours; k++, w += 64, from += 4) {
                __m512i weights[8];
#pragma clang loop unroll(full)
                for (int b = 0; b < blocks; b++) weights[b] = _mm512_loadu_si512(w + b * block_size);
#pragma clang loop unroll(full)
                for (int r = 0; r < rows; r++) {
                    int32_t four;
                    memcpy(&four, from + r * x_step, 4);
                    __m512i values = _mm512_xor_si512(_mm512_set1_epi32(four), flip);
#pragma clang loop unroll(full)
                    for (int b = 0; b < blocks; b++)
                        sums[r * blocks + b] = _mm512_dpbusd_epi32(sums[r * blocks + b], values, weights[b]);
                }
            }
        }
    const ck_common_output common = ck_common_output_of(g->output);
    const __m512i none = _mm512_setzero_si512();
    if (outputs <= CK_BLOCK / 2 && rows % 8 == 0) {
        // Two rows share a vector.
#pragma clang loop unroll(full)
        for (int first = 0; first + 8 <= rows; first += 8) {
            __m512i four[4];
#pragma clang loop unroll(full)
            for (int i = 0; i < 4; i++) {
                const __m512i *pair = sums + (first + 2 * i) * blocks;
                four[i] = _mm512_inserti64x4(pair[0], _mm512_castsi512_si256(pair[blocks]), 1);
                four[i] = ck_rescaled(four[i], lanes, g->output, &common, rounding);
            }
            __m512i bytes = ck_packed_output(four[0], four[1], four[2], four[3], &common, rounding);
            store_halves(bytes, y + first * g->y_step, g->y_step, outputs);
        }
        return;
    }
    // Rows of three blocks are packed as if they had four.
    const int width = blocks == 3 ? 4 : blocks, count = rows * width;
#pragma clang loop unroll(full)
    for (int first = 0; first < count; first += 4) {
        __m512i four[4];
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++) {
            int r = (first + i) / width, b = (first + i) % width;
            four[i] = r < rows && b < blocks
                ? ck_rescaled(sums[r * blocks + b], lanes + b, g->output, &common, rounding) : none;
        }
        __m512i bytes = ck_packed_output(four[0], four[1], four[2], four[3], &common, rounding);
        int r = first / width, b = first % width;
        store_rows(bytes, y + r * g->y_step + b * CK_BLOCK, g->y_step, rows - r, width, outputs - b * CK_BLOCK);
    }
}

typedef void (*tile_function)(const ck_gemm *, const uint8_t *, int8_t *, ptrdiff_t, ptrdiff_t);

#define TILE(rows, blocks, rounding)                                                                            \
    static void tile_##rows##x##blocks##_##rounding(                                                            \
        const ck_gemm *g, const uint8_t *x, int8_t *y, ptrdiff_t block, ptrdiff_t outputs) {                    \
        tile(g, x, y, block, outputs, rows, blocks, rounding);                                                  \
    }
#define ROW(rows, blocks, rounding) [blocks][rows] = tile_##rows##x##blocks##_##rounding,

#define MANY_ROWS(do, rounding)                                                                                 \
    do(16, 1, rounding) do(12, 1, rounding) do(8, 1, rounding) do(4, 1, rounding) do(2, 1, rounding)            \
    do(12, 2, rounding) do(8, 2, rounding) do(6, 2, rounding) do(4, 2, rounding) do(2, 2, rounding)             \
    do(8, 3, rounding) do(6, 3, rounding) do(4, 3, rounding) do(2, 3, rounding)                                 \
    do(6, 4, rounding) do(5, 4, rounding) do(4, 4, rounding) do(3, 4, rounding) do(2, 4, rounding)
#define FEW_ROWS(do, rounding)                                                                                  \
    do(4, 1, rounding) do(4, 2, rounding) do(4, 3, rounding) do(4, 4, rounding)
#define ONE_ROW(do, rounding)                                                                                   \
    do(1, 1, rounding) do(1, 2, rounding) do(1, 3, rounding) do(1, 4, rounding) do(1, 8, rounding)

MANY_ROWS(TILE, CK_ROUNDS_SINGLE)
MANY_ROWS(TILE, CK_ROUNDS_TWICE_UP)
MANY_ROWS(TILE, CK_ROUNDS_TWICE)
FEW_ROWS(TILE, CK_ROUNDS_DOUBLE)
FEW_ROWS(TILE, CK_ROUNDS_OTHERWISE)
ONE_ROW(TILE, CK_ROUNDS_SINGLE)
ONE_ROW(TILE, CK_ROUNDS_TWICE_UP)
ONE_ROW(TILE, CK_ROUNDS_TWICE)
ONE_ROW(TILE, CK_ROUNDS_DOUBLE)
ONE_ROW(TILE, CK_ROUNDS_OTHERWISE)

#define CK_TILE_ROWS 16

static const tile_function tiles[CK_ROUNDINGS][CK_GEMM_WIDE_BLOCKS + 1][CK_TILE_ROWS + 1] = {
    [CK_ROUNDS_SINGLE] = {MANY_ROWS(ROW, CK_ROUNDS_SINGLE) ONE_ROW(ROW, CK_ROUNDS_SINGLE)},
    [CK_ROUNDS_TWICE_UP] = {MANY_ROWS(ROW, CK_ROUNDS_TWICE_UP) ONE_ROW(ROW, CK_ROUNDS_TWICE_UP)},
    [CK_ROUNDS_TWICE] = {MANY_ROWS(ROW, CK_ROUNDS_TWICE) ONE_ROW(ROW, CK_ROUNDS_TWICE)},
    [CK_ROUNDS_DOUBLE] = {FEW_ROWS(ROW, CK_ROUNDS_DOUBLE) ONE_ROW(ROW, CK_ROUNDS_DOUBLE)},
    [CK_ROUNDS_OTHERWISE] = {FEW_ROWS(ROW, CK_ROUNDS_OTHERWISE) ONE_ROW(ROW, CK_ROUNDS_OTHERWISE)},
};

void ck_gemm_avx512(
    const ck_gemm *g, const uint8_t *x, int8_t *y, ptrdiff_t rows, ptrdiff_t block, ptrdiff_t blocks,
    ptrdiff_t outputs) {
    const tile_function *sizes = tiles[g->rounding][blocks];
    ptrdiff_t most = CK_TILE_ROWS;
    while (!sizes[most]) most--;
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

#pragma clang attribute pop

#endif
