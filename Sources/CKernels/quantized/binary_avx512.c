// Sums and products of bytes as binary.c has them, 64 at a time.
#if defined(__x86_64__)

#include "../declarations.h"
#include "../numeric/fixed_point.h"

#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"))), apply_to = function)

#include "../numeric/rescale_avx512.h"

// An operand x of a sum, 20 bits finer, times m · 2^-31, rounded twice, n bits to the right by the second rounding:
//
//     ⌊(⌊(x · m + 2¹⁰) / 2¹¹⌋ + 2^(n−1) − [x < 0]) / 2ⁿ⌋ = ⌊(x · m + 2¹⁰ + 2^(10+n) − [x < 0] · 2¹¹) / 2^(11+n)⌋
//
// in two parts of m = high · 2^(11+n) + low that do not overflow. Without a second rounding its terms are missing.
typedef struct {
    __m512i zero_point, high, low, offset, below;
    // `low` of 15 bits and `below`, by which the halves of x are multiplied: the upper one is −[x < 0].
    __m512i pair;
    __m128i shift;
    int is_narrow;
    // m is 1/2, as of the operand with the larger scale, and the sum is x · 2¹⁹.
    int is_half;
} term;

static term term_of(const ck_fixed_point *by) {
    int shift = 11 + by->right;
    int32_t offset = (1 << 10) + (by->right > 0 ? 1 << (10 + by->right) : 0), below = by->right > 0 ? 1 << 11 : 0;
    int32_t low = by->multiplier & ((1 << shift) - 1);
    term t = {
        .zero_point = _mm512_set1_epi32(by->zero_point),
        .high = _mm512_set1_epi32(by->multiplier >> shift),
        .low = _mm512_set1_epi32(low),
        .offset = _mm512_set1_epi32(offset),
        .below = _mm512_set1_epi32(below),
        .pair = _mm512_set1_epi32(below << 16 | (low & INT16_MAX)),
        .shift = _mm_cvtsi32_si128(shift),
        .is_narrow = shift <= 15,
        .is_half = by->multiplier == 1 << 30 && by->right == 0,
    };
    return t;
}

CK_INLINE __m512i scaled_term(__m512i x, const term *by, int is_half) {
    x = _mm512_sub_epi32(x, by->zero_point);
    if (is_half) return _mm512_slli_epi32(x, 19);
    __m512i rest;
    if (by->is_narrow) {
        rest = _mm512_dpwssd_epi32(by->offset, x, by->pair);
    } else {
        rest = _mm512_add_epi32(_mm512_mullo_epi32(x, by->low), by->offset);
        rest = _mm512_mask_sub_epi32(rest, _mm512_movepi32_mask(x), rest, by->below);
    }
    return _mm512_add_epi32(_mm512_mullo_epi32(x, by->high), _mm512_sra_epi32(rest, by->shift));
}

// What all elements share.
typedef struct {
    term a, b;
    ck_rescaling y;
    __m512i zero_point, minimum, maximum, flip, order;
    __m512i a_point, b_point, a_weight, b_weight, offset;
    __m128i finer;
    __m512 factor;
} shared;

static shared shared_of(const ck_quantized_binary *p, int is_signed) {
    // Unsigned bytes are computed less 128 in the end.
    int32_t less = is_signed ? 0 : 128;
    shared s = {
        .y = ck_rescaling_of(&p->y),
        .zero_point = _mm512_set1_epi16((short)(p->y.zero_point - less)),
        .minimum = _mm512_set1_epi8((char)(p->minimum - less)),
        .maximum = _mm512_set1_epi8((char)(p->maximum - less)),
        .flip = _mm512_set1_epi8((char)less),
        .order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15),
        .a_point = _mm512_set1_epi32(p->a.zero_point),
        .b_point = _mm512_set1_epi32(p->b.zero_point),
        .a_weight = _mm512_set1_epi32(p->a.multiplier),
        .b_weight = _mm512_set1_epi32(p->b.multiplier),
        .offset = _mm512_set1_epi32(p->offset),
        .finer = _mm_cvtsi32_si128(p->shift),
        .factor = _mm512_set1_ps(p->factor),
    };
    if (p->operation == CK_QUANTIZED_ADD || p->operation == CK_QUANTIZED_SUBTRACT) {
        s.a = term_of(&p->a);
        s.b = term_of(&p->b);
    }
    return s;
}

// How terms of a sum are scaled: whether the first, or the second, is half of its operand.
typedef enum { NEITHER_HALF, FIRST_HALF, SECOND_HALF } halves;

