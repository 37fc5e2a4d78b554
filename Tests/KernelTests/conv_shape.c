#include "conv.h"
#include "linear.h"

#include <stdio.h>

padded_axis draw_padding(
    random_source *source, ptrdiff_t input, ptrdiff_t kernel, ptrdiff_t stride, ptrdiff_t dilation) {
    ptrdiff_t reach = (kernel - 1) * dilation + 1;
    switch (draw_between(source, 0, 3)) {
    case 0: // none
        if (input >= reach) return (padded_axis){0, (input - reach) / stride + 1};
        break;
    case 1: { // as much as the model's file says, up to windows that lie outside
        ptrdiff_t before = draw_between(source, 0, reach), after = draw_between(source, 0, reach);
        if (input + before + after >= reach) return (padded_axis){before, (input + before + after - reach) / stride + 1};
        break;
    }
    }
    // As many positions as there are strides in the input, the smaller half before it.
    ptrdiff_t output = (input + stride - 1) / stride, total = (output - 1) * stride + reach - input;
    return (padded_axis){total > 0 ? total / 2 : 0, output};
}

// Multiply-adds, and what it takes to make the input.
// Products of one result.
static ptrdiff_t terms(const conv_shape *shape, int is_depthwise) {
    const ck_conv *p = &shape->geometry;
    return p->kernel_height * p->kernel_width * (is_depthwise ? 1 : p->input_channels / p->groups);
}

static int64_t work(const conv_shape *shape, int is_depthwise) {
    return (int64_t)conv_input_count(shape) + (int64_t)conv_output_count(shape) * terms(shape, is_depthwise);
}

static void draw_paddings(random_source *source, ck_conv *p) {
    padded_axis vertical = draw_padding(source, p->input_height, p->kernel_height, p->stride_height, p->dilation_height);
    padded_axis horizontal = draw_padding(source, p->input_width, p->kernel_width, p->stride_width, p->dilation_width);
    p->pad_top = vertical.before;
    p->pad_left = horizontal.before;
    p->output_height = vertical.output;
    p->output_width = horizontal.output;
}

int draw_conv_shape(ptrdiff_t number, int is_depthwise, int64_t most, conv_shape *shape) {
    random_source source = {(uint64_t)number * 7919 + 17};
    int sizes[5];
    if (!sizes_of(number, 5, 3, 1500, &source, sizes)) return 0;
    static const int kernels[] = {1, 1, 2, 3, 3, 3, 5, 7}, strides[] = {1, 1, 2, 3}, dilations[] = {1, 1, 1, 2, 3};
    static const int groups[] = {1, 1, 1, 1, 2, 3, 5}, multipliers[] = {1, 1, 1, 2, 3, 4};
    ck_conv *p = &shape->geometry;
    *p = (ck_conv){0};
    shape->seed = (uint64_t)number;
    p->input_height = sizes[3];
    p->input_width = sizes[2];
    shape->batch = sizes[4];
    if (is_depthwise) {
        // Many channels by themselves, and few with each multiplier.
        p->input_channels = sizes[0];
        ptrdiff_t multiplier = sizes[1] == 1 ? 1 : DRAW_ONE_OF(&source, multipliers);
        p->output_channels = sizes[0] * multiplier;
        p->groups = p->input_channels;
    } else {
        p->groups = DRAW_ONE_OF(&source, groups);
        p->input_channels = sizes[0] * p->groups;
        p->output_channels = sizes[1] * p->groups;
    }
    p->kernel_width = DRAW_ONE_OF(&source, kernels);
    p->kernel_height = draw_one_in(&source, 4) ? DRAW_ONE_OF(&source, kernels) : p->kernel_width;
    p->stride_width = DRAW_ONE_OF(&source, strides);
    p->stride_height = draw_one_in(&source, 4) ? DRAW_ONE_OF(&source, strides) : p->stride_width;
    p->dilation_width = DRAW_ONE_OF(&source, dilations);
    p->dilation_height = draw_one_in(&source, 4) ? DRAW_ONE_OF(&source, dilations) : p->dilation_width;
    for (;;) {
        // Whatever the sizes are cut down to, the padding follows from the seed.
        random_source padding = {shape->seed};
        draw_paddings(&padding, p);
        if (work(shape, is_depthwise) <= most) return 1;
        if (shape->batch > 2) shape->batch = 2;
        else if (p->input_height > 3) p->input_height = p->input_height / 2;
        else if (shape->batch > 1) shape->batch = 1;
        else if (p->kernel_height * p->kernel_width > 1) p->kernel_height = p->kernel_width = (p->kernel_width + 1) / 3;
        else if (p->input_height > 1) p->input_height = 1;
        else return 1;
        if (p->kernel_width < 1) p->kernel_height = p->kernel_width = 1;
    }
}

