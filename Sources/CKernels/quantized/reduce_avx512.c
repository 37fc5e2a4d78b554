// Means and sums over the positions of channels that lie side by side, as reduce.c has them.
#if defined(__x86_64__)

#include "../declarations.h"
#include "../numeric/fixed_point.h"
#include "../numeric/target.h"

#include <immintrin.h>

#pragma STDC FP_CONTRACT OFF
CK_BEGIN_AVX512

#include "../numeric/rescale_avx512.h"

#define SPAN 64

// Sums of 64 channels: lane j of quarter i of vector v is channel 16 · i + 4 · v + j.
typedef struct {
    __m512i sums[4];
} channels;

CK_INLINE void add_rows(channels *c, __m512i a, __m512i b, __m512i d, __m512i e, int is_signed) {
    const __m512i ones = _mm512_set1_epi8(1);
    __m512i ab_low = _mm512_unpacklo_epi8(a, b), ab_high = _mm512_unpackhi_epi8(a, b);
    __m512i de_low = _mm512_unpacklo_epi8(d, e), de_high = _mm512_unpackhi_epi8(d, e);
    __m512i fours[4] = {
        _mm512_unpacklo_epi16(ab_low, de_low), _mm512_unpackhi_epi16(ab_low, de_low),
        _mm512_unpacklo_epi16(ab_high, de_high), _mm512_unpackhi_epi16(ab_high, de_high)};
    for (int v = 0; v < 4; v++)
        c->sums[v] = is_signed ? _mm512_dpbusd_epi32(c->sums[v], ones, fours[v])
                               : _mm512_dpbusd_epi32(c->sums[v], fours[v], ones);
}

// Adds `count` rows, `step` bytes apart, of the bytes of `lanes`.
CK_INLINE void add_run(
    channels *c, const uint8_t *x, ptrdiff_t step, ptrdiff_t count, __mmask64 lanes, int is_signed) {
    const __m512i none = _mm512_setzero_si512();
    for (; count >= 4; count -= 4, x += 4 * step)
        add_rows(
            c, _mm512_maskz_loadu_epi8(lanes, x), _mm512_maskz_loadu_epi8(lanes, x + step),
            _mm512_maskz_loadu_epi8(lanes, x + 2 * step), _mm512_maskz_loadu_epi8(lanes, x + 3 * step), is_signed);
    for (; count > 0; count--, x += step)
        add_rows(c, _mm512_maskz_loadu_epi8(lanes, x), none, none, none, is_signed);
}

static void store_sums(const channels *c, int32_t *sums) {
    for (int v = 0; v < 4; v++) {
        _mm_storeu_si128((__m128i *)(sums + 4 * v), _mm512_castsi512_si128(c->sums[v]));
        _mm_storeu_si128((__m128i *)(sums + 16 + 4 * v), _mm512_extracti32x4_epi32(c->sums[v], 1));
        _mm_storeu_si128((__m128i *)(sums + 32 + 4 * v), _mm512_extracti32x4_epi32(c->sums[v], 2));
        _mm_storeu_si128((__m128i *)(sums + 48 + 4 * v), _mm512_extracti32x4_epi32(c->sums[v], 3));
    }
}

CK_INLINE __m512i finished(__m512i sum, const ck_quantized_reduce *p, int is_signed) {
    const __m512i low = _mm512_set1_epi32(is_signed ? INT8_MIN : 0);
    const __m512i high = _mm512_set1_epi32(is_signed ? INT8_MAX : UINT8_MAX);
    if (p->operation == CK_QUANTIZED_SCALED_SUM) {
        __m512 value = _mm512_mul_ps(_mm512_cvtepi32_ps(sum), _mm512_set1_ps(p->factor));
        value = _mm512_add_ps(value, _mm512_set1_ps(p->offset));
        value = _mm512_max_ps(value, _mm512_cvtepi32_ps(low));
        return _mm512_cvtps_epi32(_mm512_min_ps(value, _mm512_cvtepi32_ps(high)));
    }
    const ck_rescaling by = ck_rescaling_of(&p->y);
    uint32_t zero = (uint32_t)p->input_zero_point * (uint32_t)p->reduced_count;
    sum = ck_rescale_16(_mm512_sub_epi32(sum, _mm512_set1_epi32((int32_t)zero)), &by);
    sum = _mm512_add_epi32(sum, _mm512_set1_epi32(p->y.zero_point));
    return _mm512_min_epi32(_mm512_max_epi32(sum, low), high);
}

