// Shapes of convolutions, depthwise ones included.
#ifndef CONV_H
#define CONV_H

#include "harness.h"

typedef struct {
    uint64_t seed;
    ptrdiff_t batch;
    // Without weights and what else is not geometry.
    ck_conv geometry;
} conv_shape;

// The shape with this number; `most` bounds its multiply-adds. Depthwise: the outputs' sizes are those of the multiplier.
// False behind the last one.
int draw_conv_shape(ptrdiff_t number, int is_depthwise, int64_t most, conv_shape *shape);
// Further ones around what kernels make cases of: windows of three columns, any number of blocks, images beyond a cache.
int draw_window_shape(ptrdiff_t number, int is_depthwise, conv_shape *shape);
void describe_conv(const void *shape, char *text, size_t size);
// Verifies a suite on all shapes of both kinds.
void verify_convs(
    const suite *suite, void *(*compute)(const void *, const call *), int is_real, int is_depthwise, int64_t most);

// How one axis is padded: so much before, and the extent of the result.
typedef struct {
    ptrdiff_t before, output;
} padded_axis;
padded_axis draw_padding(
    random_source *source, ptrdiff_t input, ptrdiff_t kernel, ptrdiff_t stride, ptrdiff_t dilation);

ptrdiff_t conv_input_count(const conv_shape *shape);
ptrdiff_t conv_output_count(const conv_shape *shape);

#endif
