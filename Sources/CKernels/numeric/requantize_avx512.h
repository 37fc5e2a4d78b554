// From int32 accumulators to bytes, 64 at a time.
#ifndef CK_REQUANTIZE_AVX512_H
#define CK_REQUANTIZE_AVX512_H

#include "fixed_point.h"
#include "lanes.h"
#include "store_bytes.h"

#include <immintrin.h>
#include <string.h>

typedef __m512i ck_sums;
typedef __m512i ck_bytes;

CK_INLINE ck_sums ck_no_sums(void) { return _mm512_setzero_si512(); }

CK_INLINE ck_sums ck_loaded_sums(const int32_t *sums) { return _mm512_loadu_si512(sums); }

CK_INLINE ck_sums ck_first_halves(ck_sums a, ck_sums b) {
    return _mm512_inserti64x4(a, _mm512_castsi512_si256(b), 1);
}

// What all lanes share.
typedef struct {
    __m512 low, high;
    __m512d double_low, double_high;
    __m512i zero_point, minimum, maximum, order;
    // Whether bytes go up to 255, whether they do not take all values of their type, and whether they are the results, cut
    // off at the ends of the type.
    int is_unsigned, is_cut, is_plain;
} ck_common_output;

CK_INLINE ck_common_output ck_common_output_of(const ck_requantization *output) {
    ck_common_output common;
    int32_t low = output->minimum - output->zero_point, high = output->maximum - output->zero_point;
    common.low = _mm512_set1_ps((float)low);
    common.high = _mm512_set1_ps((float)high);
    common.double_low = _mm512_set1_pd(low);
    common.double_high = _mm512_set1_pd(high);
    common.zero_point = _mm512_set1_epi16((short)output->zero_point);
    common.minimum = _mm512_set1_epi8((char)output->minimum);
    common.maximum = _mm512_set1_epi8((char)output->maximum);
    common.is_unsigned = output->maximum > INT8_MAX;
    common.is_cut = output->minimum > (common.is_unsigned ? 0 : INT8_MIN)
        || output->maximum < (common.is_unsigned ? UINT8_MAX : INT8_MAX);
    common.is_plain = common.is_unsigned && !common.is_cut && output->zero_point == 0;
    common.order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return common;
}

static __attribute__((noinline, unused)) __m512i ck_rescaled_otherwise(
    __m512i sums, const ck_lanes *lanes, const ck_requantization *output, const ck_common_output *common) {
    if (output->factor) {
        __m512 value = _mm512_mul_ps(_mm512_cvtepi32_ps(sums), _mm512_loadu_ps(lanes->factor));
        return _mm512_cvtps_epi32(_mm512_min_ps(_mm512_max_ps(value, common->low), common->high));
    }
    const __m512i half = _mm512_set1_epi64(1 << 30), one = _mm512_set1_epi32(1);
    __m512i right = _mm512_loadu_si512(lanes->right), x = _mm512_sllv_epi32(sums, _mm512_loadu_si512(lanes->left));
    __m512i even = _mm512_mul_epi32(x, _mm512_loadu_si512(lanes->multiplier));
    __m512i odd = _mm512_mul_epi32(_mm512_srli_epi64(x, 32), _mm512_loadu_si512(lanes->odd_multiplier));
    even = _mm512_srli_epi64(_mm512_add_epi64(even, half), 31);
    odd = _mm512_slli_epi64(_mm512_add_epi64(odd, half), 1);
    __m512i once = _mm512_mask_blend_epi32(0xaaaa, even, odd), twice = once;
    // The second rounding's ties go up, or down below zero: ⌊(⌊(x − [x < 0]) / 2^(n−1)⌋ + 1) / 2⌋.
    if (!output->rounds_up) twice = _mm512_add_epi32(once, _mm512_srai_epi32(once, 31));
    twice = _mm512_srav_epi32(twice, _mm512_sub_epi32(right, one));
    twice = _mm512_srai_epi32(_mm512_add_epi32(twice, one), 1);
    __m512i value = _mm512_mask_mov_epi32(once, _mm512_test_epi32_mask(right, right), twice);
    __m512i zero_point = _mm512_set1_epi32(output->zero_point);
    value = _mm512_max_epi32(_mm512_add_epi32(value, zero_point), _mm512_set1_epi32(output->minimum));
    return _mm512_sub_epi32(_mm512_min_epi32(value, _mm512_set1_epi32(output->maximum)), zero_point);
}

