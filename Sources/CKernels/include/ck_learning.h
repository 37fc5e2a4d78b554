// Parameters of the operators of classical machine learning.
#ifndef CK_LEARNING_H
#define CK_LEARNING_H

#include <stddef.h>
#include <stdint.h>

typedef enum { CK_TREE_LEQ, CK_TREE_LT, CK_TREE_GTE, CK_TREE_GT, CK_TREE_EQ, CK_TREE_NEQ, CK_TREE_MEMBER } ck_tree_mode;
typedef enum { CK_TREE_AVERAGE, CK_TREE_SUM, CK_TREE_MIN, CK_TREE_MAX } ck_tree_aggregate;
typedef enum { CK_TREE_PLAIN, CK_TREE_SOFTMAX, CK_TREE_LOGISTIC, CK_TREE_SOFTMAX_ZERO, CK_TREE_PROBIT } ck_tree_transform;

// Leads to the next node if the comparison holds, or to another; a negative place −1 − i is leaf i.
typedef struct {
    int32_t mode, feature, if_true, if_false;
    double split;
    // Of MEMBER: which of the members.
    ptrdiff_t members, member_count;
    int32_t missing_is_true;
} ck_tree_node;

// Units: rows. Buffers: x [rows, features], y [rows, targets].
typedef struct {
    ptrdiff_t features, targets, trees, leaf_count;
    const ck_tree_node *nodes;
    const int32_t *roots;
    const double *members, *leaf_weights;
    const int32_t *leaf_targets;
    int32_t aggregate, transform;
} ck_trees;

// Counts of known n-grams, with 0 to `skips` elements left out between neighbours. Units: rows. Buffers: x int64 or
// int32 [rows, count], y float32 [rows, columns].
typedef struct {
    ptrdiff_t count, columns, grams;
    // For each n-gram: its length, its first element in the pool, its column.
    const int32_t *lengths, *columns_of;
    const ptrdiff_t *starts;
    const int64_t *pool;
    // Of each n-gram; null for 1.
    const float *weights;
    ptrdiff_t shortest, longest, skips;
    uint8_t is_wide, counts;
} ck_ngrams;

// 1 above the threshold, 0 elsewhere. Units: chunks. Buffers: x, y.
typedef struct {
    ptrdiff_t count;
    float threshold;
} ck_threshold;

#endif
