// Numbers that depend on a seed only (splitmix64), and the shapes that are made of them.
#ifndef RANDOM_H
#define RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t state;
} random_source;

static inline uint64_t draw_bits(random_source *source) {
    uint64_t z = source->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

// From low to high, both included.
static inline int64_t draw_between(random_source *source, int64_t low, int64_t high) {
    return low + (int64_t)(draw_bits(source) % (uint64_t)(high - low + 1));
}

// One in `count` is true.
static inline int draw_one_in(random_source *source, int count) { return draw_between(source, 1, count) == 1; }

// From -1 to 1.
static inline float draw_real(random_source *source) {
    return (float)(int32_t)(draw_bits(source) >> 32) * 0x1p-31f;
}

#define DRAW_ONE_OF(source, list) ((list)[draw_between(source, 0, (int64_t)(sizeof(list) / sizeof((list)[0])) - 1)])

// Sizes around those of vectors, tiles and blocks. The first SMALL_SIZES are the small ones.
#define SIZES 10
#define SMALL_SIZES 6
static const int awkward_sizes[SIZES] = {1, 2, 3, 15, 16, 17, 63, 64, 65, 130};

#define MAX_DIMENSIONS 6

// Sizes in `dimensions` dimensions: every combination of the small ones in the first `crossed` dimensions, every pair of
// sizes in any two dimensions, and `drawn` random ones; what is left open is mostly one of the first three sizes. False
// behind the last one.
static inline int sizes_of(
    ptrdiff_t number, int dimensions, int crossed, ptrdiff_t drawn, random_source *source, int *sizes) {
    for (int i = 0; i < dimensions; i++)
        sizes[i] = awkward_sizes[draw_between(source, 0, draw_one_in(source, 6) ? SMALL_SIZES - 1 : 2)];
    ptrdiff_t combinations = 1;
    for (int i = 0; i < crossed; i++) combinations *= SMALL_SIZES;
    if (number < combinations) {
        for (int i = 0; i < crossed; i++, number /= SMALL_SIZES) sizes[i] = awkward_sizes[number % SMALL_SIZES];
        return 1;
    }
    number -= combinations;
    for (int i = 0; i < dimensions; i++)
        for (int j = 0; j < i; j++) {
            if (number < SIZES * SIZES) {
                sizes[i] = awkward_sizes[number % SIZES];
                sizes[j] = awkward_sizes[number / SIZES];
                return 1;
            }
            number -= SIZES * SIZES;
        }
    if (number >= drawn) return 0;
    for (int i = 0; i < dimensions; i++) sizes[i] = awkward_sizes[draw_between(source, 0, SIZES - 1)];
    return 1;
}

#endif
