// Fully connected layers of bytes as products of rows.
//
// The including file defines CK_NAME and CK_DEPTH, the inputs that stand side by side in packed weights.
void CK_NAME(ck_fully_connected_int8)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_fully_connected *p = parameters;
    ck_gemm gemm = {
        .weights = p->weights,
        .lanes = ck_prepared_lanes(p->prepared),
        .blocks = end,
        .output = &p->output,
        .rounding = *(const ck_rounding *)p->prepared,
        .segment_rows = 1,
        .segment_columns = 1,
        .steps = (p->inputs + CK_DEPTH - 1) / CK_DEPTH,
        .x_step = p->inputs,
        .y_step = p->outputs,
        .flip = p->flip ^ CK_BYTE_OFFSET,
    };
    if (p->is_real) {
        gemm.rounding = CK_ROUNDS_NOTHING;
        gemm.y_step *= (ptrdiff_t)sizeof(float);
    }
    ptrdiff_t block_bytes = CK_BLOCK * (p->is_real ? (ptrdiff_t)sizeof(float) : 1);
    for (ptrdiff_t block = begin, count; block < end; block += count) {
        count = CK_NAME(ck_gemm_turn)(p->batch, end - block);
        gemm.asked = 0;
        CK_NAME(ck_gemm)(
            &gemm, buffers[0], (int8_t *)buffers[1] + block * block_bytes, p->batch, block, count,
            p->outputs - block * CK_BLOCK);
    }
}

void CK_NAME(ck_fully_connected_hybrid)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_fully_connected *p = parameters;
    const ck_gemm_hybrid hybrid = {
        .x = buffers[0],
        .quantizations = buffers[2],
        .scale = p->weight_scale,
        .bias = p->bias,
        .weight_sum = p->weight_sum,
        .minimum = p->minimum,
        .maximum = p->maximum,
    };
    ck_gemm gemm = {
        .weights = p->weights,
        .blocks = end,
        .rounding = CK_ROUNDS_NOTHING,
        .segment_rows = 1,
        .segment_columns = 1,
        .steps = (p->inputs + CK_DEPTH - 1) / CK_DEPTH,
        .x_step = p->inputs,
        .y_step = p->outputs * (ptrdiff_t)sizeof(float),
        .flip = p->flip ^ CK_BYTE_OFFSET,
        .hybrid = &hybrid,
    };
    for (ptrdiff_t block = begin, count; block < end; block += count) {
        count = CK_NAME(ck_gemm_turn)(p->batch, end - block);
        gemm.asked = 0;
        CK_NAME(ck_gemm)(
            &gemm, buffers[0], (int8_t *)((float *)buffers[1] + block * CK_BLOCK), p->batch, block, count,
            p->outputs - block * CK_BLOCK);
    }
}
