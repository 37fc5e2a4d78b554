// Tables of bytes, 64 lookups at a time.
#if defined(__x86_64__)

#include "../declarations.h"
#include "../numeric/target.h"

#include <immintrin.h>

CK_BEGIN_AVX512

static inline __mmask64 first_lanes(ptrdiff_t count) {
    return count >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << count) - 1;
}

// 32 entries, one in each word, for indices below 256 in words: the table is taken as 128 words of two entries.
static inline __m512i lookup_words(__m512i index, const __m512i *table) {
    __m512i word = _mm512_srli_epi16(index, 1);
    __m512i low = _mm512_permutex2var_epi16(table[0], word, table[1]);
    __m512i high = _mm512_permutex2var_epi16(table[2], word, table[3]);
    __m512i both = _mm512_mask_mov_epi16(low, _mm512_test_epi16_mask(index, _mm512_set1_epi16(128)), high);
    __m512i shift = _mm512_slli_epi16(_mm512_and_si512(index, _mm512_set1_epi16(1)), 3);
    return _mm512_and_si512(_mm512_srlv_epi16(both, shift), _mm512_set1_epi16(0xff));
}

static void look_up_pairs(const int8_t *entries, const int8_t *x, int8_t *y, ptrdiff_t count) {
    __m512i table[4];
    for (int i = 0; i < 4; i++) table[i] = _mm512_loadu_si512(entries + i * 64);
    for (ptrdiff_t i = 0; i < count; i += 64) {
        __mmask64 lanes = first_lanes(count - i);
        __m512i index = _mm512_xor_si512(_mm512_maskz_loadu_epi8(lanes, x + i), _mm512_set1_epi8(-128));
        __m512i even = lookup_words(_mm512_and_si512(index, _mm512_set1_epi16(0xff)), table);
        __m512i odd = lookup_words(_mm512_srli_epi16(index, 8), table);
        _mm512_mask_storeu_epi8(y + i, lanes, _mm512_or_si512(even, _mm512_slli_epi16(odd, 8)));
    }
}

CK_END_TARGET
CK_BEGIN_TARGET("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx2,fma")

static void look_up(const int8_t *entries, const int8_t *x, int8_t *y, ptrdiff_t count) {
    __m512i table[4];
    for (int i = 0; i < 4; i++) table[i] = _mm512_loadu_si512(entries + i * 64);
    for (ptrdiff_t i = 0; i < count; i += 64) {
        __mmask64 lanes = first_lanes(count - i);
        __m512i index = _mm512_maskz_loadu_epi8(lanes, x + i);
        // The permutations take the low 7 bits. Entries of what is below zero come first.
        __m512i below = _mm512_permutex2var_epi8(table[0], index, table[1]);
        __m512i above = _mm512_permutex2var_epi8(table[2], index, table[3]);
        __m512i entry = _mm512_mask_mov_epi8(above, _mm512_movepi8_mask(index), below);
        _mm512_mask_storeu_epi8(y + i, lanes, entry);
    }
}

CK_END_TARGET

void ck_unary_int8_avx512(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_unary *p = parameters;
    ptrdiff_t first = begin * CK_CHUNK, last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count;
    const int8_t *x = (const int8_t *)buffers[0] + first;
    int8_t *y = (int8_t *)buffers[1] + first;
    // Not every processor with the other instructions has those that permute bytes.
    if (__builtin_cpu_supports("avx512vbmi")) look_up(p->table, x, y, last - first);
    else look_up_pairs(p->table, x, y, last - first);
}

#endif
