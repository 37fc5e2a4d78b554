#if defined(__x86_64__)

#include "columns.h"
#include "../numeric/target.h"

#include <immintrin.h>
#include <string.h>

CK_BEGIN_AVX512

#include "../numeric/requantize_avx512.h"

// Bytes of four input rows are brought side by side, so that one dot product does four taps of 16 lanes. The vectors of a
// column of the input are made once and go into the sums of all windows that it is part of, which wait in registers, as
// the weights do: loading them would take longer than multiplying by them. Where two output rows share the input there
// are twice as many of both; then one walk along the row is for the vectors 0 and 1, and another for 2 and 3.
//
// Unpacking leaves four channels of each 16 in each of four vectors, and packing the results puts them back in order.

#define VECTORS CK_COLUMN_VECTORS
// Most output rows and parts of a block, thus places below each other.
#define MOST_ROWS 2
#define MOST_PARTS 4
#define MOST_LINES (4 * MOST_PARTS)
// Most pixels of a walk.
#define MOST_PIXELS 64
// An image that stays in the second cache beside what is made of it.
#define MOST_BYTES 600000

// A block of a strip of output pixels: where to read, and what to compute.
typedef struct {
    // The first column of four rows of each part, and what is left of the way from pixel to pixel: nothing in rows that are
    // not the image's.
    const uint8_t *x[MOST_LINES];
    ptrdiff_t x_masks[MOST_LINES];
    ptrdiff_t x_step;
    // Whether the last two rows of a part are the first ones of the next.
    int shares_rows;
    // Where results go; null for rows that are not the result's.
    int8_t *y[MOST_PARTS][MOST_ROWS];
    ptrdiff_t y_step;
    // The first column is so many before the image, whose columns are `width`.
    ptrdiff_t left, width, pixels;
    __m512i flip, fill;
    // Whether `flip` is not zero.
    int flips;
    const ck_lanes *lanes;
    const int8_t *weights;
    const ck_requantization *output;
    // A row that is not the image's.
    uint8_t outside[64];
    // The results of the vectors 0 and 1.
    __m512i first_half[MOST_PIXELS];
} strip;

// The next column, and what does not change along the row.
typedef struct {
    const uint8_t *x[MOST_LINES];
    ptrdiff_t masks[MOST_LINES];
    // Bytes from the first column to this one, and to the next.
    ptrdiff_t at, step;
    ptrdiff_t number, width;
    __m512i flip, fill;
    int flips, shares_rows;
} column;

CK_INLINE const uint8_t *line_of(const column *c, const int line) {
    return c->x[line] + (c->at & c->masks[line]);
}

CK_INLINE __m512i row_of(const column *c, const int row, const int parts) {
    if (parts == 1) return _mm512_loadu_si512(c->x[row]);
    if (parts == 2) {
        __m256i low = _mm256_loadu_si256((const __m256i *)line_of(c, row));
        return _mm512_inserti64x4(
            _mm512_castsi256_si512(low), _mm256_loadu_si256((const __m256i *)line_of(c, row + 4)), 1);
    }
    __m512i bytes = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)line_of(c, row)));
    bytes = _mm512_inserti32x4(bytes, _mm_loadu_si128((const __m128i *)line_of(c, row + 4)), 1);
    bytes = _mm512_inserti32x4(bytes, _mm_loadu_si128((const __m128i *)line_of(c, row + 8)), 2);
    return _mm512_inserti32x4(bytes, _mm_loadu_si128((const __m128i *)line_of(c, row + 12)), 3);
}

// A row of each of four parts, of which all but the last one's are in `first` from the second part on.
CK_INLINE __m512i next_row_of(const column *c, __m512i first, const int row) {
    __m128i last = _mm_loadu_si128((const __m128i *)line_of(c, row + 4 * (MOST_PARTS - 1)));
    return _mm512_alignr_epi32(_mm512_castsi128_si512(last), first, 4);
}

