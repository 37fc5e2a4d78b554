// The attention kernel for one type: T, EXP, TANH, NAME.

static T NAME(dot)(const T *a, const T *b, ptrdiff_t count) {
    T sums[8] = {0};
    ptrdiff_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (int k = 0; k < 8; k++) sums[k] += a[i + k] * b[i + k];
    T sum = ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
    for (; i < count; i++) sum += a[i] * b[i];
    return sum;
}

// What is added to the score of one row and column; −∞ for what the row does not see.
static T NAME(bias)(
    const ck_attention *p, const void *mask, ptrdiff_t at, ptrdiff_t position, ptrdiff_t column, ptrdiff_t length) {
    const T hidden = -(T)INFINITY;
    if (p->has_lengths && column >= length) return hidden;
    if (p->is_causal && column > position) return hidden;
    if (p->left >= 0 && position - column > p->left) return hidden;
    if (p->right >= 0 && column - position > p->right) return hidden;
    if (p->mask == CK_MASK_NONE) return 0;
    if (column >= p->mask_columns) return hidden;
    if (p->mask == CK_MASK_BOOL) return ((const uint8_t *)mask)[at + column] ? 0 : hidden;
    return ((const T *)mask)[at + column];
}

static void NAME(row)(
    const ck_attention *p, const T *q, const T *k, const T *v, const void *mask, ptrdiff_t at, ptrdiff_t position,
    ptrdiff_t length, T *y, T *scores, T *work) {
    T largest = -(T)INFINITY, sum = 0;
    int sees = 0;
    for (ptrdiff_t c = 0; c < p->columns; c++) {
        T score = NAME(dot)(q, k + c * p->k_strides[2], p->size) * p->scale;
        if (p->scores == CK_SCORES_RAW) scores[c] = score;
        if (p->cap > 0) score = TANH(score / p->cap) * p->cap;
        T bias = NAME(bias)(p, mask, at, position, c, length);
        if (p->scores == CK_SCORES_CAPPED) scores[c] = score;
        if (bias != -(T)INFINITY) sees = 1;
        work[c] = bias == -(T)INFINITY ? bias : score + bias;
        if (p->scores == CK_SCORES_BIASED) scores[c] = work[c];
        if (work[c] > largest) largest = work[c];
    }
    for (ptrdiff_t c = 0; c < p->columns; c++) {
        work[c] = sees && largest != -(T)INFINITY ? EXP(work[c] - largest) : 0;
        sum += work[c];
    }
    // A row that sees nothing is zero.
    T factor = sum == 0 ? 0 : 1 / sum;
    for (ptrdiff_t c = 0; c < p->columns; c++) work[c] *= factor;
    if (p->scores == CK_SCORES_PROBABILITIES) memcpy(scores, work, (size_t)p->columns * sizeof(T));
    for (ptrdiff_t i = 0; i < p->value_size; i++) y[i] = 0;
    for (ptrdiff_t c = 0; c < p->columns; c++) {
        const T *values = v + c * p->v_strides[2];
        T weight = work[c];
        if (weight == 0) continue;
        for (ptrdiff_t i = 0; i < p->value_size; i++) y[i] += weight * values[i];
    }
}

void NAME(kernel)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_attention *p = parameters;
    const int64_t *lengths = buffers[4];
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t batch = unit / p->heads, head = unit % p->heads, shared = head / p->group;
        const T *q = (const T *)buffers[0] + batch * p->q_strides[0] + head * p->q_strides[1];
        const T *k = (const T *)buffers[1] + batch * p->k_strides[0] + shared * p->k_strides[1];
        const T *v = (const T *)buffers[2] + batch * p->v_strides[0] + shared * p->v_strides[1];
        T *y = (T *)buffers[5] + batch * p->y_strides[0] + head * p->y_strides[1];
        T *scores = (T *)buffers[6], *work = (T *)buffers[7] + unit * p->columns;
        ptrdiff_t length = p->columns, offset = p->offset;
        if (p->has_lengths) {
            int64_t given = lengths[batch];
            length = given < 0 ? 0 : given > p->columns ? p->columns : (ptrdiff_t)given;
            offset = length - p->rows;
        }
        for (ptrdiff_t r = 0; r < p->rows; r++) {
            ptrdiff_t at = batch * p->mask_strides[0] + head * p->mask_strides[1] + r * p->mask_strides[2];
            T *row = scores ? scores + (unit * p->rows + r) * p->columns : NULL;
            NAME(row)(p, q + r * p->q_strides[2], k, v, buffers[3], at, r + offset, length,
                      y + r * p->y_strides[2], row, work);
        }
    }
}