// 16 results less their zero point.
CK_INLINE __m512i result(
    __m512i a, __m512i b, const shared *s, const ck_quantized_operator operation, const halves halves) {
    switch (operation) {
    case CK_QUANTIZED_ADD:
    case CK_QUANTIZED_SUBTRACT: {
        __m512i first = scaled_term(a, &s->a, halves == FIRST_HALF);
        __m512i second = scaled_term(b, &s->b, halves == SECOND_HALF);
        int is_sum = operation == CK_QUANTIZED_ADD;
        return ck_rescale_16(
            is_sum ? _mm512_add_epi32(first, second) : _mm512_sub_epi32(first, second), &s->y);
    }
    case CK_QUANTIZED_WEIGHTED_SUM: {
        __m512i sum = _mm512_add_epi32(_mm512_mullo_epi32(a, s->a_weight), _mm512_mullo_epi32(b, s->b_weight));
        return _mm512_sra_epi32(_mm512_add_epi32(s->offset, sum), s->finer);
    }
    default: {
        __m512i product = _mm512_mullo_epi32(_mm512_sub_epi32(a, s->a_point), _mm512_sub_epi32(b, s->b_point));
        if (operation == CK_QUANTIZED_MULTIPLY) return ck_rescale_16(product, &s->y);
        return _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_cvtepi32_ps(product), s->factor));
    }
    }
}

CK_INLINE __m512i load_16(const uint8_t *x, int is_signed) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)x);
    return is_signed ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes);
}

// `length` elements; reads whole vectors.
CK_INLINE void run(
    const shared *s, const uint8_t *a, const uint8_t *b, uint8_t *y, ptrdiff_t length, int is_signed,
    const ck_quantized_operator operation, const halves halves) {
    for (ptrdiff_t i = 0; i < length; i += 64) {
        __m512i v[4];
#pragma clang loop unroll(full)
        for (int k = 0; k < 4; k++)
            v[k] = result(
                load_16(a + i + 16 * k, is_signed), load_16(b + i + 16 * k, is_signed), s, operation, halves);
        __m512i low = _mm512_adds_epi16(_mm512_packs_epi32(v[0], v[1]), s->zero_point);
        __m512i high = _mm512_adds_epi16(_mm512_packs_epi32(v[2], v[3]), s->zero_point);
        __m512i bytes = _mm512_packs_epi16(low, high);
        bytes = _mm512_min_epi8(_mm512_max_epi8(bytes, s->minimum), s->maximum);
        bytes = _mm512_permutexvar_epi32(s->order, _mm512_xor_si512(bytes, s->flip));
        if (length - i >= 64) _mm512_storeu_si512(y + i, bytes);
        else _mm512_mask_storeu_epi8(y + i, ((__mmask64)1 << (length - i)) - 1, bytes);
    }
}

typedef void (*run_function)(const shared *, const uint8_t *, const uint8_t *, uint8_t *, ptrdiff_t);

#define RUN(name, is_signed, operation, halves)                                                               \
    static void name##_##is_signed(                                                                           \
        const shared *s, const uint8_t *a, const uint8_t *b, uint8_t *y, ptrdiff_t length) {                  \
        run(s, a, b, y, length, is_signed, operation, halves);                                                \
    }
#define RUNS(name, operation, halves) RUN(name, 0, operation, halves) RUN(name, 1, operation, halves)
RUNS(add_general, CK_QUANTIZED_ADD, NEITHER_HALF)
RUNS(add_first, CK_QUANTIZED_ADD, FIRST_HALF)
RUNS(add_second, CK_QUANTIZED_ADD, SECOND_HALF)
RUNS(subtract_general, CK_QUANTIZED_SUBTRACT, NEITHER_HALF)
RUNS(subtract_first, CK_QUANTIZED_SUBTRACT, FIRST_HALF)
RUNS(subtract_second, CK_QUANTIZED_SUBTRACT, SECOND_HALF)
RUNS(multiply, CK_QUANTIZED_MULTIPLY, NEITHER_HALF)
RUNS(weighted_sum, CK_QUANTIZED_WEIGHTED_SUM, NEITHER_HALF)
RUNS(scaled_product, CK_QUANTIZED_SCALED_PRODUCT, NEITHER_HALF)

static run_function run_of(const ck_quantized_binary *p, const shared *s, int is_signed) {
    static const run_function adds[2][3] = {
        {add_general_0, add_first_0, add_second_0}, {add_general_1, add_first_1, add_second_1}};
    static const run_function subtracts[2][3] = {
        {subtract_general_0, subtract_first_0, subtract_second_0},
        {subtract_general_1, subtract_first_1, subtract_second_1}};
    halves halves = s->a.is_half ? FIRST_HALF : s->b.is_half ? SECOND_HALF : NEITHER_HALF;
    switch (p->operation) {
    case CK_QUANTIZED_ADD: return adds[is_signed][halves];
    case CK_QUANTIZED_SUBTRACT: return subtracts[is_signed][halves];
    case CK_QUANTIZED_MULTIPLY: return is_signed ? multiply_1 : multiply_0;
    case CK_QUANTIZED_WEIGHTED_SUM: return is_signed ? weighted_sum_1 : weighted_sum_0;
    default: return is_signed ? scaled_product_1 : scaled_product_0;
    }
}

