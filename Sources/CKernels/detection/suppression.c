#include "../declarations.h"
#include "overlap.h"

#include <math.h>
#include <string.h>

// The waiting candidate of the highest score, the first of equals; −1 if none waits.
static ptrdiff_t best(const ck_candidate *candidates, ptrdiff_t count) {
    ptrdiff_t found = -1;
    for (ptrdiff_t i = 0; i < count; i++)
        if (candidates[i].is_waiting && (found < 0 || candidates[i].score > candidates[found].score)) found = i;
    return found;
}

void ck_suppression_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_suppression *p = parameters;
    if (begin >= end) return;
    const float *boxes = buffers[0], *scores = buffers[1];
    float overlap_threshold = *(const float *)buffers[2], score_threshold = *(const float *)buffers[3];
    float deviation = buffers[4] ? *(const float *)buffers[4] : 0;
    int32_t *indices = buffers[5], selected = 0;
    float *selected_scores = buffers[6];
    ck_candidate *candidates = buffers[8];
    ptrdiff_t waiting = 0;
    for (ptrdiff_t i = 0; i < p->count; i++) {
        candidates[i] = (ck_candidate){scores[i], (int32_t)i, 0, scores[i] > score_threshold};
        waiting += candidates[i].is_waiting;
    }
    int32_t most = (int32_t)(waiting < p->most ? waiting : p->most);
    float scale = deviation > 0 ? -0.5f / deviation : 0;
    while (selected < most) {
        ptrdiff_t at = best(candidates, p->count);
        if (at < 0) break;
        ck_candidate *next = &candidates[at];
        float original = next->score;
        int is_suppressed = 0;
        for (int32_t j = selected - 1; j >= next->first; j--) {
            float overlap = ck_overlap(boxes + 4 * next->index, boxes + 4 * indices[j]);
            if (overlap >= overlap_threshold) {
                is_suppressed = 1;
                break;
            }
            if (deviation > 0) next->score *= expf(scale * overlap * overlap);
            if (next->score <= score_threshold) break;
        }
        next->first = selected;
        if (!is_suppressed && next->score == original) {
            if (selected_scores) selected_scores[selected] = next->score;
            indices[selected++] = next->index;
            next->is_waiting = 0;
        } else {
            next->is_waiting = !is_suppressed && next->score > score_threshold;
        }
    }
    *(int32_t *)buffers[7] = selected;
    for (ptrdiff_t i = selected; i < p->most; i++) {
        indices[i] = 0;
        if (selected_scores) selected_scores[i] = 0;
    }
}
