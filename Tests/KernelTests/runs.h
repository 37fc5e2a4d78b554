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
// Fills in the walk of a kernel's parameters.
void use_runs(
    const runs *runs, ptrdiff_t *rank, ptrdiff_t *sizes, ptrdiff_t *a_strides, ptrdiff_t *b_strides);
#define USE_RUNS(p, r)                                                                \
    use_runs(r, &(p)->rank, (p)->sizes, (p)->a_strides, (p)->b_strides);              \
    (p)->inner = (r)->inner;                                                          \
    (p)->count = (r)->count;                                                          \
    (p)->a_step = (r)->a_step;                                                        \
    (p)->b_step = (r)->b_step;

void describe_runs(const runs *runs, char *text, size_t size);

#endif