// One span of channels at x.
CK_INLINE void reduce_span(
    const ck_quantized_reduce *p, const uint8_t *x, uint8_t *y, ptrdiff_t span, int is_signed) {
    ptrdiff_t rank = p->reduced_rank, inner = p->reduced_sizes[rank - 1], step = p->reduced_strides[rank - 1];
    channels c;
    for (int v = 0; v < 4; v++) c.sums[v] = _mm512_setzero_si512();
    // Positions of few channels that follow each other fill a vector together.
    ptrdiff_t together = step == span && SPAN % span == 0 ? SPAN / span : 1;
    ptrdiff_t width = span * together;
    __mmask64 lanes = width >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << width) - 1;
    for (ptrdiff_t run = 0; run < p->reduced_count / inner; run++) {
        ptrdiff_t offset = 0, index = run;
        for (ptrdiff_t axis = rank - 1; axis-- > 0; index /= p->reduced_sizes[axis])
            offset += index % p->reduced_sizes[axis] * p->reduced_strides[axis];
        ptrdiff_t rows = inner / together, rest = inner % together * span;
        add_run(&c, x + offset, step * together, rows, lanes, is_signed);
        if (rest > 0) add_run(&c, x + offset + rows * width, 0, 1, ((__mmask64)1 << rest) - 1, is_signed);
    }
    int32_t sums[SPAN];
    store_sums(&c, sums);
    for (ptrdiff_t i = span; i < width; i++) sums[i % span] += sums[i];
    for (ptrdiff_t i = 0; i < span; i += 16) {
        __mmask16 stored = span - i >= 16 ? 0xffff : (__mmask16)((1u << (span - i)) - 1);
        _mm_mask_storeu_epi8(
            y + i, stored, _mm512_cvtepi32_epi8(finished(_mm512_loadu_si512(sums + i), p, is_signed)));
    }
}

CK_INLINE void reduce(
    const ck_quantized_reduce *p, void *const *buffers, ptrdiff_t begin, ptrdiff_t end, int is_signed) {
    ptrdiff_t rank = p->kept_rank, channels = p->kept_sizes[rank - 1];
    for (ptrdiff_t unit = begin; unit < end;) {
        ptrdiff_t index = unit / channels, channel = unit % channels, offset = channel;
        for (ptrdiff_t axis = rank - 1; axis-- > 0; index /= p->kept_sizes[axis])
            offset += index % p->kept_sizes[axis] * p->kept_strides[axis];
        ptrdiff_t span = channels - channel < end - unit ? channels - channel : end - unit;
        if (span > SPAN) span = SPAN;
        reduce_span(p, (const uint8_t *)buffers[0] + offset, (uint8_t *)buffers[1] + unit, span, is_signed);
        unit += span;
    }
}

static int takes(const ck_quantized_reduce *p) {
    return (p->operation == CK_QUANTIZED_MEAN || p->operation == CK_QUANTIZED_SCALED_SUM)
        && p->kept_strides[p->kept_rank - 1] == 1 && p->kept_sizes[p->kept_rank - 1] >= 8
        && p->reduced_count < 1 << 22;
}

void ck_quantized_reduce_int8_avx512(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    if (takes(parameters)) reduce(parameters, buffers, begin, end, 1);
    else ck_quantized_reduce_int8_portable(parameters, buffers, begin, end);
}

void ck_quantized_reduce_uint8_avx512(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    if (takes(parameters)) reduce(parameters, buffers, begin, end, 0);
    else ck_quantized_reduce_uint8_portable(parameters, buffers, begin, end);
}

CK_END_TARGET

#endif
