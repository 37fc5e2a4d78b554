// What draws the shapes of each family and type that has more than a portable row.
#ifndef SUITES_H
#define SUITES_H

#include "harness.h"

void draw_conv_float32(const suite *suite);
void draw_conv_int8(const suite *suite);
void draw_conv_hybrid(const suite *suite);
void draw_depthwise_float32(const suite *suite);
void draw_depthwise_int8(const suite *suite);
void draw_depthwise_hybrid(const suite *suite);
void draw_fully_connected_float32(const suite *suite);
void draw_fully_connected_int8(const suite *suite);
void draw_fully_connected_hybrid(const suite *suite);
void draw_matmul(const suite *suite);
void draw_pad_rows(const suite *suite);
void draw_image(const suite *suite);
void draw_quantized_binary(const suite *suite);
void draw_affine_binary(const suite *suite);
void draw_quantize(const suite *suite);
void draw_quantize_rows(const suite *suite);
void draw_integer_matmul(const suite *suite);
void draw_dynamic_quantize(const suite *suite);
void draw_dequantize(const suite *suite);
void draw_arithmetic(const suite *suite);
void draw_math(const suite *suite);
void draw_table(const suite *suite);
void draw_gelu(const suite *suite);
void draw_gated_unit(const suite *suite);
void draw_pool(const suite *suite);
void draw_softmax(const suite *suite);
void draw_layer_norm(const suite *suite);
void draw_fold(const suite *suite);
void draw_quantized_reduce(const suite *suite);
void draw_copy(const suite *suite);
void draw_resize(const suite *suite);
void draw_recurrent(const suite *suite);
void draw_window_conv(const suite *suite);
void draw_observed_sums(const suite *suite);
void draw_observed_bins(const suite *suite);
void draw_observed_differences(const suite *suite);
void draw_weight_magnitudes(const suite *suite);
void draw_weight_integers(const suite *suite);
void draw_weight_reals(const suite *suite);
void draw_weight_products(const suite *suite);
void draw_weight_zeros(const suite *suite);
void draw_weight_errors(const suite *suite);

#endif
