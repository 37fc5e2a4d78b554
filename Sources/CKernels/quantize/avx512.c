// Real numbers to bytes as portable.c has it, 16 at a time.
#if defined(__x86_64__)

#include "../declarations.h"
#include "../numeric/target.h"

#include <immintrin.h>

CK_BEGIN_AVX512

static inline __m512i quantized(__m512 x, const ck_quantize *p) {
    const __m512 scale = _mm512_set1_ps(p->scale);
    const __m512i zero_point = _mm512_set1_epi32(p->zero_point);
    __m512 value = p->rounds_to_even == 2 ? _mm512_mul_ps(x, scale) : _mm512_div_ps(x, scale);
    // What is no number becomes the second operand.
    if (p->rounds_to_even) {
        value = _mm512_max_ps(value, _mm512_set1_ps((float)(p->minimum - p->zero_point)));
        value = _mm512_min_ps(value, _mm512_set1_ps((float)(p->maximum - p->zero_point)));
        return _mm512_add_epi32(_mm512_cvtps_epi32(value), zero_point);
    }
    const __m512 far = _mm512_set1_ps(1 << 20), sign = _mm512_set1_ps(-0.0f);
    value = _mm512_min_ps(_mm512_max_ps(value, _mm512_xor_ps(far, sign)), far);
    __m512 half = _mm512_or_ps(_mm512_set1_ps(0x1.fffffep-2f), _mm512_and_ps(value, sign));
    __m512i whole = _mm512_add_epi32(_mm512_cvttps_epi32(_mm512_add_ps(value, half)), zero_point);
    whole = _mm512_max_epi32(whole, _mm512_set1_epi32(p->minimum));
    return _mm512_min_epi32(whole, _mm512_set1_epi32(p->maximum));
}

static void quantize(const ck_quantize *p, const float *x, uint8_t *y, ptrdiff_t begin, ptrdiff_t end) {
    ptrdiff_t i = begin * CK_CHUNK, last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count;
    for (; i + 16 <= last; i += 16)
        _mm_storeu_si128((__m128i *)(y + i), _mm512_cvtepi32_epi8(quantized(_mm512_loadu_ps(x + i), p)));
    if (i < last) {
        __mmask16 lanes = (__mmask16)((1u << (last - i)) - 1);
        __m512i bytes = quantized(_mm512_maskz_loadu_ps(lanes, x + i), p);
        _mm_mask_storeu_epi8(y + i, lanes, _mm512_cvtepi32_epi8(bytes));
    }
}

void ck_quantize_float32_to_int8_avx512(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    quantize(parameters, buffers[0], buffers[1], begin, end);
}

void ck_quantize_float32_to_uint8_avx512(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    quantize(parameters, buffers[0], buffers[1], begin, end);
}

CK_END_TARGET

#endif