int draw_window_shape(ptrdiff_t number, int is_depthwise, conv_shape *shape) {
    enum { COUNT = 1200, LARGE = 400, PIXELS = 8 };
    if (number >= COUNT) return 0;
    random_source source = {(uint64_t)number * 104729 + 31};
    static const int widths[] = {3, 3, 3, 3, 1, 2, 4, 5}, groups[] = {1, 1, 1, 2, 3}, outputs[] = {8, 24, 40, 48, 33};
    ck_conv *p = &shape->geometry;
    *p = (ck_conv){0};
    shape->seed = (uint64_t)number + 1000000;
    shape->batch = draw_between(&source, 1, 2);
    p->input_height = draw_between(&source, 1, 12);
    p->input_width = draw_between(&source, 1, 12);
    if (is_depthwise) {
        p->input_channels = draw_between(&source, 1, 150);
        // An image of which some rows at a time fill a cache.
        if (number % LARGE == 0) p->input_width = 90, p->input_height = 85, p->input_channels = 80 + number / LARGE;
        p->output_channels = p->groups = p->input_channels;
    } else {
        p->groups = DRAW_ONE_OF(&source, groups);
        p->input_channels = draw_between(&source, 1, 24) * p->groups;
        p->output_channels = DRAW_ONE_OF(&source, outputs) * p->groups;
    }
    p->kernel_width = DRAW_ONE_OF(&source, widths);
    p->kernel_height = draw_between(&source, 1, 5);
    p->stride_width = draw_between(&source, 1, 2);
    p->stride_height = draw_between(&source, 1, 3);
    if (!is_depthwise && number % PIXELS == 3) {
        // Enough pixels for tiles of any height.
        p->input_width = draw_between(&source, 13, 40);
        p->kernel_width = p->kernel_height = p->stride_width = p->stride_height = 1;
    }
    p->dilation_width = p->dilation_height = 1;
    draw_paddings(&source, p);
    return 1;
}

void describe_conv(const void *shape, char *text, size_t size) {
    const conv_shape *s = shape;
    const ck_conv *p = &s->geometry;
    snprintf(
        text, size,
        "x %tdx%tdx%tdx%td, y %tdx%tdx%td, kernel %tdx%td, strides %td %td, dilations %td %td, padding %td %td, groups %td, "
        "seed %llu",
        s->batch, p->input_height, p->input_width, p->input_channels, p->output_height, p->output_width,
        p->output_channels, p->kernel_height, p->kernel_width, p->stride_height, p->stride_width, p->dilation_height,
        p->dilation_width, p->pad_top, p->pad_left, p->groups, (unsigned long long)s->seed);
}

ptrdiff_t conv_input_count(const conv_shape *shape) {
    const ck_conv *p = &shape->geometry;
    return shape->batch * p->input_height * p->input_width * p->input_channels;
}

ptrdiff_t conv_output_count(const conv_shape *shape) {
    const ck_conv *p = &shape->geometry;
    return shape->batch * p->output_height * p->output_width * p->output_channels;
}

static void verify_shape(
    const suite *suite, void *(*compute)(const void *, const call *), int is_real, int is_depthwise,
    const conv_shape *shape) {
    comparison c = {
        .bytes = conv_output_count(shape) * (is_real ? (ptrdiff_t)sizeof(float) : 1),
        .compute = compute,
        .shape = shape,
        .describe = describe_conv,
        .magnitude = is_real ? typical_real(terms(shape, is_depthwise)) : 0,
    };
    verify(suite, &c);
}

void verify_convs(
    const suite *suite, void *(*compute)(const void *, const call *), int is_real, int is_depthwise, int64_t most) {
    conv_shape shape;
    for (ptrdiff_t number = 0; draw_conv_shape(number, is_depthwise, most, &shape); number++)
        if (is_drawn(number)) verify_shape(suite, compute, is_real, is_depthwise, &shape);
    for (ptrdiff_t number = 0; draw_window_shape(number, is_depthwise, &shape); number++)
        if (is_drawn(number)) verify_shape(suite, compute, is_real, is_depthwise, &shape);
}