// Bytes of an operand that are repeated along the result, written out.
#define PATTERN 1024

typedef struct {
    const uint8_t *source;
    ptrdiff_t length;
    uint8_t bytes[PATTERN + CK_SLACK];
} pattern;

// An operand's walk over units.
typedef struct {
    const uint8_t *base;
    const ptrdiff_t *strides;
    ptrdiff_t step;
    // Along the innermost outer axis: whether the operand goes on with the result, or begins anew with each unit.
    int goes_on, stays;
} walk;

static walk walk_of(const ck_quantized_binary *p, const void *base, const ptrdiff_t *strides, ptrdiff_t step) {
    ptrdiff_t last = p->rank > 0 ? strides[p->rank - 1] : 0;
    walk w = {base, strides, step, step == 1 && p->rank > 0 && last == p->inner, p->rank > 0 && last == 0};
    return w;
}

static const uint8_t *start_of(const ck_quantized_binary *p, const walk *w, ptrdiff_t unit) {
    const uint8_t *start = w->base;
    for (ptrdiff_t axis = p->rank; axis-- > 0; unit /= p->sizes[axis]) start += unit % p->sizes[axis] * w->strides[axis];
    return start;
}

// `length` bytes of an operand from x on that stands still or has `inner` bytes for each unit.
static const uint8_t *written_out(const uint8_t *x, ptrdiff_t step, ptrdiff_t inner, ptrdiff_t length, pattern *to) {
    if (to->source == x && to->length >= length) return to->bytes;
    to->source = x;
    to->length = length;
    if (step == 0) memset(to->bytes, *x, (size_t)length);
    else for (ptrdiff_t i = 0; i < length; i += inner) memcpy(to->bytes + i, x, (size_t)inner);
    return to->bytes;
}

CK_INLINE void runs(
    const ck_quantized_binary *p, void *const *buffers, ptrdiff_t begin, ptrdiff_t end, int is_signed) {
    const shared s = shared_of(p, is_signed);
    run_function run = run_of(p, &s, is_signed);
    const walk walks[2] = {
        walk_of(p, buffers[0], p->a_strides, p->a_step), walk_of(p, buffers[1], p->b_strides, p->b_step)};
    uint8_t *y = buffers[2];
    pattern patterns[2];
    patterns[0].source = patterns[1].source = NULL;
    ptrdiff_t inner = p->inner, row = p->rank > 0 ? p->sizes[p->rank - 1] : 1;
    int joins = (walks[0].goes_on || walks[0].stays) && (walks[1].goes_on || walks[1].stays) && inner < PATTERN;
    int stands_still = walks[0].step == 0 || walks[1].step == 0;
    for (ptrdiff_t unit = begin, units; unit < end; unit += units) {
        units = 1;
        if (joins) {
            units = PATTERN / inner;
            if (units > row - unit % row) units = row - unit % row;
            if (units > end - unit) units = end - unit;
        }
        ptrdiff_t first = unit * inner, length = units * inner;
        if (length > p->count - first) length = p->count - first;
        const uint8_t *x[2] = {start_of(p, &walks[0], unit), start_of(p, &walks[1], unit)};
        ptrdiff_t most = stands_still ? PATTERN : length;
        for (ptrdiff_t done = 0; done < length; done += most) {
            ptrdiff_t count = length - done < most ? length - done : most;
            const uint8_t *from[2];
            for (int k = 0; k < 2; k++) {
                int is_repeated = walks[k].step == 0 || (units > 1 && walks[k].stays);
                from[k] = is_repeated ? written_out(x[k], walks[k].step, inner, count, &patterns[k]) : x[k] + done;
            }
            run(&s, from[0], from[1], y + first + done, count);
        }
    }
}

// Whether an operand runs along with the result or stands still, and the operator is one of `run`.
static int takes(const ck_quantized_binary *p) {
    switch (p->operation) {
    case CK_QUANTIZED_ADD:
    case CK_QUANTIZED_SUBTRACT:
        // Terms of both parts fit 32 bits.
        if (p->shift != 20 || p->a.left || p->b.left || p->a.right > 11 || p->b.right > 11) return 0;
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
