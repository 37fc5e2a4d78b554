#include "columns.h"
#include "interleaved.h"


// Channels of a block.
#define CHANNELS 64

int ck_depthwise_goes_by_columns(const ck_conv *p) {
    ptrdiff_t channels = p->output_channels;
    return channels == p->input_channels && channels >= CK_BLOCK && p->kernel_width == CK_COLUMNS
        && p->kernel_height <= 4 && p->stride_width <= 2 && p->dilation_height == 1 && p->dilation_width == 1;
}

// Whole blocks, then narrow ones of places below each other for the rest. The last one begins before its rest where that
// is what fills it; what two blocks compute is the same.
static ptrdiff_t divide(ptrdiff_t channels, ck_column_block *blocks) {
    ptrdiff_t count = 0;
    for (ptrdiff_t first = 0; first < channels; count++) {
        ptrdiff_t rest = channels - first, parts = rest <= 16 ? 4 : rest <= 32 ? 2 : 1;
        while (CHANNELS / parts > channels) parts *= 2;
        ptrdiff_t width = CHANNELS / parts;
        if (width > rest) first = channels - width;
        if (blocks) blocks[count] = (ck_column_block){first, parts};
        first += width;
    }
    return count;
}

static ck_columns_plan plan_of(const ck_conv *p) {
    // Two output rows share the input.
    int fits = p->stride_height + p->kernel_height <= 4 && p->stride_width == 1;
    return (ck_columns_plan){
        .rounding = ck_rounding_of(&p->output, p->output_channels, ck_largest_depthwise_sum(p)),
        .output_rows = fits ? 2 : 1,
        .blocks = divide(p->output_channels, NULL),
    };
}

ptrdiff_t ck_prepared_columns_size(const ck_conv *p) {
    ck_columns_plan plan = plan_of(p);
    return ck_columns_weights_offset(&plan) + plan.blocks * ck_column_weights(&plan);
}

void ck_prepare_columns(const ck_conv *p, void *prepared) {
    ck_columns_plan *plan = prepared;
    *plan = plan_of(p);
    divide(p->output_channels, (ck_column_block *)(plan + 1));
    ptrdiff_t taps = p->kernel_height * p->kernel_width, rows = plan->output_rows;
    ptrdiff_t padded = (p->output_channels + CK_BLOCK - 1) / CK_BLOCK * CK_BLOCK;
    const int8_t *weights = p->weights;
    ck_lanes *lanes = (ck_lanes *)((char *)prepared + ck_columns_lanes_offset(plan));
    int8_t *packed = (int8_t *)prepared + ck_columns_weights_offset(plan);
    for (ptrdiff_t i = 0; i < plan->blocks * CHANNELS; i++) {
        ck_column_block block = ck_column_blocks(plan)[i / CHANNELS];
        ptrdiff_t vector = i % CHANNELS / CK_BLOCK, lane = i % CK_BLOCK;
        // Bytes are interleaved in quarters of 16: four of each are in each vector.
        ptrdiff_t byte = lane / 4 * 16 + vector * 4 + lane % 4, channel = block.first + byte % (CHANNELS / block.parts);
        uint32_t sum = 0;
        for (ptrdiff_t tap = 0; tap < taps; tap++) sum += (uint32_t)weights[tap * padded + channel];
        uint32_t bias =
            (uint32_t)((const int32_t *)p->bias)[channel] - ((uint32_t)p->input_zero_point + CK_BYTE_OFFSET) * sum;
        ck_fill_lane(&lanes[i / CK_BLOCK], (int)lane, &p->output, plan->rounding, channel, (int32_t)bias);
        int8_t *to = packed + i / CHANNELS * ck_column_weights(plan) + (vector * CK_BLOCK + lane) * 4;
        for (ptrdiff_t kx = 0; kx < CK_COLUMNS; kx++)
            for (ptrdiff_t row = 0; row < rows; row++, to += CK_COLUMN_VECTORS * CK_BLOCK * 4)
                for (ptrdiff_t ky = 0; ky < p->kernel_height; ky++)
                    to[row * p->stride_height + ky] = weights[(ky * CK_COLUMNS + kx) * padded + channel];
    }
}
