// What calibration and comparison see of real tensors. `isa` is one that the processor has.
#ifndef CK_OBSERVE_H
#define CK_OBSERVE_H

#include <stddef.h>
#include <stdint.h>

#include "ckernels.h"

// Widens [minimum, maximum] to hold all values, which are [outer, channels, run], and adds each channel's values to its
// sum, unless there are no sums. Returns whether all values are finite for sure; if not, the results mean nothing.
int32_t ck_observe(
    ck_isa isa, const float *values, ptrdiff_t outer, ptrdiff_t channels, ptrdiff_t run, double *sums, float *minimum,
    float *maximum);

// Counts values in bins: floor(value * factor) + bins / 2, or the first or the last where that is beyond them. Zeros are not
// counted; they may use up the four places behind the bins.
void ck_count(ck_isa isa, const float *values, ptrdiff_t count, float factor, uint32_t *counts, int32_t bins);

// Sums over the elements of two tensors.
typedef struct {
    double squares_a, squares_b, products;
    // Of the differences.
    double squares, largest;
    int64_t differing;
} ck_differences;

// Adds what a and b hold, a block of fewer than 2^31 elements. Returns whether all of it is finite; if not, nothing is
// added.
int32_t ck_compare(ck_isa isa, const float *a, const float *b, ptrdiff_t count, ck_differences *total);

#endif
