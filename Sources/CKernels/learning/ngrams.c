#include "../declarations.h"

static int64_t element(const ck_ngrams *p, const void *x, ptrdiff_t at) {
    return p->is_wide ? ((const int64_t *)x)[at] : ((const int32_t *)x)[at];
}

// How often one n-gram occurs in a row whose neighbours lie `distance` apart.
static ptrdiff_t occurrences(const ck_ngrams *p, const void *x, ptrdiff_t row, ptrdiff_t gram, ptrdiff_t distance) {
    ptrdiff_t length = p->lengths[gram], found = 0;
    const int64_t *wanted = p->pool + p->starts[gram];
    for (ptrdiff_t first = 0; first + (length - 1) * distance < p->count; first++) {
        ptrdiff_t k = 0;
        while (k < length && element(p, x, row * p->count + first + k * distance) == wanted[k]) k++;
        found += k == length;
    }
    return found;
}

void ck_ngrams_integers_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_ngrams *p = parameters;
    for (ptrdiff_t row = begin; row < end; row++) {
        float *y = (float *)buffers[1] + row * p->columns;
        for (ptrdiff_t c = 0; c < p->columns; c++) y[c] = 0;
        for (ptrdiff_t gram = 0; gram < p->grams; gram++) {
            // Nothing can be left out of a single element.
            ptrdiff_t most = p->lengths[gram] == 1 ? 1 : p->skips + 1, found = 0;
            for (ptrdiff_t distance = 1; distance <= most && distance <= p->count; distance++)
                found += occurrences(p, buffers[0], row, gram, distance);
            float weight = p->weights ? p->weights[gram] : 1;
            if (p->counts) y[p->columns_of[gram]] += (float)found * weight;
            else if (found) y[p->columns_of[gram]] = weight;
        }
    }
}