CK_INLINE __m256i ck_rescaled_in_double(__m256i sums, const double *scale, const ck_common_output *common) {
    __m512d value = _mm512_mul_pd(_mm512_cvtepi32_pd(sums), _mm512_loadu_pd(scale));
    __m512d whole = _mm512_roundscale_pd(value, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
    __mmask8 away =
        _mm512_cmp_pd_mask(_mm512_abs_pd(_mm512_sub_pd(value, whole)), _mm512_set1_pd(0.5), _CMP_GE_OQ);
    __m512d one = _mm512_or_pd(_mm512_set1_pd(1), _mm512_and_pd(value, _mm512_set1_pd(-0.0)));
    whole = _mm512_mask_add_pd(whole, away, whole, one);
    return _mm512_cvtpd_epi32(_mm512_min_pd(_mm512_max_pd(whole, common->double_low), common->double_high));
}

// The results less their zero point.
CK_INLINE __m512i ck_rescaled(
    __m512i sums, const ck_lanes *lanes, const ck_requantization *output, const ck_common_output *common,
    ck_rounding rounding) {
    switch (rounding) {
    case CK_ROUNDS_SINGLE:
        // No product goes beyond int32; what follows saturates.
        return _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_cvtepi32_ps(sums), _mm512_loadu_ps(lanes->factor)));
    case CK_ROUNDS_POSITIVE:
        return _mm512_cvtps_epi32(_mm512_fmadd_ps(
            _mm512_castsi512_ps(sums), _mm512_loadu_ps(lanes->factor), _mm512_loadu_ps(lanes->rest)));
    case CK_ROUNDS_TWICE_UP:
    case CK_ROUNDS_TWICE: {
        __m512i even = _mm512_mul_epi32(sums, _mm512_loadu_si512(lanes->multiplier));
        __m512i odd = _mm512_mul_epi32(_mm512_srli_epi64(sums, 32), _mm512_loadu_si512(lanes->odd_multiplier));
        if (rounding == CK_ROUNDS_TWICE) {
            // Below zero, ties of the second rounding go down.
            __m512i limit = _mm512_set1_epi64(-(1 << 30)), step = _mm512_set1_epi64(1ll << 31);
            even = _mm512_mask_sub_epi64(even, _mm512_cmplt_epi64_mask(even, limit), even, step);
            odd = _mm512_mask_sub_epi64(odd, _mm512_cmplt_epi64_mask(odd, limit), odd, step);
        }
        even = _mm512_add_epi64(even, _mm512_loadu_si512(lanes->even_offset));
        odd = _mm512_add_epi64(odd, _mm512_loadu_si512(lanes->odd_offset));
        even = _mm512_srav_epi64(even, _mm512_loadu_si512(lanes->even_shift));
        odd = _mm512_srav_epi64(odd, _mm512_loadu_si512(lanes->odd_shift));
        return _mm512_mask_blend_epi32(0xaaaa, even, odd);
    }
    case CK_ROUNDS_DOUBLE: {
        __m256i low = ck_rescaled_in_double(_mm512_castsi512_si256(sums), lanes->scale, common);
        __m256i high = ck_rescaled_in_double(_mm512_extracti64x4_epi64(sums, 1), lanes->scale + 8, common);
        return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
    }
    case CK_ROUNDS_OTHERWISE: return ck_rescaled_otherwise(sums, lanes, output, common);
    case CK_ROUNDS_NOTHING: break;
    }
    return sums;
}

