#include "ckernels.h"

#include <string.h>

static ptrdiff_t blocks(const ck_packing *p) { return (p->outputs + CK_BLOCK - 1) / CK_BLOCK; }

ptrdiff_t ck_packed_lanes(const ck_packing *p) { return p->groups * blocks(p) * CK_BLOCK; }

// The inputs of one tap and output in fours, each CK_BLOCK fours behind the last.
static void pack_fours(const char *source, char *to, ptrdiff_t inputs) {
    ptrdiff_t i = 0;
    for (; i + 4 <= inputs; i += 4, to += 4 * CK_BLOCK) memcpy(to, source + i, 4);
    for (; i < inputs; i++, to++) *to = source[i];
}

// The same one by one, each CK_BLOCK elements behind the last.
#define PACK_ONES(element)                                                                            \
    for (ptrdiff_t i = 0; i < inputs; i++) memcpy(to + i * CK_BLOCK * (ptrdiff_t)sizeof(element),     \
                                                  source + i * (ptrdiff_t)sizeof(element), sizeof(element));

static void pack_ones(const char *source, char *to, ptrdiff_t inputs, ptrdiff_t size) {
    switch (size) {
    case 1: PACK_ONES(uint8_t) break;
    case 2: PACK_ONES(uint16_t) break;
    default: PACK_ONES(uint32_t)
    }
}

static void pack_any(const ck_packing *p, const char *source, char *to) {
    for (ptrdiff_t i = 0; i < p->inputs; i++, source += p->element_size) {
        ptrdiff_t at = i / p->depth * p->depth * CK_BLOCK + i % p->depth;
        memcpy(to + at * p->element_size, source, (size_t)p->element_size);
    }
}

void ck_pack_linear(const ck_packing *p, const void *weights, void *packed) {
    ptrdiff_t padded = (p->inputs + p->depth - 1) / p->depth * p->depth;
    const char *source = weights;
    for (ptrdiff_t group = 0; group < p->groups; group++)
        for (ptrdiff_t o = 0; o < p->outputs; o++) {
            ptrdiff_t block = group * blocks(p) + o / CK_BLOCK, lane = o % CK_BLOCK;
            for (ptrdiff_t tap = 0; tap < p->taps; tap++, source += p->inputs * p->element_size) {
                ptrdiff_t row = (block * p->taps + tap) * padded;
                char *to = (char *)packed + (row * CK_BLOCK + lane * p->depth) * p->element_size;
                if (p->depth == 4 && p->element_size == 1) pack_fours(source, to, p->inputs);
                else if (p->depth == 1 && p->element_size <= 4) pack_ones(source, to, p->inputs, p->element_size);
                else pack_any(p, source, to);
            }
        }
}

void ck_sum_weights(const ck_packing *p, const int8_t *weights, int32_t *sums, int32_t *magnitudes) {
    ptrdiff_t count = p->taps * p->inputs;
    for (ptrdiff_t group = 0; group < p->groups; group++)
        for (ptrdiff_t o = 0; o < p->outputs; o++, weights += count) {
            uint32_t sum = 0, magnitude = 0;
            for (ptrdiff_t i = 0, end; i < count; i = end) {
                // As many as int16 can hold the sum of.
                int16_t part = 0, part_magnitude = 0;
                end = count - i > 255 ? i + 255 : count;
                for (ptrdiff_t k = i; k < end; k++) {
                    part = (int16_t)(part + weights[k]);
                    part_magnitude = (int16_t)(part_magnitude + (weights[k] < 0 ? -weights[k] : weights[k]));
                }
                sum += (uint32_t)part;
                magnitude += (uint32_t)part_magnitude;
            }
            sums[group * blocks(p) * CK_BLOCK + o] = (int32_t)sum;
            // Sums that wrap are larger than any other.
            magnitudes[group * blocks(p) * CK_BLOCK + o] =
                count > INT32_MAX / 128 ? INT32_MAX : (int32_t)magnitude;
        }
}
