// Convolution of floats as products of rows. There is no padding: the output is divided into areas whose windows have the
// same taps inside the input, and each area's products run over those alone.
#include "float_tile.h"

// Output positions of one axis whose windows have the same taps inside the input.
typedef struct {
    ptrdiff_t begin, end, tap, taps;
} float_span;

typedef struct {
    ptrdiff_t input, kernel, stride, dilation, pad;
} float_axis;

static ptrdiff_t steps_up_to(ptrdiff_t distance, ptrdiff_t step) {
    return distance <= 0 ? 0 : (distance + step - 1) / step;
}

// The span that begins at an output position, cut off at `end`.
static float_span span_at(const float_axis *axis, ptrdiff_t begin, ptrdiff_t end) {
    ptrdiff_t reach = axis->input - (axis->kernel - 1) * axis->dilation + axis->pad;
    // Windows that are inside as a whole.
    ptrdiff_t first = steps_up_to(axis->pad, axis->stride), last = steps_up_to(reach, axis->stride);
    float_span span = {.begin = begin, .end = begin};
    if (begin >= first && begin < last) {
        span.taps = axis->kernel;
        span.end = last < end ? last : end;
        return span;
    }
    while (span.end < end && (span.end < first || span.end >= last)) {
        ptrdiff_t at = span.end * axis->stride - axis->pad;
        ptrdiff_t tap = steps_up_to(-at, axis->dilation), behind = steps_up_to(axis->input - at, axis->dilation);
        if (behind > axis->kernel) behind = axis->kernel;
        ptrdiff_t taps = behind > tap ? behind - tap : 0;
        if (taps == 0) tap = 0;
        if (span.end > begin && (tap != span.tap || taps != span.taps)) break;
        span.tap = tap;
        span.taps = taps;
        span.end++;
    }
    return span;
}

typedef struct {
    const ck_conv *p;
    // Of the image and group.
    const float *x;
    float *y;
    ptrdiff_t block, blocks, outputs, inputs;
    ck_float_gemm gemm;
} float_panel;

static void conv_area(float_panel *panel, const float_span *rows, const float_span *columns) {
    const ck_conv *p = panel->p;
    ck_float_gemm *g = &panel->gemm;
    ptrdiff_t line = p->input_width * p->input_channels, tap = panel->inputs * CK_BLOCK;
    // The columns of a window lie side by side.
    int is_joined = ck_conv_joins_columns(p);
    g->segment_rows = columns->taps ? rows->taps : 0;
    g->segment_columns = is_joined ? 1 : columns->taps;
    g->count = is_joined ? columns->taps * panel->inputs : panel->inputs;
    g->row_step = p->dilation_height * line;
    g->column_step = p->dilation_width * p->input_channels;
    g->weight_row_step = p->kernel_width * tap;
    g->weight_column_step = tap;
    g->weights = (const float *)p->weights + (rows->tap * p->kernel_width + columns->tap) * tap;
    ptrdiff_t height = rows->end - rows->begin, width = columns->end - columns->begin;
    ptrdiff_t x_row = p->stride_height * line, x_column = p->stride_width * p->input_channels;
    ptrdiff_t y_row = p->output_width * p->output_channels, y_column = p->output_channels;
    const float *x = panel->x;
    if (g->segment_rows > 0)
        x += (rows->begin * p->stride_height - p->pad_top + rows->tap * p->dilation_height) * line
            + (columns->begin * p->stride_width - p->pad_left + columns->tap * p->dilation_width) * p->input_channels;
    float *y = panel->y + rows->begin * y_row + columns->begin * y_column;
    // An edge of the image is a column of pixels.
    int is_upright = width < height && width < CK_TILE_UPRIGHT;
    float_area area = is_upright
        ? (float_area){.rows = height, .lines = width, .x_line_step = x_column, .y_line_step = y_column}
        : (float_area){.rows = width, .lines = height, .x_line_step = x_row, .y_line_step = y_row};
    g->x_step = is_upright ? x_row : x_column;
    g->y_step = is_upright ? y_row : y_column;
    float_rows(g, x, y, area, panel->block, panel->blocks, panel->outputs);
}

void CK_NAME(ck_conv_float32)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_conv *p = parameters;
    ptrdiff_t group_outputs = p->output_channels / p->groups;
    ptrdiff_t blocks = (group_outputs + CK_BLOCK - 1) / CK_BLOCK;
    ptrdiff_t panels = (blocks + p->panel - 1) / p->panel;
    float_panel panel = {.p = p, .inputs = p->input_channels / p->groups};
    ptrdiff_t taps = p->kernel_height * p->kernel_width;
    panel.gemm = (ck_float_gemm){
        .block_step = taps * panel.inputs * CK_BLOCK,
        .bias = p->bias,
        .addend = buffers[2],
        .result = buffers[1],
        .minimum = p->minimum,
        .maximum = p->maximum,
    };
    int is_pointwise = ck_conv_is_pointwise(p);
    float_axis vertical = {p->input_height, p->kernel_height, p->stride_height, p->dilation_height, p->pad_top};
    float_axis horizontal = {p->input_width, p->kernel_width, p->stride_width, p->dilation_width, p->pad_left};
    ptrdiff_t strips = (p->output_height + p->strip - 1) / p->strip;
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t group = unit / panels % p->groups, strip = unit / (panels * p->groups);
        ptrdiff_t first = unit % panels * p->panel;
        panel.block = group * blocks + first;
        panel.blocks = blocks - first < p->panel ? blocks - first : p->panel;
        panel.outputs = group_outputs - first * CK_BLOCK;
        panel.x = (const float *)buffers[0] + group * panel.inputs;
        panel.y = (float *)buffers[1] + group * group_outputs + first * CK_BLOCK;
        if (is_pointwise) {
            ptrdiff_t pixels = p->batch * p->output_height * p->output_width, pixel = strip * p->strip;
            ck_float_gemm *g = &panel.gemm;
            g->weights = p->weights;
            g->segment_rows = g->segment_columns = 1;
            g->count = panel.inputs;
            g->x_step = p->input_channels;
            g->y_step = p->output_channels;
            float_area area = {.rows = pixels - pixel < p->strip ? pixels - pixel : p->strip, .lines = 1};
            float_rows(
                g, panel.x + pixel * g->x_step, panel.y + pixel * g->y_step, area, panel.block, panel.blocks,
                panel.outputs);
            continue;
        }
        ptrdiff_t image = strip / strips, row = strip % strips * p->strip;
        ptrdiff_t last = row + p->strip < p->output_height ? row + p->strip : p->output_height;
        panel.x += image * p->input_height * p->input_width * p->input_channels;
        panel.y += image * p->output_height * p->output_width * p->output_channels;
        while (row < last) {
            float_span rows = span_at(&vertical, row, last);
            for (ptrdiff_t column = 0; column < p->output_width;) {
                float_span columns = span_at(&horizontal, column, p->output_width);
                conv_area(&panel, &rows, &columns);
                column = columns.end;
            }
            row = rows.end;
        }
    }
}
