#include "../declarations.h"

#include <math.h>
#include <string.h>

// The offset of an index of some axes.
static ptrdiff_t offset(ptrdiff_t rank, const ptrdiff_t *sizes, const ptrdiff_t *strides, ptrdiff_t index) {
    ptrdiff_t at = 0;
    for (ptrdiff_t axis = rank - 1; axis >= 0; axis--) {
        at += index % sizes[axis] * strides[axis];
        index /= sizes[axis];
    }
    return at;
}

// The innermost reduced axis as a loop, and how often it runs.
typedef struct {
    ptrdiff_t outer_rank, outer_count, inner, step;
} runs;

static runs runs_of(const ck_normalize *p) {
    ptrdiff_t rank = p->reduced_rank;
    ptrdiff_t inner = rank ? p->reduced_sizes[rank - 1] : 1;
    return (runs){rank ? rank - 1 : 0, p->count / inner, inner, rank ? p->reduced_strides[rank - 1] : 1};
}

static void moments(const ck_normalize *p, const float *x, runs r, double *mean, double *variance) {
    double sum = 0, squares = 0;
    for (ptrdiff_t o = 0; o < r.outer_count; o++) {
        const float *run = x + offset(r.outer_rank, p->reduced_sizes, p->reduced_strides, o);
        for (ptrdiff_t i = 0; i < r.inner; i++) sum += run[i * r.step];
    }
    *mean = sum / (double)p->count;
    for (ptrdiff_t o = 0; o < r.outer_count; o++) {
        const float *run = x + offset(r.outer_rank, p->reduced_sizes, p->reduced_strides, o);
        for (ptrdiff_t i = 0; i < r.inner; i++) {
            double difference = run[i * r.step] - *mean;
            squares += difference * difference;
        }
    }
    *variance = squares / (double)p->count;
}

static double norm(const ck_normalize *p, const float *x, runs r) {
    double sum = 0;
    for (ptrdiff_t o = 0; o < r.outer_count; o++) {
        const float *run = x + offset(r.outer_rank, p->reduced_sizes, p->reduced_strides, o);
        for (ptrdiff_t i = 0; i < r.inner; i++) {
            double value = run[i * r.step];
            sum += p->kind == CK_NORMALIZE_L1 ? fabs(value) : value * value;
        }
    }
    return sum;
}

static float inverse_of(const ck_normalize *p, double value) {
    switch (p->kind) {
    case CK_NORMALIZE_DEVIATION: return (float)(1 / (sqrt(value) + p->epsilon));
    case CK_NORMALIZE_ROOT_MEAN_SQUARE: return (float)(1 / sqrt(value / (double)p->count + p->epsilon));
    case CK_NORMALIZE_L1: return value == 0 ? 0 : (float)(1 / value);
    case CK_NORMALIZE_L2: {
        double root = sqrt(value);
        if (root < p->epsilon) root = p->epsilon;
        return root == 0 ? 0 : (float)(1 / root);
    }
    default: return (float)(1 / sqrt(value + p->epsilon));
    }
}

void ck_normalize_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_normalize *p = parameters;
    const float *scales = buffers[1], *biases = buffers[2];
    float *means = buffers[4], *variances = buffers[5];
    runs r = runs_of(p);
    ptrdiff_t last = p->reduced_rank - 1;
    ptrdiff_t scale_step = last < 0 ? 0 : p->reduced_scale_strides[last];
    ptrdiff_t bias_step = last < 0 ? 0 : p->reduced_bias_strides[last];
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t start = offset(p->kept_rank, p->kept_sizes, p->kept_strides, unit);
        const float *x = (const float *)buffers[0] + start;
        float *y = (float *)buffers[3] + start;
        double mean = 0, value;
        if (p->kind == CK_NORMALIZE_GIVEN) {
            mean = means[unit];
            value = variances[unit];
        } else if (p->kind == CK_NORMALIZE_VARIANCE || p->kind == CK_NORMALIZE_DEVIATION) {
            moments(p, x, r, &mean, &value);
            if (means) means[unit] = (float)mean;
            if (variances) variances[unit] = (float)value;
            if (buffers[6] && buffers[7])
                ((float *)buffers[6])[unit] =
                    ((const float *)buffers[7])[unit] * p->momentum + (float)mean * (1 - p->momentum);
            if (buffers[8] && buffers[9])
                ((float *)buffers[8])[unit] =
                    ((const float *)buffers[9])[unit] * p->momentum + (float)value * (1 - p->momentum);
        } else {
            value = norm(p, x, r);
        }
        float center = (float)mean, inverse = inverse_of(p, value);
        ptrdiff_t scale_start = offset(p->kept_rank, p->kept_sizes, p->kept_scale_strides, unit);
        ptrdiff_t bias_start = offset(p->kept_rank, p->kept_sizes, p->kept_bias_strides, unit);
        for (ptrdiff_t o = 0; o < r.outer_count; o++) {
            ptrdiff_t at = offset(r.outer_rank, p->reduced_sizes, p->reduced_strides, o);
            const float *scale = scales ? scales + scale_start
                                     + offset(r.outer_rank, p->reduced_sizes, p->reduced_scale_strides, o) : NULL;
            const float *bias = biases ? biases + bias_start
                                    + offset(r.outer_rank, p->reduced_sizes, p->reduced_bias_strides, o) : NULL;
            for (ptrdiff_t i = 0; i < r.inner; i++) {
                float result = (x[at + i * r.step] - center) * inverse;
                if (scale) result *= scale[i * scale_step];
                if (bias) result += bias[i * bias_step];
                y[at + i * r.step] = result;
            }
        }
    }
}
