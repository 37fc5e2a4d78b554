#include "../numeric/half.h"
#include "indices.h"

// A number of any type as a whole one; none is where it has no whole part.
static int is_whole(const void *numbers, ptrdiff_t place, int32_t type, int64_t *value) {
    double real = 0;
    switch (type) {
    case CK_INT64: *value = ((const int64_t *)numbers)[place]; return 1;
    case CK_INT32: *value = ((const int32_t *)numbers)[place]; return 1;
    case CK_INT16: *value = ((const int16_t *)numbers)[place]; return 1;
    case CK_INT8: *value = ((const int8_t *)numbers)[place]; return 1;
    case CK_UINT64:
        *value = (int64_t)((const uint64_t *)numbers)[place];
        return *value >= 0;
    case CK_UINT32: *value = ((const uint32_t *)numbers)[place]; return 1;
    case CK_UINT16: *value = ((const uint16_t *)numbers)[place]; return 1;
    case CK_UINT8: *value = ((const uint8_t *)numbers)[place]; return 1;
    case CK_FLOAT32: real = ((const float *)numbers)[place]; break;
    case CK_FLOAT64: real = ((const double *)numbers)[place]; break;
    case CK_FLOAT16: real = ck_from_half(((const uint16_t *)numbers)[place]); break;
    case CK_BFLOAT16: real = ck_from_bfloat(((const uint16_t *)numbers)[place]); break;
    default: return 0;
    }
    if (!(real > -1e15 && real < 1e15)) return 0;
    *value = (int64_t)real;
    return 1;
}

void ck_one_hot_bytes_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_one_hot *p = parameters;
    ptrdiff_t size = p->element_size;
    const char *on = (const char *)buffers[1] + p->on * size, *off = (const char *)buffers[2] + p->off * size;
    for (ptrdiff_t outer = begin; outer < end; outer++) {
        char *y = (char *)buffers[3] + outer * p->depth * p->inner * size;
        ck_repeat(y, off, p->depth * p->inner * size, size);
        for (ptrdiff_t i = 0; i < p->inner; i++) {
            int64_t place;
            if (!is_whole(buffers[0], outer * p->inner + i, p->type, &place)) continue;
            if (p->wraps && place < 0) place += p->depth;
            if (place >= 0 && place < p->depth) ck_move(y + (place * p->inner + i) * size, on, size);
        }
    }
}

void ck_tensor_scatter_bytes_portable(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_tensor_scatter *p = parameters;
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t outer = unit / p->length;
        int64_t first = buffers[1] ? ck_index_at(buffers[1], outer / p->outer, p->index_size) : 0;
        ptrdiff_t start = ck_place(first, p->extent + !p->is_circular, 0, buffers[3]);
        if (start < 0) continue;
        ptrdiff_t place = start + unit % p->length;
        if (p->is_circular)
            place %= p->extent;
        else if (place >= p->extent) {
            ck_report(buffers[3], place);
            continue;
        }
        ck_move(
            (char *)buffers[2] + (outer * p->extent + place) * p->run, (const char *)buffers[0] + unit * p->run,
            p->run);
    }
}

void ck_update_slice_bytes_portable(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_update_slice *p = parameters;
    ptrdiff_t start = 0, last = p->rank - 1;
    for (ptrdiff_t axis = 0; axis < p->rank; axis++) {
        int64_t index = ck_index_at(buffers[1], axis, p->index_size);
        int64_t most = p->extents[axis] - p->sizes[axis];
        index = index < 0 ? 0 : index > most ? most : index;
        start += (ptrdiff_t)index * p->strides[axis];
    }
    ptrdiff_t bytes = p->sizes[last] * p->element_size;
    for (ptrdiff_t row = begin; row < end; row++) {
        ptrdiff_t to = start, rest = row;
        for (ptrdiff_t axis = last; axis-- > 0; rest /= p->sizes[axis])
            to += rest % p->sizes[axis] * p->strides[axis];
        ck_move((char *)buffers[2] + to * p->element_size, (const char *)buffers[0] + row * bytes, bytes);
    }
}

void ck_embedding_hybrid_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_embedding *p = parameters;
    for (ptrdiff_t entry = begin; entry < end; entry++) {
        float *y = (float *)buffers[2] + entry * p->columns;
        ptrdiff_t row = ck_place(ck_index_at(buffers[1], entry, p->index_size), p->rows, 0, buffers[3]);
        if (row < 0) {
            memset(y, 0, (size_t)p->columns * sizeof *y);
            continue;
        }
        float scale = p->scales[p->is_per_row ? row : 0];
        for (ptrdiff_t i = 0; i < p->columns; i++) {
            ptrdiff_t place = row * p->columns + i;
            int32_t q;
            if (p->bits == 4) {
                uint8_t pair = ((const uint8_t *)buffers[0])[place / 2];
                q = (int8_t)(place % 2 ? pair & 0xf0 : pair << 4) / 16;
            } else {
                q = p->is_unsigned ? ((const uint8_t *)buffers[0])[place] : ((const int8_t *)buffers[0])[place];
            }
            y[i] = (float)q * scale;
        }
    }
}

void ck_col2im_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_col2im *p = parameters;
    ptrdiff_t image = 1, taps = 1, columns = 1;
    for (ptrdiff_t axis = 0; axis < p->rank; axis++) {
        image *= p->image[axis];
        taps *= p->block[axis];
        columns *= p->columns[axis];
    }
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        float *y = (float *)buffers[1] + unit * image;
        const float *x = (const float *)buffers[0] + unit * taps * columns;
        memset(y, 0, (size_t)image * sizeof *y);
        for (ptrdiff_t tap = 0; tap < taps; tap++)
            for (ptrdiff_t column = 0; column < columns; column++) {
                ptrdiff_t to = 0, step = 1, tapRest = tap, columnRest = column, isInside = 1;
                for (ptrdiff_t axis = p->rank; axis-- > 0;) {
                    ptrdiff_t place = columnRest % p->columns[axis] * p->strides[axis] - p->before[axis]
                        + tapRest % p->block[axis] * p->dilations[axis];
                    isInside &= place >= 0 && place < p->image[axis];
                    to += place * step;
                    step *= p->image[axis];
                    tapRest /= p->block[axis];
                    columnRest /= p->columns[axis];
                }
                if (isInside) y[to] += x[tap * columns + column];
            }
    }
}
