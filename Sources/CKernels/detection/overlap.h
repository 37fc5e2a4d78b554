#ifndef CK_OVERLAP_H
#define CK_OVERLAP_H

// Intersection over union of two boxes given by opposite corners [y, x, y, x].
static inline float ck_overlap(const float *a, const float *b) {
#define LESS(i, j) ((i) < (j) ? (i) : (j))
#define MORE(i, j) ((i) < (j) ? (j) : (i))
    float a_top = LESS(a[0], a[2]), a_bottom = MORE(a[0], a[2]), a_left = LESS(a[1], a[3]), a_right = MORE(a[1], a[3]);
    float b_top = LESS(b[0], b[2]), b_bottom = MORE(b[0], b[2]), b_left = LESS(b[1], b[3]), b_right = MORE(b[1], b[3]);
    float a_area = (a_bottom - a_top) * (a_right - a_left), b_area = (b_bottom - b_top) * (b_right - b_left);
    if (a_area <= 0 || b_area <= 0) return 0;
    float height = LESS(a_bottom, b_bottom) - MORE(a_top, b_top), width = LESS(a_right, b_right) - MORE(a_left, b_left);
    float shared = (height > 0 ? height : 0) * (width > 0 ? width : 0);
    return shared / (a_area + b_area - shared);
#undef LESS
#undef MORE
}

#endif
