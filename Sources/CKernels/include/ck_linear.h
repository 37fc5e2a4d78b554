// Convolutions and fully connected layers, their weights and what else is made of them beforehand.
#ifndef CK_LINEAR_H
#define CK_LINEAR_H

#include <stddef.h>
#include <stdint.h>

#include "ckernels.h"

// Units: output rows (n, oy); conv float32: see ck_divide_conv. Buffers int8: x, y. Buffers conv float32: x, y, what is
// added to the sums, as large as y, or null. Buffers hybrid: x int8, y, scale and zero point of each image
// (ck_batch_quantization); what is outside of the image is its zero point, which conv reads around it, as below.
typedef struct {
    ptrdiff_t input_height, input_width, input_channels;
    ptrdiff_t output_height, output_width, output_channels;
    ptrdiff_t kernel_height, kernel_width;
    ptrdiff_t stride_height, stride_width;
    ptrdiff_t dilation_height, dilation_width;
    ptrdiff_t pad_top, pad_left;
    ptrdiff_t groups;
    // conv: [group, block, tap, channel / depth, CK_BLOCK, depth]; depthwise: [tap, channels padded to blocks].
    const void *weights;
    // float32 and hybrid: float [blocks]; int8 conv: int32 with −zero point · Σw folded in; depthwise: plain int32.
    const void *bias;
    // conv int8 of depth 1: [C + CK_SLACK], real zero.
    const void *padding;
    // hybrid: the weights' scale and sum, for each output channel.
    const float *weight_scale;
    const int32_t *weight_sum;
    int32_t input_zero_point;
    // int8: what makes signed bytes of the input's by exclusive or: 0x80 for uint8. Zero points are those of int8.
    uint8_t flip;
    float minimum, maximum;
    ck_requantization output;
    // int8: what the kernels of a depth above 1 want instead of bias, weight_sum and, for depthwise, weights:
    // ck_prepare_lanes, ck_prepare_depthwise.
    const void *prepared;
    // conv float32: what ck_divide_conv sets. int8 of one group, if `panel` is not 0: units are so many blocks of outputs, of
    // all rows of `batch` images, as weights that are larger than the images are better divided than read by all threads.
    ptrdiff_t batch, strip, panel;
} ck_conv;

// Divides a float convolution of `batch` images, for all other parameters.
// A unit is `strip` output rows of an image, or pixels of all images if the convolution is pointwise, by `panel` blocks
// of the outputs of one group; panels go before groups, and groups before strips.
// Returns the number of units.
ptrdiff_t ck_divide_conv(ck_conv *parameters, ptrdiff_t batch);
// Whether each output pixel is made of one input pixel, and all in the same order.
int ck_conv_is_pointwise(const ck_conv *parameters);

// Whether the columns of a window lie side by side in the input. Kernels of a depth above 1 then take the weights of a row
// of the window as one tap of kernel_width · input_channels inputs. They, and all of hybrid, read the input with its padding:
// pad_top and pad_left are 0, and no window reaches beyond the input.
int ck_conv_joins_columns(const ck_conv *parameters);

// Puts `value` around images, and flips the bits `flip` of the images' own bytes. Units: rows of the padded images.
// Buffers: x [N, height, width, channels], y [N, padded_height, padded_width, channels].
typedef struct {
    ptrdiff_t height, width, channels, padded_height, padded_width, top, left;
    uint8_t value, flip;
} ck_pad_rows;

// How dense weights [group, output, tap, input] become those of the linear kernels.
typedef struct {
    ptrdiff_t element_size, groups, outputs, taps, inputs, depth;
} ck_packing;
// `outputs` of one group, rounded up to whole blocks, times the groups: the length of every per-channel array.
ptrdiff_t ck_packed_lanes(const ck_packing *packing);
// `packed` holds lanes · taps · (inputs rounded up to depth) elements, all zero.
void ck_pack_linear(const ck_packing *packing, const void *weights, void *packed);
// The sum of each channel's int8 weights, and that of their magnitudes, [lanes].
void ck_sum_weights(const ck_packing *packing, const int8_t *weights, int32_t *sums, int32_t *magnitudes);

// What a dynamic-range operator found for one batch: real = scale · (q − zero_point).
typedef struct {
    float scale;
    int32_t zero_point;
} ck_batch_quantization;

// `prepared` of products of rows, for `lanes` lanes of groups of `outputs` outputs. `magnitude` is that of ck_sum_weights, or
// null if results may be real numbers. `is_double` chooses LiteRT's rounding of fully connected layers.
ptrdiff_t ck_prepared_lanes_size(ptrdiff_t lanes);
void ck_prepare_lanes(
    const int32_t *bias, const int32_t *weight_sum, const int32_t *magnitude, const ck_requantization *output,
    ptrdiff_t lanes, ptrdiff_t outputs, int is_double, void *prepared);

// `prepared` of a depthwise convolution by the kernel of an instruction set, for all other parameters; 0 bytes for windows
// that its kernel of a depth above 1 leaves to the slow one. The memory is zero and aligned to 64 bytes.
ptrdiff_t ck_prepared_depthwise_size(const ck_conv *parameters, ck_isa isa);
void ck_prepare_depthwise(const ck_conv *parameters, ck_isa isa, void *prepared);

// Units: blocks of outputs. Buffers float32, int8: x, y. Buffers hybrid: x int8, y, ck_batch_quantization of each
// row.
typedef struct {
    ptrdiff_t batch, inputs, outputs;
    // [block, input / depth, CK_BLOCK, depth]
    const void *weights;
    const void *bias;
    const float *weight_scale;
    const int32_t *weight_sum;
    // As in ck_conv.
    uint8_t flip;
    // int8: whether the result is float32: x · factor.
    uint8_t is_real;
    float minimum, maximum;
    ck_requantization output;
    // As in ck_conv.
    const void *prepared;
} ck_fully_connected;

#endif