// Four vectors of results less their zero point as bytes: the first four of each, the next four of each, and so on.
CK_INLINE __m512i ck_packed_quarters(
    __m512i a, __m512i b, __m512i c, __m512i d, const ck_common_output *common, ck_rounding rounding) {
    if (common->is_plain) return _mm512_packus_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d));
    __m512i low = _mm512_adds_epi16(_mm512_packs_epi32(a, b), common->zero_point);
    __m512i high = _mm512_adds_epi16(_mm512_packs_epi32(c, d), common->zero_point);
    // Most results take all values.
    int is_cut = rounding != CK_ROUNDS_DOUBLE && rounding != CK_ROUNDS_OTHERWISE && common->is_cut;
    if (!common->is_unsigned) {
        __m512i bytes = _mm512_packs_epi16(low, high);
        if (is_cut) bytes = _mm512_min_epi8(_mm512_max_epi8(bytes, common->minimum), common->maximum);
        return bytes;
    }
    __m512i bytes = _mm512_packus_epi16(low, high);
    if (is_cut) bytes = _mm512_min_epu8(_mm512_max_epu8(bytes, common->minimum), common->maximum);
    return bytes;
}

// Four vectors of results less their zero point as bytes behind each other.
CK_INLINE __m512i ck_packed_output(
    __m512i a, __m512i b, __m512i c, __m512i d, const ck_common_output *common, ck_rounding rounding) {
    return _mm512_permutexvar_epi32(common->order, ck_packed_quarters(a, b, c, d, common, rounding));
}

// The first `count` of 16 sums as real numbers.
CK_INLINE void ck_store_real(float *y, ck_sums sums, const float *factor, ptrdiff_t count) {
    __m512 values = _mm512_mul_ps(_mm512_cvtepi32_ps(sums), _mm512_loadu_ps(factor));
    if (count >= CK_BLOCK) _mm512_storeu_ps(y, values);
    else _mm512_mask_storeu_ps(y, (__mmask16)((1u << count) - 1), values);
}

// 64 bytes, or a part of them.
CK_INLINE void ck_store_64(int8_t *y, ck_bytes bytes) { _mm512_storeu_si512(y, bytes); }

CK_INLINE void ck_store_32(int8_t *y, ck_bytes bytes, int half) {
    _mm256_storeu_si256(
        (__m256i *)y, half ? _mm512_extracti64x4_epi64(bytes, 1) : _mm512_castsi512_si256(bytes));
}

CK_INLINE void ck_store_16(int8_t *y, ck_bytes bytes, int quarter) {
    __m128i part = quarter == 0 ? _mm512_castsi512_si128(bytes) : quarter == 1 ? _mm512_extracti32x4_epi32(bytes, 1)
        : quarter == 2 ? _mm512_extracti32x4_epi32(bytes, 2) : _mm512_extracti32x4_epi32(bytes, 3);
    _mm_storeu_si128((__m128i *)y, part);
}

// The first `count` bytes from a quarter on, no more than there are; of quarter 2 both last ones.
#define CK_STORES_SOME
CK_INLINE void ck_store_some(int8_t *y, ck_bytes bytes, const int quarter, ptrdiff_t count) {
    __mmask64 first = count >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << count) - 1;
    if (quarter == 0) _mm512_mask_storeu_epi8(y, first, bytes);
    else if (quarter == 2) _mm256_mask_storeu_epi8(y, (__mmask32)first, _mm512_extracti64x4_epi64(bytes, 1));
    else if (quarter == 1) _mm_mask_storeu_epi8(y, (__mmask16)first, _mm512_extracti32x4_epi32(bytes, 1));
    else _mm_mask_storeu_epi8(y, (__mmask16)first, _mm512_extracti32x4_epi32(bytes, 3));
}

#endif
