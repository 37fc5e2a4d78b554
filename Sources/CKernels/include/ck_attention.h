// Parameters of the attention kernels.
#ifndef CK_ATTENTION_H
#define CK_ATTENTION_H

#include <stddef.h>
#include <stdint.h>

// What is written beside the result.
typedef enum { CK_SCORES_NONE, CK_SCORES_RAW, CK_SCORES_CAPPED, CK_SCORES_BIASED, CK_SCORES_PROBABILITIES } ck_attention_scores;
typedef enum { CK_MASK_NONE, CK_MASK_BOOL, CK_MASK_FLOAT } ck_attention_mask;

// y = softmax(cap(scale · q · kᵀ) + mask) · v for each head. Strides are those of batch, head and row; keys and values
// have heads / group heads. Units: heads of all batches. Buffers: q, k, v, mask, lengths int64 [batch], y, scores
// [batch, heads, rows, columns], work [batch, heads, columns].
typedef struct {
    ptrdiff_t batch, heads, group, rows, columns, size, value_size;
    ptrdiff_t q_strides[3], k_strides[3], v_strides[3], y_strides[3];
    int32_t mask, scores;
    // Batch, head, row. What lies beyond the mask's columns is masked.
    ptrdiff_t mask_strides[3], mask_columns;
    // A row r stands at position r + offset, or r + lengths[batch] − rows.
    ptrdiff_t offset;
    uint8_t has_lengths, is_causal;
    // How far before and behind its position a row sees; negative without limit.
    ptrdiff_t left, right;
    float scale, cap;
} ck_attention;

typedef enum { CK_NO_DECAY, CK_DECAY_PER_HEAD, CK_DECAY_PER_KEY } ck_linear_decay;

// Attention with a state S [size, value_size] for each key-value head instead of a softmax; at each step
//
//   S = S ∘ exp(decay);   v' = has_beta ? beta · (v − Sᵀ·k) : v;   S = S + k·v'ᵀ;   y = scale · Sᵀ·q
//
// Units: key-value heads of all batches. Buffers: q [batch, steps, heads, size], k, v, decay, beta, past state, y,
// state.
typedef struct {
    ptrdiff_t batch, steps, heads, group, size, value_size;
    int32_t decay;
    // Extent of beta's last axis: key-value heads or 1; 0 without beta.
    ptrdiff_t beta_heads;
    uint8_t has_past;
    float scale;
} ck_linear_attention;

// Rotates pairs of each head's first `rotated` elements by an angle that depends on the position. Units: positions of
// all batches. Buffers: x, cosines, sines, positions int64 [batch, steps], y, status. Strides of x are those of
// batch, step and head; y's are the same. Caches are [positions, rotated / 2], or [batch · steps, rotated / 2] without positions.
typedef struct {
    ptrdiff_t batch, steps, heads, size, rotated, cache_rows;
    ptrdiff_t strides[3];
    uint8_t has_positions, is_interleaved;
} ck_rotary;

#endif
