#include "ckernels.h"

#include <string.h>

static ptrdiff_t blocks(const ck_packing *p) { return (p->outputs + CK_BLOCK - 1) / CK_BLOCK; }

ptrdiff_t ck_packed_lanes(const ck_packing *p) { return p->groups * blocks(p) * CK_BLOCK; }

void ck_pack_linear(const ck_packing *p, const void *weights, void *packed) {
    ptrdiff_t padded = (p->inputs + p->depth - 1) / p->depth * p->depth;
    const char *source = weights;
    for (ptrdiff_t group = 0; group < p->groups; group++)
        for (ptrdiff_t o = 0; o < p->outputs; o++) {
            ptrdiff_t block = group * blocks(p) + o / CK_BLOCK, lane = o % CK_BLOCK;
            for (ptrdiff_t tap = 0; tap < p->taps; tap++)
                for (ptrdiff_t i = 0; i < p->inputs; i++, source += p->element_size) {
                    ptrdiff_t row = (block * p->taps + tap) * padded + i / p->depth * p->depth;
                    ptrdiff_t at = row * CK_BLOCK + lane * p->depth + i % p->depth;
                    memcpy((char *)packed + at * p->element_size, source, (size_t)p->element_size);
                }
        }
}

void ck_sum_weights(const ck_packing *p, const int8_t *weights, int32_t *sums) {
    ptrdiff_t count = p->taps * p->inputs;
    for (ptrdiff_t group = 0; group < p->groups; group++)
        for (ptrdiff_t o = 0; o < p->outputs; o++, weights += count) {
            uint32_t sum = 0;
            for (ptrdiff_t i = 0; i < count; i++) sum += (uint32_t)weights[i];
            sums[group * blocks(p) * CK_BLOCK + o] = (int32_t)sum;
        }
}
