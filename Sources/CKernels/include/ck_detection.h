// Parameters of the selection of boxes.
#ifndef CK_DETECTION_H
#define CK_DETECTION_H

#include <stddef.h>
#include <stdint.h>

// LiteRT's NON_MAX_SUPPRESSION_V4 and V5: the best boxes [y, x, y, x], each of which suppresses what overlaps it too
// much or, softly, lowers its score. One unit. Buffers: boxes [count, 4], scores [count], overlap threshold, score
// threshold, deviation of the soft suppression (null for none), indices int32 [most], scores [most] (or null), number
// selected int32, work: ck_candidate [count].
typedef struct {
    ptrdiff_t count, most;
} ck_suppression;

typedef struct {
    float score;
    int32_t index, first, is_waiting;
} ck_candidate;

// LiteRT's TFLite_Detection_PostProcess. One unit. Buffers: encodings [count, box_size], class scores [count,
// scored_classes], anchors [count, 4], boxes [most · classes_per_box, 4], classes and scores [most · classes_per_box],
// number of detections [1], work: floats [count · 10 + 4 · (most + per_class) + 16 · classes].
typedef struct {
    ptrdiff_t count, box_size, scored_classes, classes, most, classes_per_box, per_class;
    uint8_t is_regular;
    float score_threshold, overlap_threshold;
    float y_scale, x_scale, height_scale, width_scale;
} ck_post_process;

#endif
