// Parameters of the normalizations and losses.
#ifndef CK_NORMALIZE_H
#define CK_NORMALIZE_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
    // (x − mean) / √(variance + ε)
    CK_NORMALIZE_VARIANCE,
    // (x − mean) / (√variance + ε)
    CK_NORMALIZE_DEVIATION,
    // x / √(mean of x² + ε)
    CK_NORMALIZE_ROOT_MEAN_SQUARE,
    // x / Σ|x|, 0 if the sum is
    CK_NORMALIZE_L1,
    // x / max(√Σx², ε), 0 if that is
    CK_NORMALIZE_L2,
    // As by variance, with the mean and variance that are given.
    CK_NORMALIZE_GIVEN
} ck_normalization;

#define CK_NORMALIZE_AXES 8

// Normalizes groups of elements: one for each index of the kept axes, made of all indices of the reduced ones; then
// y = scale · x + bias. Strides are those of x, which y shares, and of scale and bias (0 where they are repeated).
// Units: groups. Buffers: x, scale, bias, y, mean and variance (of each group; read if given, else written), running
// mean and variance (each after and before). All but x and y may be null.
typedef struct {
    int32_t kind;
    ptrdiff_t kept_rank, reduced_rank, count;
    ptrdiff_t kept_sizes[CK_NORMALIZE_AXES], kept_strides[CK_NORMALIZE_AXES];
    ptrdiff_t kept_scale_strides[CK_NORMALIZE_AXES], kept_bias_strides[CK_NORMALIZE_AXES];
    ptrdiff_t reduced_sizes[CK_NORMALIZE_AXES], reduced_strides[CK_NORMALIZE_AXES];
    ptrdiff_t reduced_scale_strides[CK_NORMALIZE_AXES], reduced_bias_strides[CK_NORMALIZE_AXES];
    float epsilon;
    // running = before · momentum + new · (1 − momentum)
    float momentum;
} ck_normalize;

// LiteRT's L2 normalization of rows of bytes. Units: rows. Buffers: x, y.
typedef struct {
    ptrdiff_t count;
    int32_t zero_point;
} ck_l2_rows;

// x − log Σ exp x along an axis. Units: lines, found as in ck_softmax. Buffers: x, y.
typedef struct {
    ptrdiff_t count, stride;
} ck_log_softmax_lines;

typedef enum { CK_LOSS_EACH, CK_LOSS_SUM, CK_LOSS_MEAN } ck_loss_reduction;

// −weight[target] · x[n, target, d], summed up or divided by the sum of the weights as asked; 0 where the target is
// the ignored one; one that is no class is reported. One unit. Buffers: x [batch, classes, count], targets
// [batch, count], weights or null, y, status.
typedef struct {
    ptrdiff_t batch, classes, count;
    int32_t reduction;
    uint8_t has_ignored, has_wide_targets;
    int64_t ignored;
} ck_loss;

// a · sigmoid(alpha · a) · b. Units: chunks. Buffers: a, b, y.
typedef struct {
    ptrdiff_t count;
    float alpha;
} ck_gated_unit;

typedef enum { CK_ADAGRAD, CK_ADAM, CK_MOMENTUM, CK_NESTEROV } ck_optimizer;

// One update of training. Units: chunks. Buffers: rate [1], step int64 [1], x, gradient, first and second moment (the
// latter for Adam alone), new x, new moments.
typedef struct {
    int32_t kind;
    ptrdiff_t count;
    // Adagrad: epsilon, decay; Adam: epsilon, alpha, beta; momentum: alpha, beta.
    float alpha, beta, epsilon, decay, norm, norm_after;
} ck_update;

// Which elements training drops, by MT19937 from a seed: 53 random bits below `ratio`. One unit. Buffers: x, y, mask
// (bool, may be null), ratio (float32 [1], may be null for `ratio`).
typedef struct {
    ptrdiff_t count;
    uint32_t seed;
    float ratio;
} ck_dropout;

#endif
