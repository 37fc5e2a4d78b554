#include "conv.h"

#include "linear.h"
#include "suites.h"

#include <string.h>

#define MOST_WORK 1000000

static ck_packing packing_of(const ck_conv *p, const ck_kernel *kernel) {
    return (ck_packing){
        .element_size = 1,
        .groups = p->groups,
        .outputs = p->output_channels / p->groups,
        .taps = p->kernel_height * p->kernel_width,
        .inputs = p->input_channels / p->groups,
        .depth = kernel->depth,
    };
}

static void use(ck_conv *p, const linear_weights *weights) {
    p->weights = weights->packed;
    p->bias = weights->bias;
    p->weight_sum = weights->sums;
    p->weight_scale = weights->scales;
    p->output = weights->output;
}

static void *conv_float32(const void *shape, const call *call) {
    const conv_shape *s = shape;
    random_source source = {s->seed};
    ck_conv p = s->geometry;
    linear_weights weights = draw_float_weights(&source, packing_of(&p, call->kernel));
    use(&p, &weights);
    draw_bounds(&source, typical_real(weights.packing.taps * weights.packing.inputs), &p.minimum, &p.maximum);
    ptrdiff_t bytes = conv_output_count(s) * (ptrdiff_t)sizeof(float);
    float *x = input(conv_input_count(s) * (ptrdiff_t)sizeof *x), *addend = NULL, *y = NULL;
    draw_reals(&source, x, conv_input_count(s));
    if (draw_one_in(&source, 2)) {
        addend = input(bytes);
        draw_reals(&source, addend, conv_output_count(s));
        // The planner gives the result the addend's place where it can.
        if (draw_one_in(&source, 2)) addend = y = overwritten(addend, bytes);
    }
    void *buffers[] = {x, y ? y : output(bytes), addend};
    call_kernel(call, &p, buffers, ck_divide_conv(&p, s->batch));
    return buffers[1];
}

// The image with its padding around it, where windows reach beyond it.
//
// `quantizations` have the zero points of hybrid images.
static void *padded(ck_conv *p, ptrdiff_t batch, void *x, int32_t zero_point, const ck_batch_quantization *quantizations) {
    ptrdiff_t height =
        (p->output_height - 1) * p->stride_height + (p->kernel_height - 1) * p->dilation_height + 1;
    ptrdiff_t width = (p->output_width - 1) * p->stride_width + (p->kernel_width - 1) * p->dilation_width + 1;
    if (!p->pad_top && !p->pad_left && height <= p->input_height && width <= p->input_width) return x;
    ck_pad_rows pad = {
        .height = p->input_height,
        .width = p->input_width,
        .channels = p->input_channels,
        .padded_height = height,
        .padded_width = width,
        .top = p->pad_top,
        .left = p->pad_left,
        .value = (uint8_t)zero_point ^ 0x80,
        .flip = p->flip ^ 0x80,
    };
    uint8_t *to = input(batch * height * width * p->input_channels);
    for (ptrdiff_t n = 0; n < batch; n++) {
        void *buffers[] = {
            (uint8_t *)x + n * p->input_height * p->input_width * p->input_channels,
            to + n * height * width * p->input_channels};
        if (quantizations) {
            pad.value = (uint8_t)quantizations[n].zero_point ^ 0x80;
        }
        ck_find_kernel("pad_rows", "bytes", CK_ISA_PORTABLE)->function(&pad, buffers, 0, height);
    }
    p->input_height = height;
    p->input_width = width;
    p->pad_top = p->pad_left = 0;
    p->flip = 0x80;
    return to;
}

static void *conv_int8(const void *shape, const call *call) {
    const conv_shape *s = shape;
    random_source source = {s->seed};
    ck_conv p = s->geometry;
    rounding rounding = draw_rounding(&source);
    int is_unsigned = rounding == ROUNDS_SINGLE && draw_one_in(&source, 2);
    // Of signed bytes.
    int32_t zero_point = draw_zero_point(&source, 0);
    p.flip = is_unsigned ? 0x80 : 0;
    ck_packing packing = packing_of(&p, call->kernel);
    int is_prepared = packing.depth > 1;
    if (is_prepared && ck_conv_joins_columns(&p)) {
        packing.taps = p.kernel_height;
        packing.inputs *= p.kernel_width;
    }
    linear_weights weights = draw_int8_weights(&source, packing, rounding, zero_point, is_unsigned);
    use(&p, &weights);
    int8_t *x = input(conv_input_count(s));
    draw_bytes(&source, x, conv_input_count(s));
    void *buffers[] = {x, output(conv_output_count(s))};
    if (is_prepared) {
        void *prepared = constant(ck_prepared_lanes_size(weights.lanes));
        ck_prepare_lanes(
            p.bias, p.weight_sum, weights.magnitudes, &p.output, weights.lanes, packing.outputs, 0, prepared);
        p.prepared = prepared;
        buffers[0] = padded(&p, s->batch, x, zero_point, NULL);
        if (p.groups == 1 && draw_one_in(&source, 3)) {
            p.panel = draw_between(&source, 1, 5);
            p.batch = s->batch;
        }
    } else {
        int8_t *padding = constant(p.input_channels);
        memset(padding, (uint8_t)zero_point ^ p.flip, (size_t)(p.input_channels + CK_SLACK));
        p.padding = padding;
    }
    ptrdiff_t blocks = (p.output_channels + CK_BLOCK - 1) / CK_BLOCK;
    call_kernel(call, &p, buffers, p.panel ? (blocks + p.panel - 1) / p.panel : s->batch * p.output_height);
    return buffers[1];
}

static void *conv_hybrid(const void *shape, const call *call) {
    const conv_shape *s = shape;
    random_source source = {s->seed};
    ck_conv p = s->geometry;
    ck_packing packing = packing_of(&p, call->kernel);
    if (packing.depth > 1 && ck_conv_joins_columns(&p)) {
        packing.taps = p.kernel_height;
        packing.inputs *= p.kernel_width;
    }
    linear_weights weights = draw_hybrid_weights(&source, packing);
    use(&p, &weights);
    draw_bounds(&source, typical_real(weights.packing.taps * weights.packing.inputs), &p.minimum, &p.maximum);
    int8_t *x = input(conv_input_count(s));
    draw_bytes(&source, x, conv_input_count(s));
    ck_batch_quantization *quantizations = draw_quantizations(&source, s->batch);
    int8_t *image = padded(&p, s->batch, x, 0, quantizations);
    void *buffers[] = {image, output(conv_output_count(s) * (ptrdiff_t)sizeof(float)), quantizations};
    ptrdiff_t blocks = (p.output_channels + CK_BLOCK - 1) / CK_BLOCK, units = s->batch * p.output_height;
    if (packing.depth > 1 && p.groups == 1 && draw_one_in(&source, 3)) {
        p.panel = draw_between(&source, 1, 5);
        p.batch = s->batch;
        units = (blocks + p.panel - 1) / p.panel;
    }
    call_kernel(call, &p, buffers, units);
    return buffers[1];
}

void draw_conv_float32(const suite *suite) { verify_convs(suite, conv_float32, 1, 0, MOST_WORK); }
void draw_conv_int8(const suite *suite) { verify_convs(suite, conv_int8, 0, 0, MOST_WORK); }
void draw_conv_hybrid(const suite *suite) { verify_convs(suite, conv_hybrid, 1, 0, MOST_WORK); }
