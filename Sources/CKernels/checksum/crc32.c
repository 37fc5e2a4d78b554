#include "ck_checksum.h"

#if defined(__x86_64__)
#include <immintrin.h>

// Gopal et al. 2009, "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ": a register is moved over the bytes
// behind it by two products with powers of x, and added to them.

// x^(distance + 32) and x^(distance - 32) modulo the polynomial 0x104C11DB7, for distances in bits, in reverse bit order
// and shifted by one, as products of reversed numbers are.
#define OVER_2048 0x11542778a, 0x1322d1430
#define OVER_512 0x154442bd4, 0x1c6e41596
#define OVER_128 0x1751997d0, 0x0ccaa009e

// Bytes that are folded at once, in as many registers as keep the multiplier busy.
#define STRIPE 64
#define WIDE_STRIPE 256

#pragma clang attribute push(__attribute__((target("sse4.1,pclmul"))), apply_to = function)

static inline __m128i distance(uint64_t low, uint64_t high) { return _mm_set_epi64x((int64_t)high, (int64_t)low); }

static inline __m128i moved(__m128i x, __m128i distance, __m128i next) {
    __m128i low = _mm_clmulepi64_si128(x, distance, 0x00), high = _mm_clmulepi64_si128(x, distance, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

static inline __m128i loaded(const uint8_t *bytes) { return _mm_loadu_si128((const __m128i *)bytes); }

// Folds whole stripes behind the first one, which is in the registers, into these.
static ptrdiff_t fold(__m128i registers[4], const uint8_t *bytes, ptrdiff_t count, uint8_t *folded) {
    const __m128i stripe = distance(OVER_512), one = distance(OVER_128);
    __m128i a = registers[0], b = registers[1], c = registers[2], d = registers[3];
    ptrdiff_t done = 0;
    for (; done + STRIPE <= count; done += STRIPE) {
        a = moved(a, stripe, loaded(bytes + done));
        b = moved(b, stripe, loaded(bytes + done + 16));
        c = moved(c, stripe, loaded(bytes + done + 32));
        d = moved(d, stripe, loaded(bytes + done + 48));
    }
    _mm_storeu_si128((__m128i *)folded, moved(moved(moved(a, one, b), one, c), one, d));
    return done;
}

// What was summed up before is added to the first bytes.
static ptrdiff_t fold_stripes(uint32_t checksum, const uint8_t *bytes, ptrdiff_t count, uint8_t *folded) {
    __m128i first = _mm_xor_si128(loaded(bytes), _mm_cvtsi32_si128((int)~checksum));
    __m128i registers[4] = {first, loaded(bytes + 16), loaded(bytes + 32), loaded(bytes + 48)};
    return STRIPE + fold(registers, bytes + STRIPE, count - STRIPE, folded);
}

#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,vpclmulqdq,pclmul"))), apply_to = function)

static inline __m512i moved_wide(__m512i x, __m512i distance, __m512i next) {
    __m512i low = _mm512_clmulepi64_epi128(x, distance, 0x00), high = _mm512_clmulepi64_epi128(x, distance, 0x11);
    return _mm512_xor_si512(_mm512_xor_si512(low, high), next);
}

static ptrdiff_t fold_wide(uint32_t checksum, const uint8_t *bytes, ptrdiff_t count, uint8_t *folded) {
    const __m512i far = _mm512_broadcast_i32x4(distance(OVER_2048)), near = _mm512_broadcast_i32x4(distance(OVER_512));
    __m512i x[4];
    for (int i = 0; i < 4; i++) x[i] = _mm512_loadu_si512(bytes + i * 64);
    x[0] = _mm512_xor_si512(x[0], _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)~checksum)));
    ptrdiff_t done = WIDE_STRIPE;
    for (; done + WIDE_STRIPE <= count; done += WIDE_STRIPE)
        for (int i = 0; i < 4; i++) x[i] = moved_wide(x[i], far, _mm512_loadu_si512(bytes + done + i * 64));
    for (int i = 1; i < 4; i++) x[i] = moved_wide(x[i - 1], near, x[i]);
    __m128i registers[4];
    _mm512_storeu_si512(registers, x[3]);
    return done + fold(registers, bytes + done, count - done, folded);
}

#pragma clang attribute pop

ptrdiff_t ck_fold_crc32(ck_isa isa, uint32_t checksum, const uint8_t *bytes, ptrdiff_t count, uint8_t folded[16]) {
    if (isa < CK_ISA_AVX2 || count < STRIPE || !__builtin_cpu_supports("pclmul")) return 0;
    if (isa >= CK_ISA_AVX512 && count >= WIDE_STRIPE && __builtin_cpu_supports("vpclmulqdq"))
        return fold_wide(checksum, bytes, count, folded);
    return fold_stripes(checksum, bytes, count, folded);
}
#else
ptrdiff_t ck_fold_crc32(ck_isa isa, uint32_t checksum, const uint8_t *bytes, ptrdiff_t count, uint8_t folded[16]) {
    (void)isa, (void)checksum, (void)bytes, (void)count, (void)folded;
    return 0;
}
#endif
