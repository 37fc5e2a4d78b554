#include "linear.h"

#include <math.h>
#include <string.h>

// What is drawn is the same on every processor.
#pragma STDC FP_CONTRACT OFF

double typical_real(ptrdiff_t count) { return sqrt((double)count) / 3; }
double typical_sum(ptrdiff_t count) { return sqrt((double)count) * 73 * 73; }

rounding draw_rounding(random_source *source) {
    static const rounding all[] = {ROUNDS_SINGLE, ROUNDS_SINGLE, ROUNDS_TWICE, ROUNDS_TWICE, ROUNDS_UP};
    return DRAW_ONE_OF(source, all);
}

void draw_bytes(random_source *source, int8_t *bytes, ptrdiff_t count) {
    int kind = (int)draw_between(source, 0, 7);
    for (ptrdiff_t i = 0; i < count; i++) {
        uint64_t bits = draw_bits(source);
        int8_t end = bits >> 8 & 1 ? INT8_MIN : INT8_MAX;
        // Ends only; small numbers; any, with a few ends among them.
        if (kind == 0) bytes[i] = end;
        else if (kind == 1) bytes[i] = (int8_t)(bits % 5) - 2;
        else bytes[i] = bits >> 9 & 15 ? (int8_t)bits : end;
    }
}

void draw_reals(random_source *source, float *reals, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) reals[i] = draw_real(source);
}

int32_t draw_zero_point(random_source *source, int is_unsigned) {
    int32_t offset = is_unsigned ? 128 : 0;
    switch (draw_between(source, 0, 4)) {
    case 0: return INT8_MIN + offset;
    case 1: return INT8_MAX + offset;
    case 2: return 0;
    default: return (int32_t)draw_between(source, INT8_MIN, INT8_MAX) + offset;
    }
}

void *spread(const void *values, ptrdiff_t element_size, const ck_packing *packing) {
    ptrdiff_t lanes = ck_packed_lanes(packing);
    char *all = constant(lanes * element_size);
    for (ptrdiff_t group = 0; group < packing->groups; group++)
        memcpy(
            all + group * (lanes / packing->groups) * element_size,
            (const char *)values + group * packing->outputs * element_size, (size_t)(packing->outputs * element_size));
    return all;
}

// Multipliers and shifts of two roundings.
static void draw_multipliers(random_source *source, const ck_packing *packing, double typical, ck_requantization *output) {
    ptrdiff_t count = packing->groups * packing->outputs;
    int32_t multiplier[count], left[count], right[count];
    int likely = 1 + (int)fmax(0, fmin(30, log2(typical / 64)));
    // Likely shifts; any shift to the right; any shift; ties.
    int kind = (int)draw_between(source, 0, 4);
    for (ptrdiff_t i = 0; i < count; i++) {
        multiplier[i] = (int32_t)draw_between(source, 1 << 30, INT32_MAX);
        if (draw_one_in(source, 8)) multiplier[i] = draw_one_in(source, 2) ? 1 << 30 : INT32_MAX;
        left[i] = 0;
        right[i] = (int32_t)draw_between(source, likely > 2 ? likely - 2 : 1, likely < 30 ? likely + 1 : 31);
        if (kind == 1) right[i] = (int32_t)draw_between(source, 1, 31);
        if (kind == 2 && draw_one_in(source, 2)) {
            left[i] = (int32_t)draw_between(source, 0, 30);
            right[i] = 0;
        }
        if (kind == 3) {
            multiplier[i] = 1 << 30;
            right[i] = (int32_t)draw_between(source, 1, likely < 30 ? likely + 1 : 31);
        }
        if (kind == 4 && draw_one_in(source, 4)) multiplier[i] = left[i] = right[i] = 0;
    }
    output->multiplier = spread(multiplier, sizeof *multiplier, packing);
    output->left = spread(left, sizeof *left, packing);
    output->right = spread(right, sizeof *right, packing);
}

ck_requantization draw_requantization(
    random_source *source, const ck_packing *packing, rounding rounding, double typical, int is_unsigned) {
    ck_requantization output = {.rounds_up = rounding == ROUNDS_UP};
    int32_t low = is_unsigned ? 0 : INT8_MIN, high = is_unsigned ? UINT8_MAX : INT8_MAX;
    output.zero_point = draw_zero_point(source, is_unsigned);
    output.minimum = low;
    output.maximum = high;
    int activation = (int)draw_between(source, 0, 3);
    if (activation > 0) output.minimum = output.zero_point;
    if (activation == 2) output.maximum = (int32_t)draw_between(source, output.zero_point, high);
    if (activation == 3) output.minimum = (int32_t)draw_between(source, low, output.zero_point);
    ptrdiff_t count = packing->groups * packing->outputs;
    float factor[count];
    double scale[count];
    // Some kinds are of any size, and some below 1 but far from what suits the sums.
    int kind = (int)draw_between(source, 0, 4), is_wild = kind <= 1;
    for (ptrdiff_t i = 0; i < count; i++) {
        int spread_out = kind == 0 ? (int)draw_between(source, -30, 7)
            : kind == 1            ? (int)draw_between(source, -22, -2)
                                   : (int)draw_between(source, -3, 3);
        double likely = is_wild ? 1 : fmin(100 / typical, 16);
        scale[i] = ldexp(likely * (1.5 + 0.5 * (double)draw_real(source)), spread_out);
        // Ties.
        if (draw_one_in(source, 6)) scale[i] = ldexp(1, spread_out - 3);
        factor[i] = (float)scale[i];
    }
    if (rounding == ROUNDS_SINGLE || rounding == ROUNDS_NOT) {
        output.factor = spread(factor, sizeof *factor, packing);
        return output;
    }
    output.scale = spread(scale, sizeof *scale, packing);
    draw_multipliers(source, packing, typical, &output);
    return output;
}

