// Softmax and its logarithm. Rows that are dense are cut into vectors; of rows that lie side by side, each lane has one.
#include <float.h>

CK_INLINE lanes_f32 larger_lanes(lanes_f32 x, lanes_f32 largest) { return select_lanes(x > largest, x, largest); }

CK_INLINE void softmax_dense(const float *x, float *y, ptrdiff_t count, float beta, int is_logarithm) {
    // Finite, so that a row of negative infinities is no number and not 0/0 of something else.
    lanes_f32 most = all_lanes(-FLT_MAX), sums = {};
    ptrdiff_t whole = count / CK_LANES * CK_LANES, rest = count - whole;
    for (ptrdiff_t i = 0; i < whole; i += CK_LANES) most = larger_lanes(load_lanes(x + i), most);
    if (rest) most = larger_lanes(first_lanes(load_lanes(x + whole), rest, -FLT_MAX), most);
    float highest = -FLT_MAX;
    for (int i = 0; i < CK_LANES; i++) highest = most[i] > highest ? most[i] : highest;
    lanes_f32 largest = all_lanes(highest), factor = all_lanes(beta);
    for (ptrdiff_t i = 0; i < whole; i += CK_LANES) {
        lanes_f32 value = exp_lanes((load_lanes(x + i) - largest) * factor);
        if (!is_logarithm) store_lanes(y + i, value);
        sums += value;
    }
    if (rest) {
        lanes_f32 value = exp_lanes((load_lanes(x + whole) - largest) * factor);
        if (!is_logarithm) store_first_lanes(y + whole, value, rest);
        sums += first_lanes(value, rest, 0);
    }
    lanes_f32 sum = all_lanes(sum_of_lanes(sums));
    if (is_logarithm) {
        sum = log_lanes(sum);
        for (ptrdiff_t i = 0; i < whole; i += CK_LANES) store_lanes(y + i, load_lanes(x + i) - largest - sum);
        if (rest) store_first_lanes(y + whole, load_lanes(x + whole) - largest - sum, rest);
    } else {
        for (ptrdiff_t i = 0; i < whole; i += CK_LANES) store_lanes(y + i, load_lanes(y + i) / sum);
        if (rest) store_first_lanes(y + whole, load_first_lanes(y + whole, rest) / sum, rest);
    }
}

CK_INLINE void softmax_abreast(
    const float *x, float *y, ptrdiff_t count, ptrdiff_t stride, ptrdiff_t rows, float beta, int is_logarithm) {
    lanes_f32 largest = all_lanes(-FLT_MAX), sum = {}, factor = all_lanes(beta);
    for (ptrdiff_t i = 0; i < count; i++) largest = larger_lanes(load_lanes(x + i * stride), largest);
    for (ptrdiff_t i = 0; i < count; i++) {
        lanes_f32 value = exp_lanes((load_lanes(x + i * stride) - largest) * factor);
        sum += value;
        if (is_logarithm) continue;
        if (rows == CK_LANES) store_lanes(y + i * stride, value);
        else store_first_lanes(y + i * stride, value, rows);
    }
    if (is_logarithm) sum = log_lanes(sum);
    for (ptrdiff_t i = 0; i < count; i++) {
        const float *from = (is_logarithm ? x : y) + i * stride;
        lanes_f32 value = rows == CK_LANES ? load_lanes(from) : load_first_lanes(from, rows);
        value = is_logarithm ? value - largest - sum : value / sum;
        if (rows == CK_LANES) store_lanes(y + i * stride, value);
        else store_first_lanes(y + i * stride, value, rows);
    }
}

// Of rows so short that a vector would hardly be filled, each lane has one.
#define NARROW 8
CK_INLINE void softmax_narrow(
    const float *x, float *y, ptrdiff_t count, ptrdiff_t rows, float beta, int is_logarithm) {
    lanes_f32 values[NARROW] = {}, largest = all_lanes(-FLT_MAX), sum = {}, factor = all_lanes(beta);
    for (ptrdiff_t i = 0; i < count; i++) {
        if (rows == CK_LANES)
            for (ptrdiff_t row = 0; row < CK_LANES; row++) values[i][row] = x[row * count + i];
        else
            for (ptrdiff_t row = 0; row < rows; row++) values[i][row] = x[row * count + i];
        largest = larger_lanes(values[i], largest);
    }
    for (ptrdiff_t i = 0; i < count; i++) {
        lanes_f32 difference = (values[i] - largest) * factor, exponential = exp_lanes(difference);
        sum += exponential;
        values[i] = is_logarithm ? difference : exponential;
    }
    if (is_logarithm) sum = log_lanes(sum);
    for (ptrdiff_t i = 0; i < count; i++) {
        lanes_f32 value = is_logarithm ? values[i] - sum : values[i] / sum;
        if (rows == CK_LANES)
            for (ptrdiff_t row = 0; row < CK_LANES; row++) y[row * count + i] = value[row];
        else
            for (ptrdiff_t row = 0; row < rows; row++) y[row * count + i] = value[row];
    }
}

CK_INLINE void softmax_rows(
    const ck_softmax *p, void *const *buffers, ptrdiff_t begin, ptrdiff_t end, float beta, int is_logarithm) {
    for (ptrdiff_t row = begin, rows = 1; row < end; row += rows) {
        ptrdiff_t start = row / p->stride * p->count * p->stride + row % p->stride;
        const float *x = (const float *)buffers[0] + start;
        float *y = (float *)buffers[1] + start;
        rows = 1;
        if (p->stride == 1 && p->count <= NARROW) {
            rows = end - row < CK_LANES ? end - row : CK_LANES;
            softmax_narrow(x, y, p->count, rows, beta, is_logarithm);
            continue;
        }
        if (p->stride == 1) {
            softmax_dense(x, y, p->count, beta, is_logarithm);
            continue;
        }
        rows = p->stride - row % p->stride;
        if (rows > end - row) rows = end - row;
        if (rows > CK_LANES) rows = CK_LANES;
        softmax_abreast(x, y, p->count, p->stride, rows, beta, is_logarithm);
    }
}

void CK_NAME(ck_softmax_float32)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_softmax *p = parameters;
    softmax_rows(p, buffers, begin, end, p->beta, 0);
}

void CK_NAME(ck_log_softmax_float32)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    softmax_rows(parameters, buffers, begin, end, 1, 1);
}
#undef NARROW
