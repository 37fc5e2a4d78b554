#include "indices.h"

// A run that an index out of range would have named.
static void clear(char *y, ptrdiff_t bytes) { memset(y, 0, (size_t)bytes); }

void ck_gather_bytes_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_gather *p = parameters;
    const char *x = buffers[0];
    char *y = buffers[2];
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t entry = unit % p->count, outer = unit / p->count;
        ptrdiff_t batch = outer / p->outer;
        int64_t index = ck_index_at(buffers[1], batch * p->count + entry, p->index_size);
        ptrdiff_t place = ck_place(index, p->extent, p->wraps, buffers[3]);
        if (place < 0)
            clear(y + unit * p->run, p->run);
        else
            ck_move(y + unit * p->run, x + (outer * p->extent + place) * p->run, p->run);
    }
}

void ck_gather_elements_bytes_portable(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_gather_elements *p = parameters;
    const char *x = buffers[0];
    char *y = buffers[2];
    ptrdiff_t last = p->rank - 1, length = p->sizes[last], step = p->x_strides[last];
    for (ptrdiff_t row = begin; row < end; row++) {
        ptrdiff_t from = 0, rest = row;
        for (ptrdiff_t axis = last; axis-- > 0; rest /= p->sizes[axis])
            from += rest % p->sizes[axis] * p->x_strides[axis];
        for (ptrdiff_t i = 0; i < length; i++) {
            ptrdiff_t to = row * length + i;
            int64_t index = ck_index_at(buffers[1], to, p->index_size);
            ptrdiff_t place = ck_place(index, p->extent, p->wraps, buffers[3]);
            char *target = y + to * p->element_size;
            if (place < 0)
                clear(target, p->element_size);
            else
                ck_move(target, x + (from + i * step + place * p->axis_stride) * p->element_size, p->element_size);
        }
    }
}

// The byte that a tuple of indices names, from the start of a batch; −1 if it names none.
static ptrdiff_t offset_of(const ck_gather_nd *p, const void *indices, ptrdiff_t tuple, void *status) {
    ptrdiff_t offset = 0;
    for (ptrdiff_t k = 0; k < p->depth; k++) {
        int64_t index = ck_index_at(indices, tuple * p->depth + k, p->index_size);
        ptrdiff_t place = ck_place(index, p->extents[k], p->wraps, status);
        if (place < 0) return -1;
        offset += place * p->strides[k];
    }
    return offset;
}

void ck_gather_nd_bytes_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_gather_nd *p = parameters;
    const char *x = buffers[0];
    char *y = buffers[2];
    for (ptrdiff_t tuple = begin; tuple < end; tuple++) {
        ptrdiff_t offset = offset_of(p, buffers[1], tuple, buffers[3]);
        if (offset < 0)
            clear(y + tuple * p->run, p->run);
        else
            ck_move(y + tuple * p->run, x + tuple / p->tuples * p->batch_stride + offset, p->run);
    }
}

void ck_scatter_nd_bytes_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_gather_nd *p = parameters;
    const char *updates = buffers[1];
    char *y = buffers[2];
    for (ptrdiff_t tuple = begin; tuple < end * p->tuples; tuple++) {
        ptrdiff_t offset = offset_of(p, buffers[0], tuple, buffers[3]);
        if (offset >= 0) ck_combine(p->type, p->reduction, y + offset, updates + tuple * p->run, p->run);
    }
}

void ck_scatter_elements_bytes_portable(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_gather_elements *p = parameters;
    const char *updates = buffers[1];
    char *y = buffers[2];
    ptrdiff_t count = end > begin ? 1 : 0;
    for (ptrdiff_t axis = 0; axis < p->rank; axis++) count *= p->sizes[axis];
    for (ptrdiff_t i = 0; i < count; i++) {
        ptrdiff_t place = ck_place(ck_index_at(buffers[0], i, p->index_size), p->extent, p->wraps, buffers[3]);
        if (place < 0) continue;
        ptrdiff_t to = place * p->axis_stride, rest = i;
        for (ptrdiff_t axis = p->rank; axis-- > 0; rest /= p->sizes[axis])
            to += rest % p->sizes[axis] * p->x_strides[axis];
        ck_combine(
            p->type, p->reduction, y + to * p->element_size, updates + i * p->element_size, p->element_size);
    }
}
