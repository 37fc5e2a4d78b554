// Exponential functions and their relatives on vectors of floats, for numeric/float_lanes.h. Bounds of the error are in
// units of the last place, over all floats; the polynomials are minimax approximations (Remez), made in 40 digits with
// the lowest coefficients rounded to floats first.
#include "float_lanes.h"

CK_INLINE lanes_f32 as_lanes(lanes_i32 bits) { return (lanes_f32)bits; }
CK_INLINE lanes_i32 bits_of(lanes_f32 x) { return (lanes_i32)x; }
CK_INLINE lanes_f32 magnitude_of(lanes_f32 x) { return as_lanes(bits_of(x) & 0x7fffffff); }
// `x` is not negative.
CK_INLINE lanes_f32 with_sign_of(lanes_f32 sign, lanes_f32 x) {
    return as_lanes(bits_of(x) | (bits_of(sign) & (int32_t)0x80000000));
}
// What is no number passes.
CK_INLINE lanes_f32 at_least(lanes_f32 x, float low) { return select_lanes(x < all_lanes(low), all_lanes(low), x); }
CK_INLINE lanes_f32 at_most(lanes_f32 x, float high) { return select_lanes(x > all_lanes(high), all_lanes(high), x); }

// Functions of single numbers. Other compilers than clang have them for single numbers only.
#if defined(__clang__)
#define EACH_LANE(name, vector, number) \
    CK_INLINE lanes_f32 name(lanes_f32 x) { return vector(x); }
#else
#define EACH_LANE(name, vector, number)                              \
    CK_INLINE lanes_f32 name(lanes_f32 x) {                          \
        for (int i = 0; i < CK_LANES; i++) x[i] = number(x[i]);      \
        return x;                                                    \
    }
#endif
EACH_LANE(sqrt_lanes, __builtin_elementwise_sqrt, __builtin_sqrtf)
EACH_LANE(floor_lanes, __builtin_elementwise_floor, __builtin_floorf)
EACH_LANE(ceil_lanes, __builtin_elementwise_ceil, __builtin_ceilf)
// Ties to even numbers.
EACH_LANE(round_lanes, __builtin_elementwise_roundeven, __builtin_rintf)
#undef EACH_LANE

// x = n · ln 2 + r with |r| ≤ ln 2 / 2, for |x| < 2¹⁶.
typedef struct {
    lanes_f32 n, r;
    // n as an integer.
    lanes_i32 exponent;
} split_lanes;

CK_INLINE split_lanes split_exponent(lanes_f32 x) {
    // The sum's last place is 1, and its bits count on from those of the constant.
    const float magic = 12582912;
    lanes_f32 sum = x * 1.44269504088896341f + magic, n = sum - magic;
    // The first part of ln 2 has 15 bits, so that its products are exact.
    return (split_lanes){n, (x - n * 0.693145751953125f) - n * 1.42860682030941723e-6f, bits_of(sum) - 0x4b400000};
}

// x · 2ⁿ for n within ±254.
CK_INLINE lanes_f32 times_power_of_two(lanes_f32 x, split_lanes s) {
#if CK_LANES == 16
    return (lanes_f32)_mm512_scalef_ps((__m512)x, (__m512)s.n);
#else
    // In two steps, the first one exact, as 2ⁿ may be too small or too large for a normal number.
    lanes_i32 half = s.exponent >> 1;
    return x * as_lanes((half + 127) << 23) * as_lanes((s.exponent - half + 127) << 23);
#endif
}

// (exp(r) − 1 − r) / r² for |r| ≤ ln 2 / 2.
CK_INLINE lanes_f32 exponential_rest(lanes_f32 r) {
    lanes_f32 q = r * 0x1.6d6464p-10f + 0x1.1227d4p-7f;
    q = q * r + 0x1.5554d4p-5f;
    q = q * r + 0x1.5554b0p-3f;
    return q * r + 0.5f;
}

// exp(x): 1.1.
CK_INLINE lanes_f32 exp_lanes(lanes_f32 x) {
    split_lanes s = split_exponent(at_most(at_least(x, -104), 89));
    return times_power_of_two((s.r * s.r) * exponential_rest(s.r) + s.r + 1, s);
}

// exp(x) − 1 for x ≤ 0: 1.5.
CK_INLINE lanes_f32 expm1_lanes(lanes_f32 x) {
    split_lanes s = split_exponent(at_least(x, -40));
    lanes_f32 power = as_lanes((s.exponent + 127) << 23);
    return ((s.r * s.r) * exponential_rest(s.r) + s.r) * power + (power - 1);
}

// 1 / (1 + exp(−x)): 2.6, but 0 where that is no normal number.
CK_INLINE lanes_f32 logistic_lanes(lanes_f32 x) { return 1 / (exp_lanes(-x) + 1); }

// tanh(x): 2.
CK_INLINE lanes_f32 tanh_lanes(lanes_f32 x) {
    lanes_f32 e = expm1_lanes(-2 * magnitude_of(x));
    return with_sign_of(x, magnitude_of(e / (e + 2)));
}

