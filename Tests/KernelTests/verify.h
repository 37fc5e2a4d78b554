// What a run of the suites was asked for, and what it found.
#ifndef VERIFY_H
#define VERIFY_H

#include "harness.h"

typedef struct {
    // Every so many shapes are taken.
    ptrdiff_t share;
    // Bits of ck_isa: which rows are compared with the portable ones.
    unsigned isas;
} request;

typedef struct {
    ptrdiff_t shapes, comparisons, failures;
    // Bits of ck_isa: the rows that were called.
    unsigned isas;
    // Of the portable rows' results, if they are to be equal to the bit: those of any processor have it.
    uint64_t digest;
} result;

extern request requested;
extern result found;

const char *isa_name(ck_isa isa);

#endif
