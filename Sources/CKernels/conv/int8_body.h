// Convolution of bytes as products of rows: the input bears its padding, so that each output pixel is made of stretches
// of bytes that lie side by side, one for each row of the window if there is one group and no dilation.
//
// The including file defines CK_NAME and CK_DEPTH, the inputs that stand side by side in packed weights.
// With `hybrid`, results are real numbers.
static void CK_NAME(convolve)(
    const ck_conv *p, void *const *buffers, ptrdiff_t begin, ptrdiff_t end, ck_gemm_hybrid *hybrid) {
    ptrdiff_t group_inputs = p->input_channels / p->groups, group_outputs = p->output_channels / p->groups;
    ptrdiff_t blocks = (group_outputs + CK_BLOCK - 1) / CK_BLOCK;
    ptrdiff_t size = hybrid ? (ptrdiff_t)sizeof(float) : 1;
    int is_joined = ck_conv_joins_columns(p);
    ck_gemm gemm = {
        .weights = p->weights,
        .lanes = hybrid ? NULL : ck_prepared_lanes(p->prepared),
        .blocks = p->groups * blocks,
        .output = &p->output,
        .rounding = hybrid ? CK_ROUNDS_NOTHING : *(const ck_rounding *)p->prepared,
        .segment_rows = p->kernel_height,
        .segment_columns = is_joined ? 1 : p->kernel_width,
        .row_step = p->dilation_height * p->input_width * p->input_channels,
        .column_step = p->dilation_width * p->input_channels,
        .steps = ((is_joined ? p->kernel_width : 1) * group_inputs + CK_DEPTH - 1) / CK_DEPTH,
        .x_step = p->stride_width * p->input_channels,
        .y_step = p->output_channels * size,
        .flip = p->flip ^ CK_BYTE_OFFSET,
        .hybrid = hybrid,
    };
    ptrdiff_t line = p->input_width * p->input_channels;
    // Pixels that follow each other over the ends of rows, and images.
    int is_one_row = p->kernel_height * p->kernel_width * p->stride_height * p->stride_width == 1;
    if (!is_one_row) {
        gemm.line_rows = p->output_width;
        gemm.line_jump = p->stride_height * line - p->output_width * gemm.x_step;
    }
    ptrdiff_t first_block = 0, last_block = blocks;
    if (p->panel) {
        first_block = begin * p->panel;
        if (end * p->panel < blocks) last_block = end * p->panel;
        begin = 0;
        end = p->batch * p->output_height;
    }
    for (ptrdiff_t group = 0; group < p->groups; group++)
        for (ptrdiff_t block = first_block, count = 1; block < last_block; block += count) {
            gemm.asked = 0;
            for (ptrdiff_t row = begin, rows; row < end; row += rows) {
                ptrdiff_t oy = row % p->output_height, n = row / p->output_height;
                rows = end - row;
                // Hybrid images have a range each.
                if ((!is_one_row || hybrid) && rows > p->output_height - oy) rows = p->output_height - oy;
                if (row == begin) count = CK_NAME(ck_gemm_turn)(rows * p->output_width, last_block - block);
                const uint8_t *x = (const uint8_t *)buffers[0]
                    + (n * p->input_height + oy * p->stride_height) * line + group * group_inputs;
                int8_t *y = (int8_t *)buffers[1]
                    + (row * p->output_width * p->output_channels + group * group_outputs + block * CK_BLOCK) * size;
                if (hybrid) hybrid->quantizations = (const ck_batch_quantization *)buffers[2] + n;
                gemm.row = 0;
                CK_NAME(ck_gemm)(
                    &gemm, x, y, rows * p->output_width, group * blocks + block, count,
                    group_outputs - block * CK_BLOCK);
            }
        }
}

void CK_NAME(ck_conv_int8)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    CK_NAME(convolve)(parameters, buffers, begin, end, NULL);
}

void CK_NAME(ck_conv_hybrid)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_conv *p = parameters;
    ck_gemm_hybrid hybrid = {
        .scale = p->weight_scale,
        .bias = p->bias,
        .weight_sum = p->weight_sum,
        .minimum = p->minimum,
        .maximum = p->maximum,
    };
    CK_NAME(convolve)(p, buffers, begin, end, &hybrid);
}
