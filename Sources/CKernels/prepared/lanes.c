#include "../numeric/lanes.h"

#include "../numeric/fixed_point.h"
#include <string.h>

ck_rounding ck_rounding_of(const ck_requantization *output, ptrdiff_t count, int64_t largest) {
    if (output->factor) {
        int is_positive = output->minimum >= output->zero_point && largest < 1 << 23;
        for (ptrdiff_t i = 0; i < count; i++) {
            if (!(output->factor[i] < 1)) return CK_ROUNDS_OTHERWISE;
            is_positive &= output->factor[i] >= 0;
        }
        return is_positive ? CK_ROUNDS_POSITIVE : CK_ROUNDS_SINGLE;
    }
    if (output->rounds_up) return CK_ROUNDS_OTHERWISE;
    for (ptrdiff_t i = 0; i < count; i++) {
        if (output->multiplier[i] == 0) continue;
        if (output->multiplier[i] < 0 || output->left[i] != 0 || output->right[i] < 1 || output->right[i] > 31)
            return CK_ROUNDS_OTHERWISE;
    }
    return output->minimum >= output->zero_point ? CK_ROUNDS_TWICE_UP : CK_ROUNDS_TWICE;
}

void ck_fill_lane(
    ck_lanes *lanes, int lane, const ck_requantization *output, ck_rounding rounding, ptrdiff_t from, int32_t bias) {
    lanes->bias[lane] = rounding == CK_ROUNDS_POSITIVE ? ck_wrapping_add(bias, CK_POSITIVE_BITS) : bias;
    if (output->factor) {
        lanes->factor[lane] = output->factor[from];
        lanes->rest[lane] = -0x1p23f * output->factor[from];
        return;
    }
    if (output->scale) lanes->scale[lane] = output->scale[from];
    int32_t right = output->right[from];
    lanes->left[lane] = output->left[from];
    lanes->right[lane] = right;
    lanes->multiplier[lane] = output->multiplier[from];
    if (lane % 2) lanes->odd_multiplier[lane - 1] = output->multiplier[from];
    // A lane without a factor is zero whatever it is shifted by.
    if (right < 1) right = 1;
    lanes->right_rest[lane] = right - 1;
    int64_t offset = ((int64_t)1 << 30) + ((int64_t)1 << (30 + right));
    (lane % 2 ? lanes->odd_offset : lanes->even_offset)[lane / 2] = offset;
    (lane % 2 ? lanes->odd_shift : lanes->even_shift)[lane / 2] = lane % 2 ? right - 1 : right + 31;
}

ptrdiff_t ck_prepared_lanes_size(ptrdiff_t lanes) {
    return CK_LANES_OFFSET + (lanes + CK_BLOCK - 1) / CK_BLOCK * (ptrdiff_t)sizeof(ck_lanes);
}

void ck_prepare_lanes(
    const int32_t *bias, const int32_t *weight_sum, const int32_t *magnitude, const ck_requantization *output,
    ptrdiff_t lanes, ptrdiff_t outputs, int is_double, void *prepared) {
    int64_t largest = magnitude ? 0 : INT64_MAX;
    for (ptrdiff_t i = 0; magnitude && i < lanes; i++) {
        int64_t sum = (int64_t)magnitude[i] * 128 + (bias[i] < 0 ? -(int64_t)bias[i] : bias[i]);
        if (sum > largest) largest = sum;
    }
    ck_rounding rounding =
        is_double && !output->factor ? CK_ROUNDS_DOUBLE : ck_rounding_of(output, lanes, largest);
    memcpy(prepared, &rounding, sizeof rounding);
    ck_lanes *block = (ck_lanes *)((char *)prepared + CK_LANES_OFFSET);
    ptrdiff_t group = (outputs + CK_BLOCK - 1) / CK_BLOCK * CK_BLOCK;
    for (ptrdiff_t lane = 0; lane < lanes; lane++) {
        // A block of up to eight outputs is computed for two rows at once.
        ptrdiff_t first = lane % group / CK_BLOCK * CK_BLOCK;
        ptrdiff_t from = outputs - first > CK_BLOCK / 2 ? lane : lane / CK_BLOCK * CK_BLOCK + lane % (CK_BLOCK / 2);
        uint32_t offset = (uint32_t)CK_BYTE_OFFSET * (uint32_t)weight_sum[from];
        ck_fill_lane(
            &block[lane / CK_BLOCK], lane % CK_BLOCK, output, rounding, from, (int32_t)((uint32_t)bias[from] - offset));
    }
}