void *draw_biases(random_source *source, const ck_packing *packing, double typical) {
    ptrdiff_t count = packing->groups * packing->outputs;
    int32_t bias[count];
    int kind = (int)draw_between(source, 0, 5);
    int32_t near = (int32_t)fmin(typical * 2, INT32_MAX);
    for (ptrdiff_t i = 0; i < count; i++) {
        bias[i] = (int32_t)draw_between(source, -near, near);
        // Accumulators at the ends of their range and beyond.
        if (kind == 0) bias[i] = (int32_t)draw_between(source, INT32_MIN, INT32_MAX);
        if (kind == 1) bias[i] = draw_one_in(source, 2) ? INT32_MIN : INT32_MAX;
        if (kind == 2) bias[i] = 0;
        // Sums around 2^23, from where on floats are whole.
        if (kind == 3) bias[i] = (draw_one_in(source, 2) ? 1 : -1) * ((1 << 23) - (int32_t)draw_between(source, -2, 300000));
    }
    return spread(bias, sizeof *bias, packing);
}

static linear_weights packed_weights(ck_packing packing, const void *plain) {
    linear_weights weights = {.packing = packing, .plain = plain, .lanes = ck_packed_lanes(&packing)};
    ptrdiff_t padded = (packing.inputs + packing.depth - 1) / packing.depth * packing.depth;
    void *packed = constant(weights.lanes * packing.taps * padded * packing.element_size);
    ck_pack_linear(&packing, plain, packed);
    weights.packed = packed;
    return weights;
}

static ptrdiff_t weight_count(const ck_packing *packing) {
    return packing->groups * packing->outputs * packing->taps * packing->inputs;
}

static linear_weights byte_weights(random_source *source, ck_packing packing) {
    int8_t *plain = input(weight_count(&packing));
    draw_bytes(source, plain, weight_count(&packing));
    linear_weights weights = packed_weights(packing, plain);
    int32_t *sums = constant(weights.lanes * (ptrdiff_t)sizeof *sums);
    int32_t *magnitudes = constant(weights.lanes * (ptrdiff_t)sizeof *magnitudes);
    ck_sum_weights(&packing, plain, sums, magnitudes);
    weights.sums = sums;
    weights.magnitudes = magnitudes;
    return weights;
}

static const float *draw_channel_reals(random_source *source, const ck_packing *packing, float factor) {
    ptrdiff_t count = packing->groups * packing->outputs;
    float values[count];
    for (ptrdiff_t i = 0; i < count; i++) values[i] = draw_real(source) * factor;
    return spread(values, sizeof *values, packing);
}

linear_weights draw_float_weights(random_source *source, ck_packing packing) {
    packing.element_size = sizeof(float);
    float *plain = input(weight_count(&packing) * (ptrdiff_t)sizeof *plain);
    draw_reals(source, plain, weight_count(&packing));
    linear_weights weights = packed_weights(packing, plain);
    weights.bias = draw_channel_reals(source, &packing, (float)typical_real(packing.taps * packing.inputs));
    return weights;
}

linear_weights draw_int8_weights(
    random_source *source, ck_packing packing, rounding rounding, int32_t zero_point, int is_unsigned) {
    linear_weights weights = byte_weights(source, packing);
    double typical = typical_sum(packing.taps * packing.inputs);
    int32_t *bias = draw_biases(source, &packing, typical);
    for (ptrdiff_t lane = 0; lane < weights.lanes; lane++)
        bias[lane] = (int32_t)((uint32_t)bias[lane] - (uint32_t)zero_point * (uint32_t)weights.sums[lane]);
    weights.bias = bias;
    weights.output = draw_requantization(source, &packing, rounding, typical, is_unsigned);
    return weights;
}

linear_weights draw_hybrid_weights(random_source *source, ck_packing packing) {
    linear_weights weights = byte_weights(source, packing);
    weights.scales = draw_channel_reals(source, &packing, 0x1p-6f);
    weights.bias = draw_channel_reals(source, &packing, (float)typical_real(packing.taps * packing.inputs));
    return weights;
}

ck_batch_quantization *draw_quantizations(random_source *source, ptrdiff_t rows) {
    ck_batch_quantization *quantizations = input(rows * (ptrdiff_t)sizeof *quantizations);
    for (ptrdiff_t i = 0; i < rows; i++)
        quantizations[i] = (ck_batch_quantization){
            ldexpf(1.5f + 0.5f * draw_real(source), -7), draw_zero_point(source, 0)};
    return quantizations;
}

void draw_bounds(random_source *source, double typical, float *minimum, float *maximum) {
    static const float lowest[] = {-INFINITY, 0}, highest[] = {INFINITY, 1};
    *minimum = DRAW_ONE_OF(source, lowest);
    *maximum = DRAW_ONE_OF(source, highest) * (float)typical;
}
