// Template of real numbers from scaled integers, included once for each instruction set with CK_NAME, for loops that the
// compiler makes vectors of.
//
// LiteRT and ONNX have scale · (q − zero point) in double and in single precision. It is the same: the difference of
// numbers of 16 bits is exact, and a product of it and a scale has fewer bits than double precision has, so that both round
// once.
#define DEQUANTIZE(name, element)                                                                                    \
    void CK_NAME(name)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {               \
        const ck_dequantize *p = parameters;                                                                         \
        const element *x = buffers[0];                                                                               \
        float *y = buffers[1];                                                                                       \
        ptrdiff_t first = begin * CK_CHUNK, last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count;            \
        if (p->channels == 1) {                                                                                      \
            float scale = p->scales[0];                                                                              \
            int32_t zero_point = p->zero_points[0];                                                                  \
            for (ptrdiff_t i = first; i < last; i++) y[i] = scale * (float)(x[i] - zero_point);                      \
            return;                                                                                                  \
        }                                                                                                            \
        for (ptrdiff_t i = first; i < last; i++) {                                                                   \
            ptrdiff_t c = i / p->inner % p->channels;                                                                \
            y[i] = p->scales[c] * (float)(x[i] - p->zero_points[c]);                                                 \
        }                                                                                                            \
    }

DEQUANTIZE(ck_dequantize_int8, int8_t)
DEQUANTIZE(ck_dequantize_uint8, uint8_t)
DEQUANTIZE(ck_dequantize_int16, int16_t)

#undef DEQUANTIZE
