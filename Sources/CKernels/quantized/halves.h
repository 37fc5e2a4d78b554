#ifndef CK_HALVES_H
#define CK_HALVES_H

// How terms of a sum are scaled: whether the first, or the second, is half of its operand.
typedef enum { NEITHER_HALF, FIRST_HALF, SECOND_HALF } halves;

#endif
