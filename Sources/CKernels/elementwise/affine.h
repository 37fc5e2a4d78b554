// Template of sums and products of bytes in single precision; see ck_affine_binary. Included once for each instruction set
// with CK_NAME, for loops that the compiler makes vectors of.
#include "../numeric/fixed_point.h"
#include <math.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

// The bounds are whole numbers, so that it makes no difference whether rounding or cutting off comes first; what is no
// number becomes the lowest.
CK_INLINE uint8_t affine_byte(float value, int32_t base, uint8_t flip) {
    float low = (float)(0 - base), high = (float)(255 - base);
    float raised = value > low ? value : low;
    return (uint8_t)((int32_t)__builtin_rintf(raised < high ? raised : high) + base) ^ flip;
}

CK_INLINE void affine_run(
    const ck_affine_binary *p, const uint8_t *a, const uint8_t *b, uint8_t *y, ptrdiff_t length, ptrdiff_t a_step,
    ptrdiff_t b_step, int32_t base, uint8_t flip) {
    // Copies of their own, which no byte that is written can be part of. An element of y is read, if at all, for itself.
    float a_factor = p->a_factor, b_factor = p->b_factor, offset = p->offset;
    int32_t a_zero_point = p->a_zero_point + base, b_zero_point = p->b_zero_point + base;
    if (p->operation == CK_ADD) {
#pragma clang loop vectorize(assume_safety)
        for (ptrdiff_t i = 0; i < length; i++) {
            float left = (float)((a[i * a_step] ^ flip) - base), right = (float)((b[i * b_step] ^ flip) - base);
            float sum = __builtin_fmaf(left, a_factor, __builtin_fmaf(right, b_factor, offset));
            y[i] = affine_byte(sum, base, flip);
        }
        return;
    }
#pragma clang loop vectorize(assume_safety)
    for (ptrdiff_t i = 0; i < length; i++) {
        // Both are exact, and so is their product.
        float left = (float)((a[i * a_step] ^ flip) - a_zero_point);
        float right = (float)((b[i * b_step] ^ flip) - b_zero_point);
        y[i] = affine_byte(left * right * a_factor + offset, base, flip);
    }
}

// The operands that matter, in loops of their own.
CK_INLINE void affine_steps(
    const ck_affine_binary *p, const uint8_t *a, const uint8_t *b, uint8_t *y, ptrdiff_t length, int32_t base,
    uint8_t flip) {
    if (p->a_step == 1 && p->b_step == 1) affine_run(p, a, b, y, length, 1, 1, base, flip);
    else affine_run(p, a, b, y, length, p->a_step, p->b_step, base, flip);
}

CK_INLINE void affine_bytes(
    const ck_affine_binary *p, const uint8_t *a, const uint8_t *b, uint8_t *y, ptrdiff_t length) {
    // Unsigned bytes, signed ones that count as unsigned, signed ones, and unsigned ones that count as signed.
    if (!p->flip && !p->base) affine_steps(p, a, b, y, length, 0, 0);
    else if (p->flip == 0x80 && !p->base) affine_steps(p, a, b, y, length, 0, 0x80);
    else if (p->flip == 0x80 && p->base == 128) affine_steps(p, a, b, y, length, 128, 0x80);
    else if (!p->flip && p->base == 128) affine_steps(p, a, b, y, length, 128, 0);
    else affine_steps(p, a, b, y, length, p->base, p->flip);
}

// So many bytes of an operand that repeats are laid side by side.
#define CK_REPEATED 1024

// Whether one operand is the same row for each row of the other, and short enough to be laid side by side.
static int repeats_row(const ck_affine_binary *p) {
    return p->rank == 1 && p->a_step == 1 && p->b_step == 1 && 2 * p->inner <= CK_REPEATED
        && ((!p->a_strides[0] && p->b_strides[0] == p->inner) || (!p->b_strides[0] && p->a_strides[0] == p->inner));
}

static void repeated_rows(
    const ck_affine_binary *p, const uint8_t *a, const uint8_t *b, uint8_t *y, ptrdiff_t begin, ptrdiff_t end) {
    uint8_t row[CK_REPEATED];
    ptrdiff_t inner = p->inner, count = CK_REPEATED / inner;
    int is_first = !p->a_strides[0];
    for (ptrdiff_t i = 0; i < count; i++) memcpy(row + i * inner, is_first ? a : b, (size_t)inner);
    for (ptrdiff_t unit = begin; unit < end; unit += count) {
        ptrdiff_t start = unit * inner, length = (end - unit < count ? end - unit : count) * inner;
        affine_bytes(p, is_first ? row : a + start, is_first ? b + start : row, y + start, length);
    }
}

void CK_NAME(ck_affine_binary_bytes)(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_affine_binary copy = *(const ck_affine_binary *)parameters, *p = &copy;
    if (repeats_row(p)) return repeated_rows(p, buffers[0], buffers[1], buffers[2], begin, end);
    ptrdiff_t place[CK_MAX_RANK] = {0}, a_offset = 0, b_offset = 0, rest = begin;
    for (ptrdiff_t axis = p->rank; axis-- > 0; rest /= p->sizes[axis]) {
        place[axis] = rest % p->sizes[axis];
        a_offset += place[axis] * p->a_strides[axis];
        b_offset += place[axis] * p->b_strides[axis];
    }
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t start = unit * p->inner, length = p->count - start < p->inner ? p->count - start : p->inner;
        const uint8_t *a = (const uint8_t *)buffers[0] + a_offset, *b = (const uint8_t *)buffers[1] + b_offset;
        uint8_t *y = (uint8_t *)buffers[2] + start;
        affine_bytes(p, a, b, y, length);
        for (ptrdiff_t axis = p->rank; axis-- > 0;) {
            a_offset += p->a_strides[axis];
            b_offset += p->b_strides[axis];
            if (++place[axis] < p->sizes[axis]) break;
            a_offset -= p->sizes[axis] * p->a_strides[axis];
            b_offset -= p->sizes[axis] * p->b_strides[axis];
            place[axis] = 0;
        }
    }
}
