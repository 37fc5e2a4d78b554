// Template of what goes along an axis: see numeric/elements.h. Units are rows, as in ck_softmax.
#define F(name) CK_PASTE(CK_PASTE(name, _), NAME)
#if REAL
#define SUM ELEMENT
#else
#define SUM uint64_t
#endif
#define KERNEL(family) CK_PASTE(CK_PASTE(CK_PASTE(ck_, family), CK_PASTE(_, NAME)), _portable)

void KERNEL(arg_extremum)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_arg_extremum *p = parameters;
    for (ptrdiff_t row = begin; row < end; row++) {
        const ELEMENT *x = (const ELEMENT *)buffers[0] + row / p->stride * p->count * p->stride + row % p->stride;
        ptrdiff_t found = 0;
        ELEMENT best = x[0];
        for (ptrdiff_t i = 1; i < p->count; i++) {
            ELEMENT candidate = x[i * p->stride];
            int is_better = p->is_minimum ? candidate < best : candidate > best;
            if (is_better || (p->selects_last && candidate == best)) {
                best = candidate;
                found = i;
            }
        }
        store_index(buffers[1], row, found, p->index_size);
    }
}

// A sum or product of all elements up to each one, without it if exclusive, from the other end if reversed.
void KERNEL(cumulate)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_cumulate *p = parameters;
    for (ptrdiff_t row = begin; row < end; row++) {
        ptrdiff_t start = row / p->stride * p->count * p->stride + row % p->stride, step = p->stride;
        if (p->is_reversed) {
            start += (p->count - 1) * step;
            step = -step;
        }
        const ELEMENT *x = (const ELEMENT *)buffers[0] + start;
        ELEMENT *y = (ELEMENT *)buffers[1] + start;
        SUM sum = p->is_product ? 1 : 0;
        for (ptrdiff_t i = 0; i < p->count; i++) {
            SUM next = p->is_product ? sum * (SUM)x[i * step] : sum + (SUM)x[i * step];
            y[i * step] = (ELEMENT)(p->is_exclusive ? sum : next);
            sum = next;
        }
    }
}

// Whether element i comes before element j: the better one, or of equal ones the first.
static inline int F(precedes)(const ELEMENT *x, const ck_top_k *p, ptrdiff_t i, ptrdiff_t j) {
    ELEMENT a = x[i * p->stride], b = x[j * p->stride];
    if (p->is_smallest ? a < b : a > b) return 1;
    return a == b && i < j;
}

// Restores a heap whose first element is the one that comes last, below `root`.
static void F(sift)(const ELEMENT *x, const ck_top_k *p, void *indices, ptrdiff_t base, ptrdiff_t root, ptrdiff_t size) {
    ptrdiff_t moved = load_index(indices, base + root * p->stride, p->index_size);
    for (ptrdiff_t child; (child = 2 * root + 1) < size; root = child) {
        ptrdiff_t worst = load_index(indices, base + child * p->stride, p->index_size);
        if (child + 1 < size) {
            ptrdiff_t right = load_index(indices, base + (child + 1) * p->stride, p->index_size);
            if (F(precedes)(x, p, worst, right)) {
                worst = right;
                child++;
            }
        }
        if (!F(precedes)(x, p, moved, worst)) break;
        store_index(indices, base + root * p->stride, worst, p->index_size);
    }
    store_index(indices, base + root * p->stride, moved, p->index_size);
}

// A heap of the k best indices so far, in the result's own place, sorted in the end.
void KERNEL(top_k)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_top_k *p = parameters;
    void *indices = buffers[2];
    for (ptrdiff_t row = begin; row < end; row++) {
        const ELEMENT *x = (const ELEMENT *)buffers[0] + row / p->stride * p->count * p->stride + row % p->stride;
        ptrdiff_t base = row / p->stride * p->k * p->stride + row % p->stride;
        ELEMENT *values = (ELEMENT *)buffers[1] + base;
        for (ptrdiff_t i = 0; i < p->k; i++) store_index(indices, base + i * p->stride, i, p->index_size);
        for (ptrdiff_t i = p->k / 2; i-- > 0;) F(sift)(x, p, indices, base, i, p->k);
        for (ptrdiff_t i = p->k; i < p->count; i++) {
            if (!F(precedes)(x, p, i, load_index(indices, base, p->index_size))) continue;
            store_index(indices, base, i, p->index_size);
            F(sift)(x, p, indices, base, 0, p->k);
        }
        for (ptrdiff_t size = p->k; size-- > 1;) {
            ptrdiff_t last = load_index(indices, base, p->index_size);
            store_index(indices, base, load_index(indices, base + size * p->stride, p->index_size), p->index_size);
            store_index(indices, base + size * p->stride, last, p->index_size);
            F(sift)(x, p, indices, base, 0, size);
        }
        for (ptrdiff_t i = 0; i < p->k; i++)
            values[i * p->stride] = x[load_index(indices, base + i * p->stride, p->index_size) * p->stride];
    }
}

#undef F
#undef KERNEL
#undef SUM
