// The depthwise convolution of some of the channels, of which other instruction sets make use.
#ifndef CK_DEPTHWISE_CHANNELS_H
#define CK_DEPTHWISE_CHANNELS_H

#include "../include/ckernels.h"

void ck_depthwise_channels_portable(const ck_conv *, void *const *, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t);
void ck_depthwise_channels_avx2(const ck_conv *, void *const *, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t);
void ck_depthwise_channels_avx512(const ck_conv *, void *const *, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t);

#endif
