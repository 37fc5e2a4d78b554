// How the work of float products is divided: strips of rows by panels of blocks of outputs.
#include "../declarations.h"

#define WIDEST_PANEL 8
#define NARROWEST_PANEL 2
// Bytes of the input that a strip may take, so that it stays in the second cache beside a panel of weights.
#define STRIP_BYTES 200000
// Units that are enough for any number of threads.
#define ENOUGH_UNITS 16
// Rows of an image below which its edges make tiles too small, and of other products.
#define FEWEST_LINES 6
#define FEWEST_ROWS 28
// Images no wider than that are computed by columns, whose pixels are the rows of tiles. With windows whose rows are short,
// beginning a tile takes long, so that tiles are to be high.
#define NARROW_IMAGE 8
#define SHORT_ROW 16

typedef struct {
    // `parts` times `rows` rows by `blocks` blocks.
    ptrdiff_t parts, rows, row_bytes, fewest_rows, blocks;
} work;

static ptrdiff_t divide(work w, ptrdiff_t *strip, ptrdiff_t *panel) {
    ptrdiff_t most = STRIP_BYTES / (w.row_bytes > 0 ? w.row_bytes : 1);
    if (most < w.fewest_rows) most = w.fewest_rows;
    ptrdiff_t strips = (w.rows + most - 1) / most, panels = (w.blocks + WIDEST_PANEL - 1) / WIDEST_PANEL;
    *panel = WIDEST_PANEL;
    while (w.parts * strips * panels < ENOUGH_UNITS && w.rows / (strips + 1) >= w.fewest_rows) strips++;
    while (w.parts * strips * panels < ENOUGH_UNITS && *panel > NARROWEST_PANEL) {
        *panel /= 2;
        panels = (w.blocks + *panel - 1) / *panel;
    }
    *strip = (w.rows + strips - 1) / strips;
    return w.parts * ((w.rows + *strip - 1) / *strip) * panels;
}

int ck_conv_is_pointwise(const ck_conv *p) {
    return p->kernel_height == 1 && p->kernel_width == 1 && p->stride_height == 1 && p->stride_width == 1
        && p->pad_top == 0 && p->pad_left == 0 && p->input_height == p->output_height
        && p->input_width == p->output_width;
}

static int takes_high_tiles(const ck_conv *p) {
    return p->output_width <= NARROW_IMAGE
        && p->kernel_width * (p->input_channels / p->groups) <= SHORT_ROW;
}

ptrdiff_t ck_divide_conv(ck_conv *p, ptrdiff_t batch) {
    ptrdiff_t pixel_bytes = p->input_channels * (ptrdiff_t)sizeof(float);
    ptrdiff_t stride = p->stride_height < p->input_height ? p->stride_height : p->input_height;
    work w = {
        .parts = batch * p->groups,
        .rows = p->output_height,
        .row_bytes = stride * p->input_width * pixel_bytes,
        .fewest_rows = takes_high_tiles(p) ? FEWEST_ROWS : FEWEST_LINES,
        .blocks = (p->output_channels / p->groups + CK_BLOCK - 1) / CK_BLOCK,
    };
    if (ck_conv_is_pointwise(p)) {
        // Pixels follow each other over the ends of rows and images.
        w.parts = p->groups;
        w.rows = batch * p->output_height * p->output_width;
        w.row_bytes = pixel_bytes;
        w.fewest_rows = FEWEST_ROWS;
    }
    p->batch = batch;
    return divide(w, &p->strip, &p->panel);
}

ptrdiff_t ck_divide_matmul(ck_matmul *p, ptrdiff_t batch) {
    work w = {
        .parts = batch,
        .rows = p->rows,
        .row_bytes = p->inner * (ptrdiff_t)sizeof(float),
        .fewest_rows = FEWEST_ROWS,
        .blocks = (p->columns + CK_BLOCK - 1) / CK_BLOCK,
    };
    return divide(w, &p->strip, &p->panel);
}
