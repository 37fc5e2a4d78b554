// Exactness of the kernels: every row of kernels.def computes what the portable row of its family and type does, for any
// split of its units, and touches no byte that the interface does not promise.
//
// A suite draws shapes and has each computed by all rows. What a shape's seed makes is the same for all of them.
#ifndef HARNESS_H
#define HARNESS_H

#include "ckernels.h"
#include "random.h"

// How a kernel is called: in one piece, or with its units cut at random, the last ones first.
typedef struct {
    const ck_kernel *kernel;
    int pieces;
    uint64_t seed;
} call;

void call_kernel(const call *call, const void *parameters, void *const *buffers, ptrdiff_t units);

// Memory that lasts until the rows of a shape have been compared. What lies outside of it must not be read: the address
// sanitizer sees to that, or else a page that cannot be read behind each block.

// An operand: CK_SLACK bytes of no meaning are readable behind it.
void *input(ptrdiff_t bytes);
// Likewise, zeroed and aligned to a cache line: what planning makes.
void *constant(ptrdiff_t bytes);
// A result, which nothing may be read or written behind; or an operand that ends where its file does.
void *output(ptrdiff_t bytes);
// A result in place of an operand, of whose `bytes` it takes the contents; what follows it in memory must stay.
void *overwritten(const void *operand, ptrdiff_t bytes);

typedef struct suite suite;
struct suite {
    // Of rows of kernels.def. Where it has none of them, what is tested are functions that are told their instruction set,
    // `call->kernel->isa`.
    const char *family, *type;
    // Draws the suite's shapes, and calls `verify` for each.
    void (*draw)(const suite *suite);
};

typedef struct {
    // How many bytes the result has; `compute` returns where it is.
    ptrdiff_t bytes;
    void *(*compute)(const void *shape, const call *call);
    const void *shape;
    void (*describe)(const void *shape, char *text, size_t size);
    // 0 for results that are equal to the bit. Otherwise they are float32 and may differ by RELATIVE_BOUND of the largest
    // of them or of this, whichever is more; if `is_each`, each by that of itself or of this.
    double magnitude;
    int is_each;
} comparison;

#define RELATIVE_BOUND 2e-6

// Compares all rows of the suite's family and type with the portable one.
void verify(const suite *suite, const comparison *comparison);

// Whether the shape with this number belongs to the share of shapes that is asked for.
int is_drawn(ptrdiff_t number);

extern const suite suites[];
extern const ptrdiff_t suite_count;

#endif
