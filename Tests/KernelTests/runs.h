// Walks of kernels of two operands: broadcast in every way, alone or with the result in place of an operand.
#ifndef RUNS_H
#define RUNS_H

#include "harness.h"

typedef struct {
    ptrdiff_t rank;
    ptrdiff_t sizes[CK_MAX_RANK], a_strides[CK_MAX_RANK], b_strides[CK_MAX_RANK];
    // Units, and elements of each of them and of the result.
    ptrdiff_t units, inner, count, a_step, b_step;
    // Elements of the operands.
    ptrdiff_t a_count, b_count;
    // 0: a buffer of its own; 1, 2: the result takes the place of a or b.
    int in_place;
} runs;

// The walk with this number. False behind the last one.
int draw_runs(ptrdiff_t number, random_source *source, runs *runs);
void describe_runs(const runs *runs, char *text, size_t size);

#endif
