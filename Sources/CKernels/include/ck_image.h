// Images made ready for convolutions of bytes; part of ckernels.h, which says what units and buffers are.
#ifndef CK_IMAGE_H
#define CK_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "ckernels.h"

// Images of bytes with the channels last and `value` around them, from images of real numbers (as ck_quantize has it) or
// of bytes, whose axes may lie in any order: strides count elements. The bits `flip` of the images' own bytes are flipped.
// Units: rows of the padded images. Buffers: x, y [N, padded_height, padded_width, channels].
typedef struct {
    ck_quantize quantization;
    ptrdiff_t height, width, channels, padded_height, padded_width, top, left;
    ptrdiff_t batch_stride, row_stride, column_stride, channel_stride;
    uint8_t value, flip;
} ck_image;

#endif