// The vectors [first, first + count) of a column, and moves on to the next.
CK_INLINE void load_column(
    column *c, __m512i *x, const int first, const int count, const int parts, const int is_inside) {
    if (!is_inside && (c->number < 0 || c->number >= c->width)) {
#pragma clang loop unroll(full)
        for (int v = 0; v < count; v++) x[v] = c->fill;
    } else {
        __m512i r[4];
#pragma clang loop unroll(full)
        for (int i = 0; i < 2; i++) r[i] = row_of(c, i, parts);
        int shares_rows = parts == MOST_PARTS && c->shares_rows;
#pragma clang loop unroll(full)
        for (int i = 2; i < 4; i++) r[i] = shares_rows ? next_row_of(c, r[i - 2], i) : row_of(c, i, parts);
        if (c->flips) {
#pragma clang loop unroll(full)
            for (int i = 0; i < 4; i++) r[i] = _mm512_xor_si512(r[i], c->flip);
        }
        if (first == 0) {
            __m512i low = _mm512_unpacklo_epi8(r[0], r[1]), high = _mm512_unpacklo_epi8(r[2], r[3]);
            x[0] = _mm512_unpacklo_epi16(low, high);
            x[1] = _mm512_unpackhi_epi16(low, high);
        }
        if (first + count == VECTORS) {
            __m512i low = _mm512_unpackhi_epi8(r[0], r[1]), high = _mm512_unpackhi_epi8(r[2], r[3]);
            x[count - 2] = _mm512_unpacklo_epi16(low, high);
            x[count - 1] = _mm512_unpackhi_epi16(low, high);
        }
    }
    c->number++;
    if (parts > 1) {
        c->at += c->step;
        return;
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) c->x[i] += c->masks[i];
}

// sums = from + x · weights, for output rows of `count` vectors.
CK_INLINE void add(
    __m512i *sums, const __m512i *from, const __m512i *x, const __m512i *weights, const int rows, const int count) {
#pragma clang loop unroll(full)
    for (int i = 0; i < rows * count; i++) sums[i] = _mm512_dpbusd_epi32(from[i], x[i % count], weights[i]);
}

// What a walk keeps in registers.
typedef struct {
    column column;
    int8_t *y[MOST_PARTS][MOST_ROWS];
    // Bytes from the first pixel to this one, and to the next.
    ptrdiff_t y_at, y_step;
    __m512i *first_half;
    const ck_lanes *lanes;
    const ck_requantization *output;
    ck_common_output common;
    __m512i weights[CK_COLUMNS][MOST_ROWS * VECTORS], bias[MOST_ROWS * VECTORS];
    // Of this pixel without its last columns, and of the next one so far.
    __m512i sums[MOST_ROWS * VECTORS], next[MOST_ROWS * VECTORS];
} walker;

CK_INLINE void store(const walker *w, const int row, __m512i bytes, const int parts) {
#pragma clang loop unroll(full)
    for (int part = 0; part < parts; part++) {
        int8_t *y = w->y[part][row];
        if (!y) break;
        y += w->y_at;
        if (parts == 1) ck_store_64(y, bytes);
        else if (parts == 2) ck_store_32(y, bytes, part);
        else ck_store_16(y, bytes, part);
    }
}

// One pixel, whose last columns are inside of the image if `is_inside`.
CK_INLINE void walk_pixel(
    walker *w, const int first, const int count, const int stride, const int rows, const int parts,
    const ck_rounding rounding, const int is_inside) {
    __m512i x[VECTORS], results[MOST_ROWS * VECTORS];
    if (stride == 2) {
        load_column(&w->column, x, first, count, parts, is_inside);
        add(w->sums, w->next, x, w->weights[1], rows, count);
    }
    load_column(&w->column, x, first, count, parts, is_inside);
    add(w->sums, w->sums, x, w->weights[2], rows, count);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows * count; i++)
        results[i] = ck_rescaled(w->sums[i], w->lanes + first + i % count, w->output, &w->common, rounding);
    if (count == VECTORS) {
#pragma clang loop unroll(full)
        for (int j = 0; j < rows; j++) {
            const __m512i *four = results + j * VECTORS;
            store(w, j, ck_packed_quarters(four[0], four[1], four[2], four[3], &w->common, rounding), parts);
        }
    } else {
        // Eight bytes of the first output row, eight of the second.
        __m512i half = ck_packed_quarters(results[0], results[1], results[2], results[3], &w->common, rounding);
        if (first == 0) {
            *w->first_half = half;
        } else {
            store(w, 0, _mm512_unpacklo_epi64(*w->first_half, half), parts);
            store(w, 1, _mm512_unpackhi_epi64(*w->first_half, half), parts);
        }
        w->first_half++;
    }
    if (stride == 1) add(w->sums, w->next, x, w->weights[1], rows, count);
    add(w->next, w->bias, x, w->weights[0], rows, count);
    w->y_at += w->y_step;
}

