#include "../movement/indices.h"

#include <math.h>
#include <string.h>

void ck_log_softmax_lines_float32_portable(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_log_softmax_lines *p = parameters;
    for (ptrdiff_t line = begin; line < end; line++) {
        ptrdiff_t start = line / p->stride * p->count * p->stride + line % p->stride;
        const float *x = (const float *)buffers[0] + start;
        float *y = (float *)buffers[1] + start;
        float largest = -INFINITY;
        for (ptrdiff_t i = 0; i < p->count; i++) largest = fmaxf(largest, x[i * p->stride]);
        double sum = 0;
        for (ptrdiff_t i = 0; i < p->count; i++) sum += exp((double)x[i * p->stride] - largest);
        double logarithm = log(sum);
        for (ptrdiff_t i = 0; i < p->count; i++)
            y[i * p->stride] = (float)((double)x[i * p->stride] - largest - logarithm);
    }
}

static int64_t target_at(const ck_loss *p, const void *targets, ptrdiff_t index) {
    return p->has_wide_targets ? ((const int64_t *)targets)[index] : ((const int32_t *)targets)[index];
}

void ck_loss_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_loss *p = parameters;
    const float *x = buffers[0], *weights = buffers[2];
    float *y = buffers[3];
    if (begin >= end) return;
    double sum = 0, divisor = 0;
    for (ptrdiff_t n = 0; n < p->batch; n++) {
        for (ptrdiff_t d = 0; d < p->count; d++) {
            int64_t target = target_at(p, buffers[1], n * p->count + d);
            float loss = 0, weight = 0;
            if (!(p->has_ignored && target == p->ignored) && ck_place(target, p->classes, 0, buffers[4]) >= 0) {
                weight = weights ? weights[target] : 1;
                loss = -x[(n * p->classes + target) * p->count + d] * weight;
            }
            if (p->reduction == CK_LOSS_EACH) y[n * p->count + d] = loss;
            sum += loss;
            divisor += weight;
        }
    }
    if (p->reduction != CK_LOSS_EACH) y[0] = (float)(p->reduction == CK_LOSS_SUM ? sum : sum / divisor);
}
