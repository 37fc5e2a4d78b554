// Sums and products of bytes as binary.c has them, 16 at a time.
#if defined(__x86_64__)

#include "../declarations.h"
#include "../numeric/fixed_point.h"

#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)

// What ck_rescale takes, in all lanes.
typedef struct {
    __m512i multiplier, high, low;
    __m128i left, right;
    int rounds_twice;
} rescaling;

static rescaling rescaling_of(const ck_fixed_point *by) {
    rescaling r = {
        _mm512_set1_epi64(by->multiplier), _mm512_set1_epi32((by->multiplier >> 16) * 32),
        _mm512_set1_epi32(by->multiplier & 0xffff), _mm_cvtsi32_si128(by->left), _mm_cvtsi32_si128(by->right - 1),
        by->right > 0};
    return r;
}

// x / 2^n, ties away from zero: ⌊(⌊(x − (x < 0)) / 2^(n−1)⌋ + 1) / 2⌋.
CK_INLINE __m512i round_second(__m512i x, const rescaling *by) {
    if (!by->rounds_twice) return x;
    x = _mm512_sra_epi32(_mm512_add_epi32(x, _mm512_srai_epi32(x, 31)), by->right);
    return _mm512_srai_epi32(_mm512_add_epi32(x, _mm512_set1_epi32(1)), 1);
}

CK_INLINE __m512i rescale(__m512i x, const rescaling *by) {
    const __m512i half = _mm512_set1_epi64(1 << 30);
    x = _mm512_sll_epi32(x, by->left);
    __m512i even = _mm512_mul_epi32(x, by->multiplier);
    __m512i odd = _mm512_mul_epi32(_mm512_srli_epi64(x, 32), by->multiplier);
    even = _mm512_srli_epi64(_mm512_add_epi64(even, half), 31);
    odd = _mm512_slli_epi64(_mm512_add_epi64(odd, half), 1);
    return round_second(_mm512_mask_blend_epi32(0xaaaa, even, odd), by);
}

// x · 2²⁰, rescaled, for x of nine bits and its sign: ⌊(x · multiplier + 2¹⁰) / 2¹¹⌋ in two parts that do not overflow.
CK_INLINE __m512i rescale_byte(__m512i x, const rescaling *by) {
    __m512i rest = _mm512_add_epi32(_mm512_mullo_epi32(x, by->low), _mm512_set1_epi32(1 << 10));
    __m512i once = _mm512_add_epi32(_mm512_mullo_epi32(x, by->high), _mm512_srai_epi32(rest, 11));
    return round_second(once, by);
}

CK_INLINE __m512i load_bytes(const uint8_t *x, ptrdiff_t step, __mmask16 lanes, int is_signed) {
    __m128i bytes = step ? _mm_maskz_loadu_epi8(lanes, x) : _mm_set1_epi8((char)*x);
    return is_signed ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes);
}

// Loops over a run; `expression` makes the result of a and b.
#define RUN(expression)                                                                                    \
    for (ptrdiff_t i = 0; i < length; i += 16) {                                                           \
        __mmask16 lanes = length - i >= 16 ? 0xffff : (__mmask16)((1u << (length - i)) - 1);               \
        __m512i a = load_bytes(a_run + i * p->a_step, p->a_step, lanes, is_signed);                        \
        __m512i b = load_bytes(b_run + i * p->b_step, p->b_step, lanes, is_signed);                        \
        __m512i value = _mm512_add_epi32(expression, zero_point);                                          \
        __m128i bytes = _mm512_cvtepi32_epi8(_mm512_min_epi32(_mm512_max_epi32(value, low), high));        \
        if (lanes == 0xffff) _mm_storeu_si128((__m128i *)(y + i), bytes);                                  \
        else _mm_mask_storeu_epi8(y + i, lanes, bytes);                                                    \
    }                                                                                                      \
    break;

