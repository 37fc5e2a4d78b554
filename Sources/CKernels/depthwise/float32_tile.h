// Tiles of a depthwise convolution of floats: a few output rows of a few neighbouring pixels by one vector of channels.
// A tile reads each input value once for all windows that it is part of, and each weight once for all pixels. Every sum
// begins with its bias and runs over its taps in their order, so that the tile's shape changes no bit. Columns outside of
// the input count as zeros.

// Where tiles of a row, or of some rows, lie.
typedef struct {
    // The first tap of the first pixel, which may be outside of the input.
    const float *x;
    const float *weights, *bias;
    float *y;
    ptrdiff_t channels;
    // From row to row, from pixel to pixel, and from one tap's weights to the next.
    ptrdiff_t x_row, x_column, y_row, y_column, tap_step;
    // Tiles next to each other; columns from `low` to `high`, as seen from the first tap, are inside of the input.
    ptrdiff_t tiles, low, high;
    // A bit for each input row that is inside.
    unsigned inside;
    float minimum, maximum;
} depthwise_place;

// Pixels of the widest tile.
#define DEPTHWISE_WIDEST 7
// Input columns that can be outside on each side: what is not the middle of a window of `size`.
#define DEPTHWISE_EDGE(size) ((size) / 2)

// Hides where a pointer comes from: the compiler would keep one for every column and row, for which there are not enough
// registers, instead of one for three columns.
#define DEPTHWISE_OPAQUE(pointer) __asm__("" : "+r"(pointer))
#define DEPTHWISE_ABREAST 3

// `columns` vectors that lie `step` apart, of which those of the edges count only from `low` to `high`.
CK_INLINE lanes_f32 depthwise_column(
    const float **group, ptrdiff_t step, const int c, const int columns, const int edge, ptrdiff_t low,
    ptrdiff_t high) {
    if (c > 0 && c % DEPTHWISE_ABREAST == 0) {
        *group += DEPTHWISE_ABREAST * step;
        DEPTHWISE_OPAQUE(*group);
    }
    const float *from = *group + c % DEPTHWISE_ABREAST * step;
    if (c < edge) return load_lanes_if(from, c >= low);
    if (c >= columns - edge) return load_lanes_if(from, c < high);
    return load_lanes(from);
}

CK_INLINE void depthwise_weights(const float *w, ptrdiff_t tap_step, const int row, const int size, lanes_f32 *weights) {
    const float *group = w + row * size * tap_step;
    DEPTHWISE_OPAQUE(group);
#pragma clang loop unroll(full)
    for (int k = 0; k < size; k++) weights[k] = depthwise_column(&group, tap_step, k, size, 0, 0, size);
}

// The sums of a tile's windows.
CK_INLINE void depthwise_tile(
    const depthwise_place *a, const float *x, const float *w, lanes_f32 *sums, ptrdiff_t low, ptrdiff_t high,
    const int rows, const int pixels, const int size, const int stride) {
    const int height = (rows - 1) * stride + size, columns = (pixels - 1) * stride + size;
    const ptrdiff_t x_row = a->x_row, x_column = a->x_column, tap_step = a->tap_step;
    const unsigned inside = a->inside;
    // Windows of 3 by 3 stay in registers; of larger ones, the rows that the input's row meets.
    const int stays = rows > 1 && size == 3;
    lanes_f32 weights[3][5];
    if (stays)
#pragma clang loop unroll(full)
        for (int ky = 0; ky < 3; ky++) depthwise_weights(w, tap_step, ky, 3, weights[ky]);
#pragma clang loop unroll(full)
    for (int j = 0; j < height; j++, x += x_row) {
        DEPTHWISE_OPAQUE(x);
        if (!(inside >> j & 1)) continue;
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            int ky = j - r * stride;
            if (!stays && ky >= 0 && ky < size) depthwise_weights(w, tap_step, ky, size, weights[r]);
        }
        const float *group = x;
#pragma clang loop unroll(full)
        for (int c = 0; c < columns; c++) {
            lanes_f32 value = depthwise_column(&group, x_column, c, columns, DEPTHWISE_EDGE(size), low, high);
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++) {
                int ky = j - r * stride;
#pragma clang loop unroll(full)
                for (int p = 0; p < pixels; p++) {
                    int k = c - p * stride;
                    if (ky >= 0 && ky < size && k >= 0 && k < size)
                        sums[r * pixels + p] += value * weights[stays ? ky : r][k];
                }
            }
        }
    }
}

