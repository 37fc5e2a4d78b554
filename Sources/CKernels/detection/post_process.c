#include "../declarations.h"
#include "overlap.h"

#include <math.h>
#include <string.h>

// Boxes as corners, from their distance to anchors [y, x, height, width].
static void decode(const ck_post_process *p, const float *encodings, const float *anchors, float *boxes) {
    for (ptrdiff_t i = 0; i < p->count; i++) {
        const float *e = encodings + i * p->box_size, *anchor = anchors + 4 * i;
        float y = e[0] / p->y_scale * anchor[2] + anchor[0], x = e[1] / p->x_scale * anchor[3] + anchor[1];
        float height = 0.5f * (float)exp(e[2] / p->height_scale) * anchor[2];
        float width = 0.5f * (float)exp(e[3] / p->width_scale) * anchor[3];
        float *box = boxes + 4 * i;
        box[0] = y - height;
        box[1] = x - width;
        box[2] = y + height;
        box[3] = x + width;
    }
}

// Moves the entry of the highest key, the first of equals, to place `at` and what stands before it one place on.
static void bring_best(int32_t *order, const float *keys, ptrdiff_t at, ptrdiff_t count) {
    ptrdiff_t found = at;
    for (ptrdiff_t i = at + 1; i < count; i++)
        if (keys[order[i]] > keys[order[found]]) found = i;
    int32_t entry = order[found];
    memmove(order + at + 1, order + at, (size_t)(found - at) * sizeof *order);
    order[at] = entry;
}

// The boxes of one class that suppress no better one. `order` and `selected` have room for all boxes.
static ptrdiff_t suppress(
    const ck_post_process *p, const float *boxes, const float *scores, ptrdiff_t most, int32_t *order,
    int32_t *selected) {
    ptrdiff_t kept = 0, found = 0;
    for (ptrdiff_t i = 0; i < p->count; i++)
        if (scores[i] >= p->score_threshold) order[kept++] = (int32_t)i;
    if (most > kept) most = kept;
    for (ptrdiff_t at = 0; at < kept && found < most; at++) {
        bring_best(order, scores, at, kept);
        int is_free = 1;
        for (ptrdiff_t s = 0; s < found && is_free; s++)
            is_free = !(ck_overlap(boxes + 4 * selected[s], boxes + 4 * order[at]) > p->overlap_threshold);
        if (is_free) selected[found++] = order[at];
    }
    return found;
}

typedef struct {
    float *boxes, *classes, *scores;
} detections;

static void put(const detections *out, ptrdiff_t at, const float *box, ptrdiff_t class, float score) {
    memcpy(out->boxes + 4 * at, box, 4 * sizeof(float));
    out->classes[at] = (float)class;
    out->scores[at] = score;
}

// All classes at once, by the best score of each box; each box that is left reports its best classes.
static ptrdiff_t fast(const ck_post_process *p, const float *scores, float *work, const detections *out) {
    float *boxes = work, *best = boxes + 4 * p->count;
    int32_t *order = (int32_t *)(best + p->count), *selected = order + p->count;
    int32_t *classes = (int32_t *)(work + 10 * p->count);
    ptrdiff_t offset = p->scored_classes - p->classes;
    ptrdiff_t per_box = p->classes_per_box < p->classes ? p->classes_per_box : p->classes;
    for (ptrdiff_t i = 0; i < p->count; i++) {
        const float *mine = scores + i * p->scored_classes + offset;
        best[i] = mine[0];
        for (ptrdiff_t c = 1; c < p->classes; c++) best[i] = mine[c] > best[i] ? mine[c] : best[i];
    }
    ptrdiff_t found = suppress(p, boxes, best, p->most, order, selected);
    for (ptrdiff_t s = 0; s < found; s++) {
        const float *mine = scores + selected[s] * p->scored_classes + offset;
        for (ptrdiff_t c = 0; c < p->classes; c++) classes[c] = (int32_t)c;
        for (ptrdiff_t c = 0; c < per_box; c++) {
            bring_best(classes, mine, c, p->classes);
            put(out, s * p->classes_per_box + c, boxes + 4 * selected[s], classes[c], mine[classes[c]]);
        }
    }
    return found;
}

// Each class by itself, and the best of all of them.
static ptrdiff_t regular(const ck_post_process *p, const float *scores, float *work, const detections *out) {
    float *boxes = work, *column = boxes + 4 * p->count;
    int32_t *order = (int32_t *)(column + p->count), *selected = order + p->count;
    float *keys = work + 10 * p->count;
    ptrdiff_t room = p->most + p->per_class, held = 0;
    int32_t *places = (int32_t *)(keys + room), *ranks = places + room;
    float *sorted = (float *)(ranks + room);
    for (ptrdiff_t c = 0; c < p->classes; c++) {
        ptrdiff_t class = c + p->scored_classes - p->classes;
        for (ptrdiff_t i = 0; i < p->count; i++) column[i] = scores[i * p->scored_classes + class];
        ptrdiff_t found = suppress(p, boxes, column, p->per_class, order, selected);
        for (ptrdiff_t s = 0; s < found; s++, held++) {
            keys[held] = column[selected[s]];
            places[held] = (int32_t)(selected[s] * p->classes + c);
        }
        ptrdiff_t most = held < p->most ? held : p->most;
        for (ptrdiff_t i = 0; i < held; i++) ranks[i] = (int32_t)i;
        for (ptrdiff_t i = 0; i < most; i++) bring_best(ranks, keys, i, held);
        for (ptrdiff_t i = 0; i < most; i++) sorted[i] = keys[ranks[i]];
        for (ptrdiff_t i = 0; i < most; i++) ranks[i] = places[ranks[i]];
        memcpy(places, ranks, (size_t)most * sizeof *places);
        memcpy(keys, sorted, (size_t)most * sizeof *keys);
        held = most;
    }
    ptrdiff_t room_out = p->most * p->classes_per_box;
    for (ptrdiff_t i = 0; i < held && i < room_out; i++)
        put(out, i, boxes + 4 * (places[i] / p->classes), places[i] % p->classes, keys[i]);
    return held;
}

void ck_post_process_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_post_process *p = parameters;
    if (begin >= end) return;
    float *work = buffers[7];
    detections out = {buffers[3], buffers[4], buffers[5]};
    ptrdiff_t rows = p->most * p->classes_per_box;
    memset(out.boxes, 0, (size_t)rows * 4 * sizeof(float));
    memset(out.classes, 0, (size_t)rows * sizeof(float));
    memset(out.scores, 0, (size_t)rows * sizeof(float));
    decode(p, buffers[0], buffers[2], work);
    ptrdiff_t found = p->is_regular ? regular(p, buffers[1], work, &out) : fast(p, buffers[1], work, &out);
    *(float *)buffers[6] = (float)found;
}
