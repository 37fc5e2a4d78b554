// Convolution of bytes as products of rows: the input bears its padding, so that each output pixel is made of stretches
// of bytes that lie side by side, one for each row of the window if there is one group and no dilation.
//
// The including file defines CK_NAME and CK_DEPTH, the inputs that stand side by side in packed weights.
void CK_NAME(ck_conv_int8)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_conv *p = parameters;
    ptrdiff_t group_inputs = p->input_channels / p->groups, group_outputs = p->output_channels / p->groups;
    ptrdiff_t blocks = (group_outputs + CK_BLOCK - 1) / CK_BLOCK;
    int is_joined = ck_conv_joins_columns(p);
    ck_gemm gemm = {
        .weights = p->weights,
        .lanes = ck_prepared_lanes(p->prepared),
        .output = &p->output,
        .rounding = *(const ck_rounding *)p->prepared,
        .segment_rows = p->kernel_height,
        .segment_columns = is_joined ? 1 : p->kernel_width,
        .row_step = p->dilation_height * p->input_width * p->input_channels,
        .column_step = p->dilation_width * p->input_channels,
        .steps = ((is_joined ? p->kernel_width : 1) * group_inputs + CK_DEPTH - 1) / CK_DEPTH,
        .x_step = p->stride_width * p->input_channels,
        .y_step = p->output_channels,
        .flip = p->flip ^ CK_BYTE_OFFSET,
    };
    // Pixels that follow each other over the ends of rows.
    int is_one_row = p->kernel_height * p->kernel_width * p->stride_height * p->stride_width == 1;
    ptrdiff_t row_pixels = is_one_row ? (end - begin) * p->output_width : p->output_width;
    for (ptrdiff_t group = 0; group < p->groups; group++)
        for (ptrdiff_t block = 0, count; block < blocks; block += count) {
            count = CK_NAME(ck_gemm_turn)(row_pixels, blocks - block);
            for (ptrdiff_t row = begin; row < end; row++) {
                ptrdiff_t iy = row % p->output_height * p->stride_height, n = row / p->output_height;
                const uint8_t *x = (const uint8_t *)buffers[0]
                    + (n * p->input_height + iy) * p->input_width * p->input_channels + group * group_inputs;
                int8_t *y = (int8_t *)buffers[1] + row * p->output_width * p->output_channels
                    + group * group_outputs + block * CK_BLOCK;
                CK_NAME(ck_gemm)(
                    &gemm, x, y, row_pixels, group * blocks + block, count, group_outputs - block * CK_BLOCK);
                if (is_one_row) break;
            }
        }
}
