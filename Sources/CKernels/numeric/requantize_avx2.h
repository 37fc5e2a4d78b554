// From int32 accumulators to bytes, 64 at a time, in vectors of 256 bits.
#ifndef CK_REQUANTIZE_AVX2_H
#define CK_REQUANTIZE_AVX2_H

#include "fixed_point.h"
#include "lanes.h"

#include <immintrin.h>
#include <string.h>

// 16 sums, 64 bytes.
typedef struct {
    __m256i low, high;
} ck_sums;
typedef ck_sums ck_bytes;

CK_INLINE __m256i ck_load_256(const void *from) { return _mm256_loadu_si256((const __m256i *)from); }

CK_INLINE ck_sums ck_no_sums(void) { return (ck_sums){_mm256_setzero_si256(), _mm256_setzero_si256()}; }

CK_INLINE ck_sums ck_loaded_sums(const int32_t *sums) { return (ck_sums){ck_load_256(sums), ck_load_256(sums + 8)}; }

CK_INLINE ck_sums ck_first_halves(ck_sums a, ck_sums b) { return (ck_sums){a.low, b.low}; }

// What all lanes share. Bytes of more than 127 are computed less 128 and flipped in the end.
typedef struct {
    __m256 low, high;
    __m256d double_low, double_high;
    __m256i zero_point, minimum, maximum, flip, order;
    // Of CK_ROUNDS_OTHERWISE.
    __m256i wide_zero_point, wide_minimum, wide_maximum, rounds_up;
} ck_common_output;

CK_INLINE ck_common_output ck_common_output_of(const ck_requantization *output) {
    ck_common_output common;
    int32_t shift = output->maximum > INT8_MAX ? 128 : 0;
    int32_t low = output->minimum - output->zero_point, high = output->maximum - output->zero_point;
    common.low = _mm256_set1_ps((float)low);
    common.high = _mm256_set1_ps((float)high);
    common.double_low = _mm256_set1_pd(low);
    common.double_high = _mm256_set1_pd(high);
    common.zero_point = _mm256_set1_epi16((short)(output->zero_point - shift));
    common.minimum = _mm256_set1_epi8((char)(output->minimum - shift));
    common.maximum = _mm256_set1_epi8((char)(output->maximum - shift));
    common.flip = _mm256_set1_epi8((char)shift);
    common.order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    common.wide_zero_point = _mm256_set1_epi32(output->zero_point);
    common.wide_minimum = _mm256_set1_epi32(output->minimum);
    common.wide_maximum = _mm256_set1_epi32(output->maximum);
    common.rounds_up = _mm256_set1_epi32(output->rounds_up ? 0 : -1);
    return common;
}

// Products of the lanes by 31-bit factors, even and odd lanes apart.
typedef struct {
    __m256i even, odd;
} ck_products;

CK_INLINE ck_products ck_products_of(__m256i sums, const ck_lanes *lanes, int first) {
    __m256i even = _mm256_mul_epi32(sums, ck_load_256(lanes->multiplier + first));
    __m256i odd = _mm256_mul_epi32(_mm256_srli_epi64(sums, 32), ck_load_256(lanes->odd_multiplier + first));
    return (ck_products){even, odd};
}

// ⌊(p + 2³⁰) / 2³¹⌋ of all lanes, which fits them.
CK_INLINE __m256i ck_rounded_once(ck_products p) {
    const __m256i half = _mm256_set1_epi64x(1 << 30);
    __m256i even = _mm256_srli_epi64(_mm256_add_epi64(p.even, half), 31);
    __m256i odd = _mm256_slli_epi64(_mm256_add_epi64(p.odd, half), 1);
    return _mm256_blend_epi32(even, odd, 0xaa);
}

// x / 2^(n + 1), `rest` being n: ⌊(⌊(x − c) / 2ⁿ⌋ + 1) / 2⌋, where c is 1 for x < 0 if ties go away from zero.
CK_INLINE __m256i ck_rounded_twice(__m256i x, __m256i rest, __m256i away) {
    x = _mm256_add_epi32(x, _mm256_and_si256(_mm256_srai_epi32(x, 31), away));
    return _mm256_srai_epi32(_mm256_add_epi32(_mm256_srav_epi32(x, rest), _mm256_set1_epi32(1)), 1);
}