// One walk: the vectors [first, first + count) of `rows` output rows.
CK_INLINE void walk_some(
    strip *s, const int first, const int count, const int stride, const int rows, const int parts,
    const ck_rounding rounding) {
    walker w = {
        .column =
            {.step = s->x_step,
             .number = -s->left,
             .width = s->width,
             .flip = s->flip,
             .fill = s->fill,
             .flips = s->flips,
             .shares_rows = s->shares_rows},
        .y_step = s->y_step,
        .first_half = s->first_half,
        .lanes = s->lanes,
        .output = s->output,
        .common = ck_common_output_of(s->output),
    };
    memcpy(w.column.x, s->x, sizeof s->x);
    memcpy(w.column.masks, s->x_masks, sizeof s->x_masks);
    // Few rows are gone along each for itself.
    for (int i = 0; parts == 1 && i < 4; i++) w.column.masks[i] &= s->x_step;
    memcpy(w.y, s->y, sizeof s->y);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows * count; i++) {
        w.bias[i] = ck_loaded_sums(s->lanes[first + i % count].bias);
#pragma clang loop unroll(full)
        for (int k = 0; k < CK_COLUMNS; k++)
            w.weights[k][i] = _mm512_loadu_si512(
                s->weights + ((k * rows + i / count) * VECTORS + first + i % count) * 64);
    }
    __m512i x[VECTORS];
    load_column(&w.column, x, first, count, parts, 0);
    add(w.next, w.bias, x, w.weights[0], rows, count);
    if (stride == 1) {
        load_column(&w.column, x, first, count, parts, 0);
        add(w.sums, w.next, x, w.weights[1], rows, count);
        add(w.next, w.bias, x, w.weights[0], rows, count);
    }
    for (ptrdiff_t rest = s->pixels; rest > 0;) {
        ptrdiff_t left = w.column.number < 0 ? 0 : w.column.width - w.column.number;
        ptrdiff_t inside = left < 0 ? 0 : left / stride < rest ? left / stride : rest;
        rest -= inside;
        for (; inside > 0; inside--) walk_pixel(&w, first, count, stride, rows, parts, rounding, 1);
        if (rest-- > 0) walk_pixel(&w, first, count, stride, rows, parts, rounding, 0);
    }
}

CK_INLINE void walk(strip *s, const int stride, const int rows, const int parts, const ck_rounding rounding) {
    if (rows == 1) {
        walk_some(s, 0, VECTORS, stride, rows, parts, rounding);
    } else {
        walk_some(s, 0, VECTORS / 2, stride, rows, parts, rounding);
        walk_some(s, VECTORS / 2, VECTORS / 2, stride, rows, parts, rounding);
    }
}

typedef void (*walk_function)(strip *);

#define WALK(stride, rows, parts, rounding)                                                                     \
    static void walk_##stride##_##rows##_##parts##_##rounding(strip *s) {                                       \
        walk(s, stride, rows, parts, rounding);                                                                 \
    }
#define PARTS(do, stride, rows, rounding)                                                                       \
    do(stride, rows, 1, rounding) do(stride, rows, 2, rounding) do(stride, rows, 4, rounding)
#define KINDS(do, rounding) PARTS(do, 1, 1, rounding) PARTS(do, 1, 2, rounding) PARTS(do, 2, 1, rounding)
KINDS(WALK, CK_ROUNDS_SINGLE)
KINDS(WALK, CK_ROUNDS_POSITIVE)
KINDS(WALK, CK_ROUNDS_TWICE_UP)
KINDS(WALK, CK_ROUNDS_TWICE)
KINDS(WALK, CK_ROUNDS_OTHERWISE)

#define ENTRY(stride, rows, parts, rounding)                                                                    \
    [stride - 1][rows - 1][parts / 2] = walk_##stride##_##rows##_##parts##_##rounding,
