// Parameters of the Fourier transforms.
#ifndef CK_SPECTRAL_H
#define CK_SPECTRAL_H

#include <stddef.h>
#include <stdint.h>

#define CK_DFT_AXES 8

// Fourier transforms of lines. A line is found by its index over the outer axes. Units: slots, which share the lines
// and each have work of their own. Buffers: x, y, window [read], work: doubles [slots, 8 · length].
typedef struct {
    ptrdiff_t slots, lines, rank;
    ptrdiff_t sizes[CK_DFT_AXES], x_strides[CK_DFT_AXES], y_strides[CK_DFT_AXES];
    // Of the transform. Input beyond it is cut off, what the input lacks is zero.
    ptrdiff_t length;
    ptrdiff_t read, x_step, x_components;
    ptrdiff_t written, y_step, y_components;
    uint8_t is_inverse;
    // Whether the input is the first half of a spectrum that mirrors itself.
    uint8_t is_mirrored;
} ck_dft;

#endif