CK_INLINE __m256i ck_rescaled_otherwise_8(
    __m256i sums, const ck_lanes *lanes, int first, const ck_common_output *common) {
    __m256i right = ck_load_256(lanes->right + first);
    __m256i shifted = _mm256_sllv_epi32(sums, ck_load_256(lanes->left + first));
    __m256i once = ck_rounded_once(ck_products_of(shifted, lanes, first));
    __m256i twice = ck_rounded_twice(once, ck_load_256(lanes->right_rest + first), common->rounds_up);
    __m256i value = _mm256_blendv_epi8(twice, once, _mm256_cmpeq_epi32(right, _mm256_setzero_si256()));
    value = _mm256_max_epi32(_mm256_add_epi32(value, common->wide_zero_point), common->wide_minimum);
    return _mm256_sub_epi32(_mm256_min_epi32(value, common->wide_maximum), common->wide_zero_point);
}

CK_INLINE __m256i ck_rescaled_single(__m256i sums, const float *factor, const ck_common_output *common) {
    __m256 value = _mm256_mul_ps(_mm256_cvtepi32_ps(sums), _mm256_loadu_ps(factor));
    return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_max_ps(value, common->low), common->high));
}

static __attribute__((noinline, unused)) void ck_rescaled_otherwise(
    ck_sums *sums, const ck_lanes *lanes, const ck_requantization *output, const ck_common_output *common) {
    if (output->factor) {
        sums->low = ck_rescaled_single(sums->low, lanes->factor, common);
        sums->high = ck_rescaled_single(sums->high, lanes->factor + 8, common);
        return;
    }
    sums->low = ck_rescaled_otherwise_8(sums->low, lanes, 0, common);
    sums->high = ck_rescaled_otherwise_8(sums->high, lanes, 8, common);
}