#define ENTRIES(rounding) [rounding] = {KINDS(ENTRY, rounding)},
static const walk_function walks[CK_ROUNDINGS][2][MOST_ROWS][3] = {
    ENTRIES(CK_ROUNDS_SINGLE) ENTRIES(CK_ROUNDS_POSITIVE) ENTRIES(CK_ROUNDS_TWICE_UP) ENTRIES(CK_ROUNDS_TWICE)
    ENTRIES(CK_ROUNDS_OTHERWISE)};

// Sets where a strip is: that of the output rows [row, last) of an image, from `pixel` on.
static void place(
    strip *s, const ck_conv *p, void *const *buffers, ck_column_block block, ptrdiff_t rows, ptrdiff_t row,
    ptrdiff_t last, ptrdiff_t pixel) {
    ptrdiff_t channels = p->output_channels, x_line = p->input_width * channels, y_line = p->output_width * channels;
    ptrdiff_t oy = row % p->output_height, column = pixel * p->stride_width - p->pad_left;
    const uint8_t *image = (const uint8_t *)buffers[0] + row / p->output_height * p->input_height * x_line;
    s->left = -column;
    for (ptrdiff_t part = 0; part < block.parts; part++) {
        for (ptrdiff_t j = 0, at = row + part * rows; j < rows; j++, at++)
            s->y[part][j] =
                at < last ? (int8_t *)buffers[1] + at * y_line + pixel * channels + block.first : NULL;
        for (ptrdiff_t i = 0; i < 4; i++) {
            ptrdiff_t iy = (oy + part * rows) * p->stride_height - p->pad_top + i;
            int is_inside = iy >= 0 && iy < p->input_height;
            s->x[4 * part + i] = is_inside ? image + iy * x_line + column * channels + block.first : s->outside;
            s->x_masks[4 * part + i] = is_inside ? -1 : 0;
        }
    }
}

void ck_depthwise_columns_avx512(const ck_conv *p, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_columns_plan *plan = p->prepared;
    ptrdiff_t rows = plan->output_rows, stride = p->stride_width;
    uint8_t zero = (uint8_t)p->input_zero_point ^ p->flip, flip = p->flip ^ CK_BYTE_OFFSET;
    strip s;
    memset(s.outside, zero, sizeof s.outside);
    s.x_step = s.y_step = p->output_channels;
    s.width = p->input_width;
    s.flip = _mm512_set1_epi8((char)flip);
    s.flips = flip != 0;
    s.shares_rows = rows * p->stride_height == 2;
    s.fill = _mm512_set1_epi8((char)(zero ^ flip));
    s.output = &p->output;
    // About as many pixels each time.
    ptrdiff_t turns = (p->output_width + MOST_PIXELS - 1) / MOST_PIXELS;
    ptrdiff_t most = turns ? (p->output_width + turns - 1) / turns : 0;
    // All blocks of a few rows where a block of all rows would push the rest of the image out of the second cache.
    ptrdiff_t most_rows =
        p->input_height * p->input_width * p->input_channels > MOST_BYTES ? rows * MOST_PARTS : p->output_height;
    for (ptrdiff_t first = begin, last; first < end; first = last) {
        ptrdiff_t rest = p->output_height - first % p->output_height;
        last = first + (rest < most_rows ? rest : most_rows);
        if (last > end) last = end;
        for (ptrdiff_t b = 0; b < plan->blocks; b++) {
            ck_column_block block = ck_column_blocks(plan)[b];
            walk_function walk = walks[plan->rounding][stride - 1][rows - 1][block.parts / 2];
            s.lanes = (const ck_lanes *)((const char *)plan + ck_columns_lanes_offset(plan)) + b * VECTORS;
            s.weights = (const int8_t *)plan + ck_columns_weights_offset(plan) + b * ck_column_weights(plan);
            for (ptrdiff_t row = first; row < last; row += rows * block.parts)
                for (ptrdiff_t pixel = 0; pixel < p->output_width; pixel += most) {
                    s.pixels = p->output_width - pixel < most ? p->output_width - pixel : most;
                    place(&s, p, buffers, block, rows, row, last, pixel);
                    walk(&s);
                }
        }
    }
}

CK_END_TARGET

#endif
