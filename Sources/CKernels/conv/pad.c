// An image with its padding around it.
#include "../declarations.h"
#include "../numeric/target.h"

#include <string.h>

#define PAD(name)                                                                                              \
    void name(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {                  \
        const ck_pad_rows *p = parameters;                                                                     \
        ptrdiff_t padded_width = p->padded_width * p->channels, width = p->width * p->channels;                \
        ptrdiff_t left = p->left * p->channels;                                                                \
        /* Columns behind the padded image are never read. */                                                  \
        if (width > padded_width - left) width = padded_width - left;                                          \
        for (ptrdiff_t row = begin; row < end; row++) {                                                        \
            uint8_t *y = (uint8_t *)buffers[1] + row * padded_width;                                           \
            ptrdiff_t iy = row % p->padded_height - p->top;                                                    \
            if (iy < 0 || iy >= p->height) {                                                                   \
                memset(y, p->value, (size_t)padded_width);                                                     \
                continue;                                                                                      \
            }                                                                                                  \
            const uint8_t *x =                                                                                 \
                (const uint8_t *)buffers[0] + (row / p->padded_height * p->height + iy) * p->width * p->channels; \
            memset(y, p->value, (size_t)left);                                                                 \
            for (ptrdiff_t i = 0; i < width; i++) y[left + i] = x[i] ^ p->flip;                                \
            memset(y + left + width, p->value, (size_t)(padded_width - left - width));                         \
        }                                                                                                      \
    }

PAD(ck_pad_rows_bytes_portable)

#if defined(__x86_64__)
CK_BEGIN_AVX2
PAD(ck_pad_rows_bytes_avx2)
CK_END_TARGET
#endif
