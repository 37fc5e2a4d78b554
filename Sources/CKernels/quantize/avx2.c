// Real numbers to bytes as portable.c has it, 16 at a time.
#if defined(__x86_64__)

#include "../declarations.h"
#include "../numeric/store_bytes.h"
#include "../numeric/target.h"

#include <immintrin.h>

CK_BEGIN_AVX2

static inline __m256i quantized(__m256 x, const ck_quantize *p) {
    const __m256 scale = _mm256_set1_ps(p->scale);
    const __m256i zero_point = _mm256_set1_epi32(p->zero_point);
    __m256 value = p->rounds_to_even == 2 ? _mm256_mul_ps(x, scale) : _mm256_div_ps(x, scale);
    // What is no number becomes the second operand.
    if (p->rounds_to_even) {
        value = _mm256_max_ps(value, _mm256_set1_ps((float)(p->minimum - p->zero_point)));
        value = _mm256_min_ps(value, _mm256_set1_ps((float)(p->maximum - p->zero_point)));
        return _mm256_add_epi32(_mm256_cvtps_epi32(value), zero_point);
    }
    const __m256 far = _mm256_set1_ps(1 << 20), sign = _mm256_set1_ps(-0.0f);
    value = _mm256_min_ps(_mm256_max_ps(value, _mm256_xor_ps(far, sign)), far);
    __m256 half = _mm256_or_ps(_mm256_set1_ps(0x1.fffffep-2f), _mm256_and_ps(value, sign));
    __m256i whole = _mm256_add_epi32(_mm256_cvttps_epi32(_mm256_add_ps(value, half)), zero_point);
    whole = _mm256_max_epi32(whole, _mm256_set1_epi32(p->minimum));
    return _mm256_min_epi32(whole, _mm256_set1_epi32(p->maximum));
}

static void quantize(const ck_quantize *p, const float *x, int8_t *y, ptrdiff_t begin, ptrdiff_t end) {
    const __m256i byte = _mm256_set1_epi32(0xff);
    ptrdiff_t i = begin * CK_CHUNK, last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count;
    for (; i < last; i += 16) {
        __m256i low = _mm256_and_si256(quantized(_mm256_loadu_ps(x + i), p), byte);
        __m256i high = _mm256_and_si256(quantized(_mm256_loadu_ps(x + i + 8), p), byte);
        __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
        __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
        if (last - i >= 16) {
            _mm_storeu_si128((__m128i *)(y + i), bytes);
        } else {
            int8_t copy[16];
            _mm_storeu_si128((__m128i *)copy, bytes);
            ck_store_part(y + i, copy, last - i);
        }
    }
}

void ck_quantize_float32_to_int8_avx2(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    quantize(parameters, buffers[0], buffers[1], begin, end);
}

void ck_quantize_float32_to_uint8_avx2(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    quantize(parameters, buffers[0], buffers[1], begin, end);
}

CK_END_TARGET

#endif