CK_INLINE __m128i ck_rescaled_in_double(__m128i sums, const double *scale, const ck_common_output *common) {
    const __m256d sign = _mm256_set1_pd(-0.0), one = _mm256_set1_pd(1);
    __m256d value = _mm256_mul_pd(_mm256_cvtepi32_pd(sums), _mm256_loadu_pd(scale));
    __m256d whole = _mm256_round_pd(value, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
    __m256d rest = _mm256_andnot_pd(sign, _mm256_sub_pd(value, whole));
    __m256d away = _mm256_cmp_pd(rest, _mm256_set1_pd(0.5), _CMP_GE_OQ);
    whole = _mm256_add_pd(whole, _mm256_and_pd(away, _mm256_or_pd(one, _mm256_and_pd(value, sign))));
    return _mm256_cvtpd_epi32(_mm256_min_pd(_mm256_max_pd(whole, common->double_low), common->double_high));
}

CK_INLINE __m256i ck_rescaled_8(
    __m256i sums, const ck_lanes *lanes, int first, const ck_common_output *common, ck_rounding rounding) {
    switch (rounding) {
    case CK_ROUNDS_SINGLE:
        // No product goes beyond int32; what follows saturates.
        return _mm256_cvtps_epi32(
            _mm256_mul_ps(_mm256_cvtepi32_ps(sums), _mm256_loadu_ps(lanes->factor + first)));
    case CK_ROUNDS_POSITIVE:
        return _mm256_cvtps_epi32(_mm256_fmadd_ps(
            _mm256_castsi256_ps(sums), _mm256_loadu_ps(lanes->factor + first), _mm256_loadu_ps(lanes->rest + first)));
    case CK_ROUNDS_TWICE_UP: {
        // The upper halves of the products, shifted by what is more than 32.
        ck_products p = ck_products_of(sums, lanes, first);
        __m256i even = _mm256_add_epi64(p.even, ck_load_256(lanes->even_offset + first / 2));
        __m256i odd = _mm256_add_epi64(p.odd, ck_load_256(lanes->odd_offset + first / 2));
        __m256i upper = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
        return _mm256_srav_epi32(upper, ck_load_256(lanes->right_rest + first));
    }
    case CK_ROUNDS_TWICE:
        return ck_rounded_twice(
            ck_rounded_once(ck_products_of(sums, lanes, first)), ck_load_256(lanes->right_rest + first),
            _mm256_set1_epi32(-1));
    case CK_ROUNDS_DOUBLE: {
        __m128i low = ck_rescaled_in_double(_mm256_castsi256_si128(sums), lanes->scale + first, common);
        __m128i high = ck_rescaled_in_double(_mm256_extracti128_si256(sums, 1), lanes->scale + first + 4, common);
        return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
    }
    default: return sums;
    }
}

// The results less their zero point.
CK_INLINE ck_sums ck_rescaled(
    ck_sums sums, const ck_lanes *lanes, const ck_requantization *output, const ck_common_output *common,
    ck_rounding rounding) {
    if (rounding == CK_ROUNDS_OTHERWISE) {
        ck_rescaled_otherwise(&sums, lanes, output, common);
        return sums;
    }
    sums.low = ck_rescaled_8(sums.low, lanes, 0, common, rounding);
    sums.high = ck_rescaled_8(sums.high, lanes, 8, common, rounding);
    return sums;
}

CK_INLINE __m256i ck_packed_32(ck_sums a, ck_sums b, const ck_common_output *common, ck_rounding rounding) {
    __m256i low = _mm256_adds_epi16(_mm256_packs_epi32(a.low, a.high), common->zero_point);
    __m256i high = _mm256_adds_epi16(_mm256_packs_epi32(b.low, b.high), common->zero_point);
    __m256i bytes = _mm256_packs_epi16(low, high);
    if (rounding != CK_ROUNDS_DOUBLE && rounding != CK_ROUNDS_OTHERWISE)
        bytes = _mm256_min_epi8(_mm256_max_epi8(bytes, common->minimum), common->maximum);
    return _mm256_permutevar8x32_epi32(_mm256_xor_si256(bytes, common->flip), common->order);
}

// Four vectors of results less their zero point as bytes behind each other.
CK_INLINE ck_bytes ck_packed_output(
    ck_sums a, ck_sums b, ck_sums c, ck_sums d, const ck_common_output *common, ck_rounding rounding) {
    return (ck_bytes){ck_packed_32(a, b, common, rounding), ck_packed_32(c, d, common, rounding)};
}

CK_INLINE void ck_store_real_8(float *y, __m256i sums, const float *factor, ptrdiff_t count) {
    __m256 values = _mm256_mul_ps(_mm256_cvtepi32_ps(sums), _mm256_loadu_ps(factor));
    if (count >= 8) {
        _mm256_storeu_ps(y, values);
    } else if (count > 0) {
        float copy[8];
        _mm256_storeu_ps(copy, values);
        memcpy(y, copy, (size_t)count * sizeof(float));
    }
}

// The first `count` of 16 sums as real numbers.
CK_INLINE void ck_store_real(float *y, ck_sums sums, const float *factor, ptrdiff_t count) {
    ck_store_real_8(y, sums.low, factor, count);
    ck_store_real_8(y + 8, sums.high, factor + 8, count - 8);
}

// 64 bytes, or a part of them.
CK_INLINE void ck_store_32(int8_t *y, ck_bytes bytes, int half) {
    _mm256_storeu_si256((__m256i *)y, half ? bytes.high : bytes.low);
}

CK_INLINE void ck_store_64(int8_t *y, ck_bytes bytes) {
    ck_store_32(y, bytes, 0);
    ck_store_32(y + 32, bytes, 1);
}

CK_INLINE void ck_store_16(int8_t *y, ck_bytes bytes, int quarter) {
    __m256i half = quarter < 2 ? bytes.low : bytes.high;
    _mm_storeu_si128((__m128i *)y, quarter % 2 ? _mm256_extracti128_si256(half, 1) : _mm256_castsi256_si128(half));
}

#endif
