#include "../declarations.h"

#include <math.h>

static int holds(const ck_trees *p, const ck_tree_node *node, double x) {
    if (isnan(x) && node->missing_is_true) return 1;
    switch (node->mode) {
    case CK_TREE_LEQ: return x <= node->split;
    case CK_TREE_LT: return x < node->split;
    case CK_TREE_GTE: return x >= node->split;
    case CK_TREE_GT: return x > node->split;
    case CK_TREE_EQ: return x == node->split;
    case CK_TREE_NEQ: return x != node->split;
    default:
        for (ptrdiff_t i = 0; i < node->member_count; i++)
            if (p->members[node->members + i] == x) return 1;
        return 0;
    }
}

// Places lead only forward in a checked tree, so that the walk ends.
#define CK_TREES(TYPE, T)                                                                                              \
    static void row_##TYPE(const ck_trees *p, const T *x, T *y) {                                                      \
        for (ptrdiff_t t = 0; t < p->targets; t++)                                                                     \
            y[t] = p->aggregate == CK_TREE_MIN ? (T)INFINITY : p->aggregate == CK_TREE_MAX ? -(T)INFINITY : 0;         \
        for (ptrdiff_t tree = 0; tree < p->trees; tree++) {                                                            \
            int32_t at = p->roots[tree];                                                                               \
            while (at >= 0) {                                                                                          \
                const ck_tree_node *node = &p->nodes[at];                                                              \
                at = holds(p, node, (double)x[node->feature]) ? node->if_true : node->if_false;                        \
            }                                                                                                          \
            int32_t leaf = -1 - at;                                                                                    \
            T weight = (T)p->leaf_weights[leaf], *target = &y[p->leaf_targets[leaf]];                                  \
            switch (p->aggregate) {                                                                                    \
            case CK_TREE_AVERAGE: *target += weight / (T)p->trees; break;                                              \
            case CK_TREE_MIN: *target = weight < *target ? weight : *target; break;                                    \
            case CK_TREE_MAX: *target = weight > *target ? weight : *target; break;                                    \
            default: *target += weight; break;                                                                         \
            }                                                                                                          \
        }                                                                                                              \
        transform_##TYPE(p, y);                                                                                        \
    }                                                                                                                  \
    void ck_trees_##TYPE##_portable(                                                                                   \
        const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {                                \
        const ck_trees *p = parameters;                                                                                \
        for (ptrdiff_t r = begin; r < end; r++)                                                                        \
            row_##TYPE(p, (const T *)buffers[0] + r * p->features, (T *)buffers[1] + r * p->targets);                  \
    }
#define CK_TREE_TRANSFORM(TYPE, T)                                                                                     \
    static void transform_##TYPE(const ck_trees *p, T *y) {                                                            \
        if (p->transform == CK_TREE_LOGISTIC)                                                                          \
            for (ptrdiff_t t = 0; t < p->targets; t++) y[t] = (T)(1 / (1 + exp(-(double)y[t])));                       \
        if (p->transform != CK_TREE_SOFTMAX && p->transform != CK_TREE_SOFTMAX_ZERO) return;                           \
        int skips_zero = p->transform == CK_TREE_SOFTMAX_ZERO;                                                         \
        double largest = -INFINITY, sum = 0;                                                                           \
        for (ptrdiff_t t = 0; t < p->targets; t++) largest = fmax(largest, (double)y[t]);                              \
        for (ptrdiff_t t = 0; t < p->targets; t++) {                                                                   \
            if (skips_zero && y[t] == 0) continue;                                                                     \
            y[t] = (T)exp((double)y[t] - largest);                                                                     \
            sum += (double)y[t];                                                                                       \
        }                                                                                                              \
        for (ptrdiff_t t = 0; t < p->targets; t++) y[t] = (T)((double)y[t] / sum);                                     \
    }

CK_TREE_TRANSFORM(float32, float)
CK_TREE_TRANSFORM(float64, double)
CK_TREES(float32, float)
CK_TREES(float64, double)
