// What values look like: not part of a model, but run over all of a model's tensors.
#ifndef CK_OBSERVE_H
#define CK_OBSERVE_H

#include <stddef.h>
#include <stdint.h>

// Counts values in `bins` equal bins: value v in bin (v - minimum) · factor, rounded down, the first and the last one
// taking what lies outside. Zeros and what is not finite are left out. `counts` is added to; `work` has
// 4 · (bins + 1) elements.
void ck_count_bins(
    const float *values, ptrdiff_t count, float minimum, float factor, int32_t bins, uint64_t *counts, uint32_t *work);

#endif
