// Functions of one quantized number, of which tables are made.
#include "../declarations.h"

#include "../numeric/fixed_point_functions.h"

int16_t ck_interpolate(const int16_t *steps, int16_t x) {
    int index = 256 + (x >> 7), offset = x & 127;
    int16_t base = steps[index], slope = (int16_t)(steps[index + 1] - base);
    return (int16_t)(base + ((slope * offset + 64) >> 7));
}

// The logistic function of i / 24, in 1/65536, as LiteRT has it: up to 1 above the nearest integer.
static const uint16_t logistic_steps[256] = {
    32768, 33451, 34133, 34813, 35493, 36169, 36843, 37513, 38180, 38841, 39498, 40149, 40794, 41432, 42064, 42688,
    43304, 43912, 44511, 45102, 45683, 46255, 46817, 47369, 47911, 48443, 48964, 49475, 49975, 50464, 50942, 51409,
    51865, 52311, 52745, 53169, 53581, 53983, 54374, 54755, 55125, 55485, 55834, 56174, 56503, 56823, 57133, 57433,
    57724, 58007, 58280, 58544, 58800, 59048, 59288, 59519, 59743, 59959, 60168, 60370, 60565, 60753, 60935, 61110,
    61279, 61441, 61599, 61750, 61896, 62036, 62172, 62302, 62428, 62549, 62666, 62778, 62886, 62990, 63090, 63186,
    63279, 63368, 63454, 63536, 63615, 63691, 63765, 63835, 63903, 63968, 64030, 64090, 64148, 64204, 64257, 64308,
    64357, 64405, 64450, 64494, 64536, 64576, 64614, 64652, 64687, 64721, 64754, 64786, 64816, 64845, 64873, 64900,
    64926, 64950, 64974, 64997, 65019, 65039, 65060, 65079, 65097, 65115, 65132, 65149, 65164, 65179, 65194, 65208,
    65221, 65234, 65246, 65258, 65269, 65280, 65291, 65301, 65310, 65319, 65328, 65337, 65345, 65352, 65360, 65367,
    65374, 65381, 65387, 65393, 65399, 65404, 65410, 65415, 65420, 65425, 65429, 65433, 65438, 65442, 65445, 65449,
    65453, 65456, 65459, 65462, 65465, 65468, 65471, 65474, 65476, 65479, 65481, 65483, 65485, 65488, 65489, 65491,
    65493, 65495, 65497, 65498, 65500, 65501, 65503, 65504, 65505, 65507, 65508, 65509, 65510, 65511, 65512, 65513,
    65514, 65515, 65516, 65517, 65517, 65518, 65519, 65520, 65520, 65521, 65522, 65522, 65523, 65523, 65524, 65524,
    65525, 65525, 65526, 65526, 65526, 65527, 65527, 65528, 65528, 65528, 65529, 65529, 65529, 65529, 65530, 65530,
    65530, 65530, 65531, 65531, 65531, 65531, 65531, 65532, 65532, 65532, 65532, 65532, 65532, 65533, 65533, 65533,
    65533, 65533, 65533, 65533, 65533, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65535,
};

static int32_t scaled_input(int32_t x, int32_t multiplier, int32_t shift) {
    int32_t round = shift > 0 ? 1 << (shift - 1) : 0;
    return ck_wrapping_add((int32_t)((uint32_t)x * (uint32_t)multiplier), round) >> shift;
}

int32_t ck_logistic_16(int32_t x, int32_t multiplier, int32_t shift) {
    int32_t input = scaled_input(x, multiplier, shift);
    uint32_t magnitude = input < 0 ? 0u - (uint32_t)input : (uint32_t)input, index = magnitude >> 9;
    uint32_t result = 0x7fff << 10;
    if (index < 255) {
        uint32_t low = logistic_steps[index];
        result = (low << 9) + (magnitude & 0x1ff) * (logistic_steps[index + 1] - low);
    }
    result = input >= 0 ? result + (1 << 9) : (1 << 25) - result + (1 << 9) - 1;
    return (int16_t)(result >> 10);
}

int32_t ck_tanh_16(int32_t x, int32_t multiplier, int32_t shift) {
    int32_t input = scaled_input(x, multiplier, shift);
    uint32_t magnitude = input < 0 ? 0u - (uint32_t)input : (uint32_t)input, index = magnitude >> 8;
    int32_t result = 0xffff << 8;
    if (index < 255) {
        uint32_t low = logistic_steps[index];
        result = (int32_t)((low << 8) + (magnitude & 0xff) * (logistic_steps[index + 1] - low));
    }
    result = input >= 0 ? result - (1 << 23) + (1 << 7) : -result + (1 << 23) + (1 << 7) - 1;
    return (int16_t)(result >> 8);
}

// One over the square root of half of `x` in Q3.28 by Newton's method, with gemmlowp's rescalings.
static int32_t newton_inverse_root(int32_t x) {
    int32_t half = ck_divide_by_power(x, 1), three_halves = (1 << 28) + (1 << 27), root = 1 << 28;
    for (int i = 0; i < 5; i++) {
        // Q9.22 back to Q3.28, Q6.25 back to Q3.28.
        int32_t cube = ck_saturating_shift(ck_fixed_multiply(ck_fixed_multiply(root, root), root), 6);
        root = ck_saturating_shift(
            ck_wrapping_add(ck_fixed_multiply(three_halves, root), -ck_fixed_multiply(half, cube)), 3);
    }
    return ck_fixed_multiply(root, 1518500250);
}

void ck_inverse_square_root(int32_t x, int32_t *multiplier, int32_t *shift) {
    if (x <= 1) {
        *multiplier = INT32_MAX;
        *shift = 0;
        return;
    }
    int32_t exponent = 11;
    for (; x >= 1 << 29; x /= 4) exponent++;
    int pairs = (__builtin_clz((uint32_t)x) - 1) / 2 - 1;
    exponent -= pairs;
    *multiplier = newton_inverse_root((int32_t)((uint32_t)x << 2 * pairs) >> 1);
    if (exponent < 0) {
        *multiplier = (int32_t)((uint32_t)*multiplier << -exponent);
        exponent = 0;
    }
    *shift = exponent;
}
