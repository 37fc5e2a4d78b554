#include "few_bytes.h"
#include "indices.h"

void ck_remap_bytes_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_remap *p = parameters;
    const char *x = buffers[0];
    const ck_pattern value = ck_pattern_of(buffers[1], p->element_size);
    char *y = (char *)buffers[2] + begin * p->row;
    ptrdiff_t index[CK_MAX_RANK], rest = begin;
    for (ptrdiff_t axis = p->rank; axis-- > 0; rest /= p->sizes[axis]) index[axis] = rest % p->sizes[axis];
    for (ptrdiff_t row = begin; row < end; row++) {
        ptrdiff_t from = 0, is_inside = 1;
        for (ptrdiff_t axis = 0; axis < p->rank; axis++) {
            ptrdiff_t place = p->places[axis][index[axis]];
            is_inside &= place >= 0;
            from += place;
        }
        if (!is_inside) {
            ck_fill_few(y, &value, p->row);
            y += p->row;
        } else {
            for (const ck_span *span = p->spans, *last = span + p->span_count; span < last; span++) {
                if (span->from < 0) ck_fill_few(y, &value, span->bytes);
                else if (span->bytes <= 512) ck_copy_few(y, x + from + span->from, span->bytes);
                else memcpy(y, x + from + span->from, (size_t)span->bytes);
                y += span->bytes;
            }
        }
        for (ptrdiff_t axis = p->rank; axis-- > 0; index[axis] = 0)
            if (++index[axis] < p->sizes[axis]) break;
    }
}

void ck_reverse_sequence_bytes_portable(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_reverse_sequence *p = parameters;
    ptrdiff_t steps = p->is_step_first ? p->first : p->second;
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t second = unit % p->second, middle = unit / p->second % p->middle;
        ptrdiff_t first = unit / p->second / p->middle % p->first, outer = unit / p->second / p->middle / p->first;
        ptrdiff_t batch = p->is_step_first ? second : first, step = p->is_step_first ? first : second;
        int64_t length = ck_index_at(buffers[1], batch, p->index_size);
        if (length < 0 || length > steps) {
            ck_report(buffers[3], length);
            length = 0;
        }
        ptrdiff_t from = step < length ? (ptrdiff_t)length - 1 - step : step;
        if (p->is_step_first)
            first = from;
        else
            second = from;
        ptrdiff_t source = ((outer * p->first + first) * p->middle + middle) * p->second + second;
        ck_move((char *)buffers[2] + unit * p->run, (const char *)buffers[0] + source * p->run, p->run);
    }
}

void ck_trilu_bytes_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_trilu *p = parameters;
    int64_t diagonal = buffers[1] ? *(const int64_t *)buffers[1] : 0;
    ptrdiff_t size = p->element_size, bytes = p->columns * size;
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t row = unit % p->rows;
        // Columns before `split` belong to the lower part; one more where the diagonal does.
        int64_t limit = p->is_upper ? 0 : 1, split = 0;
        if (diagonal > p->columns)
            split = p->columns;
        else if (diagonal >= -p->rows)
            split = row + diagonal + limit;
        split = split < 0 ? 0 : split > p->columns ? p->columns : split;
        char *y = (char *)buffers[2] + unit * bytes;
        const char *x = (const char *)buffers[0] + unit * bytes;
        ptrdiff_t lower = (ptrdiff_t)split * size;
        if (p->is_upper) {
            memset(y, 0, (size_t)lower);
            memcpy(y + lower, x + lower, (size_t)(bytes - lower));
        } else {
            memcpy(y, x, (size_t)lower);
            memset(y + lower, 0, (size_t)(bytes - lower));
        }
    }
}