CK_INLINE void depthwise_store_row(
    float *y, ptrdiff_t step, const lanes_f32 *sums, const int pixels, ptrdiff_t left, lanes_f32 minimum,
    lanes_f32 maximum) {
    DEPTHWISE_OPAQUE(y);
#pragma clang loop unroll(full)
    for (int p = 0; p < pixels; p++) {
        if (p > 0 && p % DEPTHWISE_ABREAST == 0) {
            y += DEPTHWISE_ABREAST * step;
            DEPTHWISE_OPAQUE(y);
        }
        lanes_f32 values = clamp_lanes(sums[p], minimum, maximum);
        if (left >= CK_LANES) store_lanes(y + p % DEPTHWISE_ABREAST * step, values);
        else store_first_lanes(y + p % DEPTHWISE_ABREAST * step, values, left);
    }
}

CK_INLINE void depthwise_tiles(
    const depthwise_place *a, const int rows, const int pixels, const int size, const int stride) {
    const lanes_f32 minimum = all_lanes(a->minimum), maximum = all_lanes(a->maximum);
    const ptrdiff_t y_row = a->y_row, y_column = a->y_column, channels = a->channels;
    const float *x = a->x;
    float *y = a->y;
    ptrdiff_t low = a->low, high = a->high;
    for (ptrdiff_t tile = 0; tile < a->tiles; tile++) {
        for (ptrdiff_t c = 0; c < channels; c += CK_LANES) {
            lanes_f32 sums[2 * DEPTHWISE_WIDEST], bias = load_lanes(a->bias + c);
#pragma clang loop unroll(full)
            for (int i = 0; i < rows * pixels; i++) sums[i] = bias;
            depthwise_tile(a, x + c, a->weights + c, sums, low, high, rows, pixels, size, stride);
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++)
                depthwise_store_row(
                    y + c + r * y_row, y_column, sums + r * pixels, pixels, channels - c, minimum, maximum);
        }
        x += pixels * stride * a->x_column;
        y += pixels * y_column;
        low -= pixels * stride;
        high -= pixels * stride;
    }
}

typedef void (*depthwise_tile_function)(const depthwise_place *);

// Widths are often 7 · 2ⁿ; those of images of sounds are 5.
#define DEPTHWISE_TILES(do, ...) \
    do(1, __VA_ARGS__) do(3, __VA_ARGS__) do(4, __VA_ARGS__) do(5, __VA_ARGS__) do(7, __VA_ARGS__)
#define DEPTHWISE_TILE(pixels, rows, size, stride)                                               \
    static void depthwise_##size##_##stride##_##rows##x##pixels(const depthwise_place *place) {  \
        depthwise_tiles(place, rows, pixels, size, stride);                                      \
    }
#define DEPTHWISE_ENTRY(pixels, rows, size, stride) [pixels] = depthwise_##size##_##stride##_##rows##x##pixels,
#define DEPTHWISE_ROWS(do, rows)                                                                 \
    DEPTHWISE_TILES(do, rows, 3, 1) DEPTHWISE_TILES(do, rows, 3, 2)                              \
    DEPTHWISE_TILES(do, rows, 5, 1) DEPTHWISE_TILES(do, rows, 5, 2)
#define DEPTHWISE_SIZES(rows)                                                                    \
    {{{DEPTHWISE_TILES(DEPTHWISE_ENTRY, rows, 3, 1)}, {DEPTHWISE_TILES(DEPTHWISE_ENTRY, rows, 3, 2)}},   \
     {{DEPTHWISE_TILES(DEPTHWISE_ENTRY, rows, 5, 1)}, {DEPTHWISE_TILES(DEPTHWISE_ENTRY, rows, 5, 2)}}}

DEPTHWISE_ROWS(DEPTHWISE_TILE, 1)
#if CK_DEPTHWISE_ROWS == 2
DEPTHWISE_ROWS(DEPTHWISE_TILE, 2)
#endif

// [rows - 1][size / 2 - 1][stride - 1][pixels]
static const depthwise_tile_function depthwise_functions[CK_DEPTHWISE_ROWS][2][2][DEPTHWISE_WIDEST + 1] = {
    DEPTHWISE_SIZES(1),
#if CK_DEPTHWISE_ROWS == 2
    DEPTHWISE_SIZES(2),
#endif
};

// How wide the next tile is when so many pixels are left.
CK_INLINE ptrdiff_t depthwise_tile_width(ptrdiff_t pixels) {
    static const unsigned char widths[] = {0, 1, 1, 3, 4, 5, 3, 7, 4, 5, 5};
    return pixels < (ptrdiff_t)sizeof widths ? widths[pixels] : DEPTHWISE_WIDEST;
}
