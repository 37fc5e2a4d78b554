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
void draw_pad_rows(const suite *suite);
void draw_quantized_binary(const suite *suite);
void draw_affine_binary(const suite *suite);
void draw_quantize(const suite *suite);
void draw_softmax(const suite *suite);

#endif
