#include "columns.h"
#include "interleaved.h"

#include <string.h>

static ptrdiff_t at_most(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

static ptrdiff_t greatest_common_divisor(ptrdiff_t a, ptrdiff_t b) {
    while (b) {
        ptrdiff_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

int64_t ck_largest_depthwise_sum(const ck_conv *p) {
    ptrdiff_t channels = p->output_channels, taps = p->kernel_height * p->kernel_width;
    ptrdiff_t padded = (channels + CK_BLOCK - 1) / CK_BLOCK * CK_BLOCK;
    const int8_t *weights = p->weights;
    int64_t largest = 0;
    for (ptrdiff_t channel = 0; channel < channels; channel++) {
        // No difference between a byte and the zero point is larger.
        int64_t sum = ((const int32_t *)p->bias)[channel];
        if (sum < 0) sum = -sum;
        for (ptrdiff_t tap = 0; tap < taps; tap++) {
            int64_t weight = weights[tap * padded + channel];
            sum += (weight < 0 ? -weight : weight) * UINT8_MAX;
        }
        if (sum > largest) largest = sum;
    }
    return largest;
}

// Output pixels that are worth a part of a row.
#define FEWEST_PIXELS 16

// Returns 0 for a window that does not fit the band.
static int make_plan(const ck_conv *p, ck_depthwise_plan *plan) {
    memset(plan, 0, sizeof *plan);
    ptrdiff_t channels = p->output_channels;
    if (channels != p->input_channels || p->kernel_height > 64 || p->kernel_width > CK_DEPTHWISE_STEPS) return 0;
    plan->groups = (p->kernel_height + 3) / 4;
    // Two output rows share the input, unless that takes one more group.
    int fits = p->stride_height <= plan->groups * 4 - p->kernel_height && p->dilation_height == 1;
    plan->output_rows = fits && p->output_height > 1 ? 2 : 1;
    plan->steps = plan->groups * p->kernel_width;
    if (plan->steps > CK_DEPTHWISE_STEPS) return 0;
    ptrdiff_t reach = (p->kernel_width - 1) * p->dilation_width + 1, stride = p->stride_width;
    if (reach > 1024 || stride > 1024) return 0;
    plan->is_flat = channels % CK_BLOCK != 0 && channels < 64;
    ptrdiff_t pixels = at_most(p->output_width, 1024);
    if (plan->is_flat) {
        plan->phases = plan->slice = channels / greatest_common_divisor(channels, CK_BLOCK);
        plan->pitch = channels;
        plan->spacing = stride;
        plan->planes = at_most(stride, reach);
    } else {
        plan->phases = (channels + CK_BLOCK - 1) / CK_BLOCK;
        plan->spacing = plan->planes = 1;
        // All channels, if that leaves room for some pixels: then the bytes of a row are one run. Otherwise as many phases
        // as fit for a whole row, about as many each time, and whole vectors of bytes where possible.
        ptrdiff_t fitting = CK_BAND_BYTES / (plan->groups * 4 * ((pixels - 1) * stride + reach)) / CK_BLOCK;
        ptrdiff_t columns = CK_BAND_BYTES / (plan->groups * 4 * plan->phases * CK_BLOCK);
        if (fitting < 1) fitting = 1;
        ptrdiff_t turns = (plan->phases + fitting - 1) / fitting;
        plan->slice = (plan->phases + turns - 1) / turns;
        if ((columns - reach - 1) / stride + 1 >= FEWEST_PIXELS) plan->slice = plan->phases;
        else if (fitting >= 4 && turns > 1) plan->slice = at_most((plan->slice + 3) / 4, fitting / 4) * 4;
        plan->pitch = plan->slice * CK_BLOCK;
    }
    ptrdiff_t plane_pixels = CK_BAND_BYTES / (plan->groups * plan->planes * 4 * plan->pitch);
    // n output pixels read at most so many pixels of a plane: (n − 1) · stride / spacing + reach / spacing + 1.
    ptrdiff_t step = stride / plan->spacing;
    ptrdiff_t chunk = (plane_pixels - (reach + plan->spacing - 1) / plan->spacing - 1) / step + 1;
    if (plane_pixels <= (reach + plan->spacing - 1) / plan->spacing) return 0;
    plan->chunk = at_most(chunk, p->output_width);
    // About as many each time, whole groups of vectors.
    ptrdiff_t parts = (p->output_width + plan->chunk - 1) / plan->chunk;
    if (!plan->is_flat) plan->chunk = at_most(((p->output_width + parts - 1) / parts + 3) / 4 * 4, plan->chunk);
    // Each part has to begin with the first phase.
    if (plan->chunk < p->output_width && plan->is_flat) plan->chunk = plan->chunk / CK_BLOCK * CK_BLOCK;
    if (plan->chunk < 1 || (plan->chunk < 4 && plan->chunk < p->output_width)) return 0;
    plan->plane_bytes = plane_pixels * plan->pitch * 4;
    for (ptrdiff_t i = 0; i < plan->steps; i++) {
        ptrdiff_t column = i % p->kernel_width * p->dilation_width, plane = column % plan->spacing;
        plan->offsets[i] = (i / p->kernel_width * plan->planes + plane) * plan->plane_bytes
            + column / plan->spacing * plan->pitch * 4;
    }
    plan->rounding = ck_depthwise_is_hybrid(p)
        ? CK_ROUNDS_NOTHING : ck_rounding_of(&p->output, channels, ck_largest_depthwise_sum(p));
    return 1;
}

static int goes_by_columns(const ck_conv *p, ck_isa isa) {
    return isa == CK_ISA_AVX512 && !ck_depthwise_is_hybrid(p) && ck_depthwise_goes_by_columns(p);
}

ptrdiff_t ck_prepared_depthwise_size(const ck_conv *p, ck_isa isa) {
    if (goes_by_columns(p, isa)) return ck_prepared_columns_size(p);
    ck_depthwise_plan plan;
    if (!make_plan(p, &plan)) return 0;
    return ck_depthwise_weights_offset(&plan) + plan.phases * plan.steps * plan.output_rows * 4 * CK_BLOCK;
}

void ck_prepare_depthwise(const ck_conv *p, ck_isa isa, void *prepared) {
    if (goes_by_columns(p, isa)) return ck_prepare_columns(p, prepared);
    ck_depthwise_plan *plan = prepared;
    if (!make_plan(p, plan)) return;
    ptrdiff_t channels = p->output_channels, taps = p->kernel_height * p->kernel_width;
    ptrdiff_t padded = (channels + CK_BLOCK - 1) / CK_BLOCK * CK_BLOCK;
    const int8_t *weights = p->weights;
    ck_lanes *lanes = (ck_lanes *)((char *)prepared + ck_depthwise_lanes_offset());
    int8_t *packed = (int8_t *)prepared + ck_depthwise_weights_offset(plan);
    for (ptrdiff_t i = 0; i < plan->phases * CK_BLOCK; i++) {
        ptrdiff_t channel = plan->is_flat ? i % channels : i, phase = i / CK_BLOCK, lane = i % CK_BLOCK;
        uint32_t sum = 0;
        for (ptrdiff_t tap = 0; tap < taps; tap++) sum += (uint32_t)weights[tap * padded + channel];
        if (ck_depthwise_is_hybrid(p)) {
            lanes[phase].multiplier[lane] = (int32_t)sum;
            lanes[phase].factor[lane] = p->weight_scale[channel];
            lanes[phase].rest[lane] = ((const float *)p->bias)[channel];
        } else {
            uint32_t bias =
                (uint32_t)((const int32_t *)p->bias)[channel] - ((uint32_t)p->input_zero_point + CK_BYTE_OFFSET) * sum;
            ck_fill_lane(&lanes[phase], (int)lane, &p->output, plan->rounding, channel, (int32_t)bias);
        }
        for (ptrdiff_t ky = 0; ky < p->kernel_height; ky++)
            for (ptrdiff_t kx = 0; kx < p->kernel_width; kx++)
                for (ptrdiff_t row = 0; row < plan->output_rows; row++) {
                    ptrdiff_t from = ky + row * p->stride_height, step = from / 4 * p->kernel_width + kx;
                    ptrdiff_t vector = (phase * plan->steps + step) * plan->output_rows + row;
                    packed[(vector * CK_BLOCK + lane) * 4 + from % 4] =
                        weights[(ky * p->kernel_width + kx) * padded + channel];
                }
    }
}
