#include "suites.h"

const suite suites[] = {
    {"conv", "float32", draw_conv_float32},
    {"conv", "int8", draw_conv_int8},
    {"conv", "hybrid", draw_conv_hybrid},
    {"depthwise", "float32", draw_depthwise_float32},
    {"depthwise", "int8", draw_depthwise_int8},
    {"depthwise", "hybrid", draw_depthwise_hybrid},
    {"fully_connected", "float32", draw_fully_connected_float32},
    {"fully_connected", "int8", draw_fully_connected_int8},
    {"fully_connected", "hybrid", draw_fully_connected_hybrid},
    {"pad_rows", "bytes", draw_pad_rows},
    {"quantized_binary", "int8", draw_quantized_binary},
    {"quantized_binary", "uint8", draw_quantized_binary},
    {"affine_binary", "bytes", draw_affine_binary},
    {"quantize", "float32_to_int8", draw_quantize},
    {"quantize", "float32_to_uint8", draw_quantize},
    {"softmax", "mlas", draw_softmax},
};
const ptrdiff_t suite_count = sizeof suites / sizeof suites[0];