CK_INLINE void run(
    const ck_quantized_binary *p, const uint8_t *a_run, const uint8_t *b_run, uint8_t *y, ptrdiff_t length,
    int is_signed) {
    const rescaling by_a = rescaling_of(&p->a), by_b = rescaling_of(&p->b), by_y = rescaling_of(&p->y);
    const __m512i a_point = _mm512_set1_epi32(p->a.zero_point), b_point = _mm512_set1_epi32(p->b.zero_point);
    const __m512i zero_point = _mm512_set1_epi32(p->y.zero_point);
    const __m512i low = _mm512_set1_epi32(p->minimum), high = _mm512_set1_epi32(p->maximum);
    const __m128i finer = _mm_cvtsi32_si128(p->shift);
#define A rescale_byte(_mm512_sub_epi32(a, a_point), &by_a)
#define B rescale_byte(_mm512_sub_epi32(b, b_point), &by_b)
#define PRODUCT _mm512_mullo_epi32(_mm512_sub_epi32(a, a_point), _mm512_sub_epi32(b, b_point))
    switch (p->operation) {
    case CK_QUANTIZED_ADD: RUN(rescale(_mm512_add_epi32(A, B), &by_y))
    case CK_QUANTIZED_SUBTRACT: RUN(rescale(_mm512_sub_epi32(A, B), &by_y))
    case CK_QUANTIZED_MULTIPLY: RUN(rescale(PRODUCT, &by_y))
    case CK_QUANTIZED_WEIGHTED_SUM: {
        const __m512i offset = _mm512_set1_epi32(p->offset), a_weight = _mm512_set1_epi32(p->a.multiplier);
        const __m512i b_weight = _mm512_set1_epi32(p->b.multiplier);
#define WEIGHTED _mm512_add_epi32(_mm512_mullo_epi32(a, a_weight), _mm512_mullo_epi32(b, b_weight))
        RUN(_mm512_sra_epi32(_mm512_add_epi32(offset, WEIGHTED), finer))
    }
    default: {
        const __m512 factor = _mm512_set1_ps(p->factor);
        const __m512 least = _mm512_set1_ps((float)(p->minimum - p->y.zero_point));
        const __m512 most = _mm512_set1_ps((float)(p->maximum - p->y.zero_point));
#define SCALED _mm512_mul_ps(_mm512_cvtepi32_ps(PRODUCT), factor)
        RUN(_mm512_cvtps_epi32(_mm512_min_ps(_mm512_max_ps(SCALED, least), most)))
    }
    }
}

CK_INLINE void runs(
    const ck_quantized_binary *p, void *const *buffers, ptrdiff_t begin, ptrdiff_t end, int is_signed) {
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t a_offset = 0, b_offset = 0, start = unit * p->inner, index = unit;
        ptrdiff_t length = p->count - start < p->inner ? p->count - start : p->inner;
        for (ptrdiff_t axis = p->rank; axis-- > 0; index /= p->sizes[axis]) {
            a_offset += index % p->sizes[axis] * p->a_strides[axis];
            b_offset += index % p->sizes[axis] * p->b_strides[axis];
        }
        const uint8_t *a = (const uint8_t *)buffers[0] + a_offset, *b = (const uint8_t *)buffers[1] + b_offset;
        run(p, a, b, (uint8_t *)buffers[2] + start, length, is_signed);
    }
}

// Whether an operand runs along with the result or stands still, and the operator is one of `run`.
static int takes(const ck_quantized_binary *p) {
    switch (p->operation) {
    case CK_QUANTIZED_ADD:
    case CK_QUANTIZED_SUBTRACT:
        if (p->shift != 20 || p->a.left || p->b.left) return 0;
        break;
    case CK_QUANTIZED_MULTIPLY:
    case CK_QUANTIZED_WEIGHTED_SUM:
    case CK_QUANTIZED_SCALED_PRODUCT: break;
    default: return 0;
    }
    return (p->a_step | p->b_step) >> 1 == 0;
}

void ck_quantized_binary_int8_avx512(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    if (takes(parameters)) runs(parameters, buffers, begin, end, 1);
    else ck_quantized_binary_int8_portable(parameters, buffers, begin, end);
}

void ck_quantized_binary_uint8_avx512(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    if (takes(parameters)) runs(parameters, buffers, begin, end, 0);
    else ck_quantized_binary_uint8_portable(parameters, buffers, begin, end);
}

#pragma clang attribute pop

#endif
