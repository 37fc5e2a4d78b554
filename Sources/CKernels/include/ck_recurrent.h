// Parameters of the recurrent kernels.
#ifndef CK_RECURRENT_H
#define CK_RECURRENT_H

#include <stddef.h>
#include <stdint.h>

// Part of one of a kernel's buffers, from an element on.
typedef struct {
    // The buffer's place in the call; negative for a part that is left out.
    int32_t buffer;
    ptrdiff_t offset;
} ck_part;

typedef enum {
    CK_ACT_IDENTITY, CK_ACT_SIGMOID, CK_ACT_TANH, CK_ACT_RELU, CK_ACT_RELU6, CK_ACT_RELU_N1_TO_1, CK_ACT_AFFINE,
    CK_ACT_LEAKY_RELU, CK_ACT_THRESHOLDED_RELU, CK_ACT_SCALED_TANH, CK_ACT_HARD_SIGMOID, CK_ACT_ELU,
    CK_ACT_SOFTSIGN, CK_ACT_SOFTPLUS, CK_ACT_SIGN_BIT
} ck_recurrent_function;

typedef struct {
    int32_t function;
    float alpha, beta;
} ck_recurrent_activation;

typedef enum { CK_SIMPLE_RECURRENT, CK_GATED_RECURRENT, CK_LONG_SHORT_TERM } ck_recurrent_kind;

// One direction of a recurrent layer over a whole sequence. Units: rows of the batch.
//
//   simple           h = f(W·x + R·h + b)
//   gated            z, r = f(…), n = g(W·x + b + R·(r∘h)) or g(W·x + b + r∘(R·h + b_R)), h = (1 − z)∘n + z∘h
//   long short-term  i, f, o = f(W·x + R·h + P∘c + b), g = g(…), c = f∘c + i∘g, h = o∘h(c), then projected
//
// Gates: simple 0; gated 0 z, 1 r, 2 n; long short-term 0 i, 1 f, 2 g, 3 o. Weights are [cells, inputs] and
// [cells, outputs].
typedef struct {
    int32_t kind;
    ptrdiff_t steps, batch, inputs, extra_inputs, cells, outputs;
    // Elements between neighbouring steps and rows.
    ptrdiff_t x_step, x_row, extra_step, extra_row, y_step, y_row, hidden_row, cell_row;
    ck_part x, extra, y;
    ck_part weights[4], extra_weights[4], recurrent[4], bias[4], recurrent_bias[4];
    // Of i, f and o.
    ck_part peephole[4];
    // Factors of the normalized gates; the bias follows them.
    ck_part normalization[4];
    ck_part projection, projection_bias;
    ck_part initial_hidden, initial_cell, final_hidden, final_cell;
    // int32: steps of each row; what follows is zero.
    ck_part lengths;
    // Floats for each row: 6 · cells + 2 · outputs.
    ck_part work;
    // Of int8 weights, which multiply activations that each row quantizes by its own range: bytes for each row, as many
    // as the longest vector has elements.
    ck_part bytes;
    float weight_scales[4], extra_scales[4], recurrent_scales[4], peephole_scales[4], projection_scale;
    ptrdiff_t longest;
    uint8_t is_hybrid, is_asymmetric;
    uint8_t is_reverse;
    // i = 1 − f.
    uint8_t couples_gates;
    uint8_t resets_product;
    // f of the gates, g of the new content, h of the cell.
    ck_recurrent_activation activations[3];
    // 0 for no limit: of what goes into the activations of gates, of the cell, and of the projected result.
    float clip, cell_clip, projection_clip;
} ck_recurrent;

// A filter of rank-one filters: each unit feeds its features into memories, which weights over time read.
//
//   memory[f] = its last steps and features[f] · x;   y[u] = activation(bias[u] + Σ_r time[f] · memory[f]), f = u · rank + r
//
// Units: rows of the batch. Buffers float32: x, features, time, bias or null, memory [rows, filters, steps], y; hybrid:
// features int8, and behind them bytes [rows, inputs]. int8: features int8, time and memory int16, bias int32.
typedef struct {
    ptrdiff_t inputs, filters, steps, rank;
    ck_recurrent_activation activation;
    // hybrid
    float feature_scale;
    uint8_t is_asymmetric;
    // int8
    int32_t input_zero_point, output_zero_point;
    int32_t feature_multiplier, feature_left, feature_right, time_multiplier, time_left, time_right;
} ck_rank_filter;

// x · 2^left · multiplier · 2^-31 · 2^-right.
typedef struct {
    int32_t multiplier, left, right;
} ck_factor;

// Of one gate of an integer LSTM.
typedef struct {
    ck_part weights, recurrent, peephole, normalization;
    // What the zero points make of the weights' sums; the former with the gate's bias, unless it is normalized.
    const int32_t *bias, *recurrent_bias, *normalized_bias;
    ck_factor weight_factor, recurrent_factor, peephole_factor, normalization_factor;
    // In place of a variance that is no positive number.
    int32_t least_variance;
} ck_integer_gate;

// LiteRT's LSTM of int8 activations and weights with an int16 cell: gates in Q3.12, the cell with `cell_bits` integer
// bits. Units: rows of the batch. Fields as in ck_recurrent; hidden and cell are updated in place. Work: int16 for each
// row, 5 · cells.
typedef struct {
    ptrdiff_t steps, batch, inputs, cells, outputs;
    ptrdiff_t x_step, x_row, y_step, y_row;
    ck_part x, y, hidden, cell, projection, work;
    // i, f, g, o
    ck_integer_gate gates[4];
    uint8_t couples_gates, is_reverse;
    int32_t cell_bits;
    ck_factor hidden_factor, projection_factor;
    int32_t hidden_zero_point, output_zero_point;
    const int32_t *projection_bias;
    // 0 for no limit.
    int32_t cell_clip, projection_clip;
} ck_integer_lstm;

#endif
