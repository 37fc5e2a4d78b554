#include "conv.h"
#include "linear.h"
#include "suites.h"

#include <string.h>

#define MOST_WORK 300000

// One group of as many outputs as there are channels gives arrays padded to whole blocks.
static ck_packing packing_of(const ck_conv *p) {
    return (ck_packing){
        .element_size = 1, .groups = 1, .outputs = p->output_channels, .taps = 1, .inputs = 1, .depth = 1};
}

// [tap, channels padded to blocks]; the bytes of the padding are zero.
static void *draw_weights(random_source *source, const ck_conv *p, ptrdiff_t element_size) {
    ptrdiff_t taps = p->kernel_height * p->kernel_width, channels = p->output_channels;
    ck_packing packing = packing_of(p);
    ptrdiff_t lanes = ck_packed_lanes(&packing);
    char *weights = constant(taps * lanes * element_size), *plain = input(taps * channels * element_size);
    if (element_size == 1) draw_bytes(source, (int8_t *)plain, taps * channels);
    else draw_reals(source, (float *)plain, taps * channels);
    for (ptrdiff_t tap = 0; tap < taps; tap++)
        memcpy(
            weights + tap * lanes * element_size, plain + tap * channels * element_size,
            (size_t)(channels * element_size));
    return weights;
}

static const float *draw_channel_reals(random_source *source, const ck_conv *p, float factor) {
    float values[p->output_channels];
    for (ptrdiff_t i = 0; i < p->output_channels; i++) values[i] = draw_real(source) * factor;
    ck_packing packing = packing_of(p);
    return spread(values, sizeof *values, &packing);
}

static void *depthwise_float32(const void *shape, const call *call) {
    const conv_shape *s = shape;
    random_source source = {s->seed};
    ck_conv p = s->geometry;
    double typical = typical_real(p.kernel_height * p.kernel_width);
    p.weights = draw_weights(&source, &p, sizeof(float));
    p.bias = draw_channel_reals(&source, &p, (float)typical);
    draw_bounds(&source, typical, &p.minimum, &p.maximum);
    float *x = input(conv_input_count(s) * (ptrdiff_t)sizeof *x);
    draw_reals(&source, x, conv_input_count(s));
    void *buffers[] = {x, output(conv_output_count(s) * (ptrdiff_t)sizeof(float))};
    call_kernel(call, &p, buffers, s->batch * p.output_height);
    return buffers[1];
}

static void prepare(ck_conv *p, const ck_kernel *kernel) {
    ptrdiff_t size = kernel->depth > 1 ? ck_prepared_depthwise_size(p, kernel->isa) : 0;
    if (size <= 0) return;
    void *prepared = constant(size);
    ck_prepare_depthwise(p, kernel->isa, prepared);
    p->prepared = prepared;
}

static void *depthwise_int8(const void *shape, const call *call) {
    const conv_shape *s = shape;
    random_source source = {s->seed};
    ck_conv p = s->geometry;
    rounding rounding = draw_rounding(&source);
    int is_unsigned = rounding == ROUNDS_SINGLE && draw_one_in(&source, 2);
    ck_packing packing = packing_of(&p);
    double typical = typical_sum(p.kernel_height * p.kernel_width);
    p.weights = draw_weights(&source, &p, 1);
    p.bias = draw_biases(&source, &packing, typical);
    p.input_zero_point = draw_zero_point(&source, 0);
    p.flip = is_unsigned ? 0x80 : 0;
    p.output = draw_requantization(&source, &packing, rounding, typical, is_unsigned);
    prepare(&p, call->kernel);
    int8_t *x = input(conv_input_count(s));
    draw_bytes(&source, x, conv_input_count(s));
    void *buffers[] = {x, output(conv_output_count(s))};
    call_kernel(call, &p, buffers, s->batch * p.output_height);
    return buffers[1];
}

static void *depthwise_hybrid(const void *shape, const call *call) {
    const conv_shape *s = shape;
    random_source source = {s->seed};
    ck_conv p = s->geometry;
    double typical = typical_real(p.kernel_height * p.kernel_width);
    p.weights = draw_weights(&source, &p, 1);
    p.bias = draw_channel_reals(&source, &p, (float)typical);
    p.weight_scale = draw_channel_reals(&source, &p, 0x1p-6f);
    draw_bounds(&source, typical, &p.minimum, &p.maximum);
    p.flip = draw_one_in(&source, 2) ? 0x80 : 0;
    prepare(&p, call->kernel);
    int8_t *x = input(conv_input_count(s));
    draw_bytes(&source, x, conv_input_count(s));
    void *buffers[] = {
        x, output(conv_output_count(s) * (ptrdiff_t)sizeof(float)), draw_quantizations(&source, s->batch)};
    call_kernel(call, &p, buffers, s->batch * p.output_height);
    return buffers[1];
}

void draw_depthwise_float32(const suite *suite) { verify_convs(suite, depthwise_float32, 1, 1, MOST_WORK); }
void draw_depthwise_int8(const suite *suite) { verify_convs(suite, depthwise_int8, 0, 1, MOST_WORK); }
void draw_depthwise_hybrid(const suite *suite) { verify_convs(suite, depthwise_hybrid, 1, 1, MOST_WORK); }