// erfc(z) / exp(−z²) for 0 ≤ z ≤ 10.2, as a polynomial in 2 / (2 + z).
CK_INLINE lanes_f32 scaled_erfc(lanes_f32 z) {
    lanes_f32 t = 2 / (z + 2), u = t - 0.5625f;
    lanes_f32 p = u * 0x1.280c68p-6f - 0x1.d86ed2p-5f;
    p = p * u + 0x1.80ab1cp-7f;
    p = p * u + 0x1.c01aa4p-4f;
    p = p * u - 0x1.02de1ap-4f;
    p = p * u - 0x1.959800p-3f;
    p = p * u + 0x1.96506ap-4f;
    p = p * u + 0x1.29fcaap-1f;
    p = p * u + 0x1.846230p-1f;
    p = p * u + 0x1.1ca628p-1f;
    return p * t;
}

// exp(−z² · factor) for 0 ≤ z < 64 and a factor of few bits: the square is made of two parts, the first one exact.
CK_INLINE lanes_f32 exp_of_square(lanes_f32 z, float factor) {
    lanes_f32 coarse = as_lanes(bits_of(z) & (int32_t)0xfffff000);
    split_lanes s = split_exponent(at_least(-(coarse * coarse) * factor, -104));
    s.r -= (z - coarse) * (z + coarse) * factor;
    return times_power_of_two((s.r * s.r) * exponential_rest(s.r) + s.r + 1, s);
}

// The normal distribution, erfc(−x / √2) / 2: 4, and in the lower tail 8.
CK_INLINE lanes_f32 normal_lanes(lanes_f32 x) {
    lanes_f32 a = at_most(magnitude_of(x), 14.4f);
    lanes_f32 tail = scaled_erfc(a * 0.70710678118654752440f) * exp_of_square(a, 0.5f) * 0.5f;
    return select_lanes(x < all_lanes(0), tail, 1 - tail);
}

// erf(x): 2.
CK_INLINE lanes_f32 erf_lanes(lanes_f32 x) {
    lanes_f32 a = at_most(magnitude_of(x), 4), s = a * a;
    lanes_f32 p = s * -0x1.9686a0p-16f - 0x1.0016d6p-11f;
    p = p * s + 0x1.3c972cp-8f;
    p = p * s - 0x1.b4df30p-6f;
    p = p * s + 0x1.cdfd30p-4f;
    p = p * s - 0x1.81262ep-2f;
    // 0x1.20dd74p+0 − 1
    p = p * s + 0x1.06eba0p-3f;
    lanes_f32 outer = 1 - scaled_erfc(a) * exp_of_square(a, 1);
    return with_sign_of(x, select_lanes(a < all_lanes(1), p * a + a, outer));
}

// log(x): 1.5.
CK_INLINE lanes_f32 log_lanes(lanes_f32 x) {
    lanes_i32 is_small = x < all_lanes(0x1p-126f);
    lanes_f32 normal = select_lanes(is_small, x * 0x1p25f, x);
    // The exponent that leaves a factor between √½ and √2.
    lanes_i32 shifted = bits_of(normal) - 0x3f3504f3, exponent = shifted >> 23;
    lanes_f32 f = as_lanes((shifted & 0x7fffff) + 0x3f3504f3) - 1;
    lanes_f32 n = __builtin_convertvector(exponent - (is_small & 25), lanes_f32);
    lanes_f32 p = f * -0x1.38c974p-4f + 0x1.055eaep-3f;
    p = p * f - 0x1.0d8246p-3f;
    p = p * f + 0x1.22d930p-3f;
    p = p * f - 0x1.54728ap-3f;
    p = p * f + 0x1.99a01cp-3f;
    p = p * f - 0x1.000226p-2f;
    p = p * f + 0x1.555554p-2f;
    lanes_f32 s = f * f;
    lanes_f32 y = (s * f * p + n * 1.42860682030941723e-6f) - s * 0.5f + f + n * 0.693145751953125f;
    y = select_lanes(x == all_lanes(0), all_lanes(-__builtin_inff()), y);
    y = select_lanes(x < all_lanes(0), all_lanes(__builtin_nanf("")), y);
    // Infinity and what is no number pass.
    return select_lanes(x < all_lanes(__builtin_inff()), y, x);
}

// log(1 + exp(x)): 2.
CK_INLINE lanes_f32 softplus_lanes(lanes_f32 x) {
    lanes_f32 u = exp_lanes(-magnitude_of(x)), w = u + 1;
    return at_least(x, 0) + (log_lanes(w) + (u - (w - 1)) / w);
}

// x · tanh(log(1 + exp(x))) = x · n / (n + 2) with n = exp(x) · (exp(x) + 2): 3.
CK_INLINE lanes_f32 mish_lanes(lanes_f32 x) {
    lanes_f32 e = exp_lanes(at_most(x, 20)), n = e * (e + 2);
    return x * (n / (n + 2));
}
