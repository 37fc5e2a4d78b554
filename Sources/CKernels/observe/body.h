// Included with CK_NAME defined; see observe.c.

// Adds rows of numbers that stand behind each other to sums in single precision, as many as a row has.
CK_INLINE void CK_NAME(add_rows)(
    const float *values, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns, float *sums, bounds_f *bounds) {
    if (columns < 16) {
        for (ptrdiff_t r = 0; r < rows; r++, values += stride) {
            for (ptrdiff_t c = 0; c < columns; c++) {
                float v = values[c];
                sums[c] += v;
                bounds->least = v < bounds->least ? v : bounds->least;
                bounds->most = v > bounds->most ? v : bounds->most;
            }
        }
        return;
    }
    // Several of each, so that no comparison waits for the one before.
    lanes_f low[2] = {bounds->low, bounds->low}, high[2] = {bounds->high, bounds->high};
    // The last vector reaches back over columns of the one before, whose sums come out the same once more.
    lanes_f last = *(lanes_f *)(sums + columns - 16);
    for (ptrdiff_t c = 0; c < columns; c += 16) {
        int is_last = c + 16 > columns;
        const float *next = values + (is_last ? columns - 16 : c);
        lanes_f sum = is_last ? last : *(lanes_f *)(sums + c);
        ptrdiff_t r = 0;
        for (; r + 2 <= rows; r += 2, next += 2 * stride) {
            lanes_f a = *(const lanes_f *)next, b = *(const lanes_f *)(next + stride);
            sum = sum + a + b;
            low[0] = lesser(low[0], a);
            low[1] = lesser(low[1], b);
            high[0] = greater(high[0], a);
            high[1] = greater(high[1], b);
        }
        if (r < rows) {
            lanes_f a = *(const lanes_f *)next;
            sum += a;
            low[0] = lesser(low[0], a);
            high[0] = greater(high[0], a);
        }
        *(lanes_f *)(sums + (is_last ? columns - 16 : c)) = sum;
    }
    bounds->low = lesser(low[0], low[1]);
    bounds->high = greater(high[0], high[1]);
}

// The same of [rows, columns], a part of the columns of rows of `stride`, whose sums go into those of their channels.
CK_INLINE double CK_NAME(add_block)(
    const float *values, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns, double *sums, ptrdiff_t channels,
    bounds_f *bounds) {
    float sum[COLUMNS];
    double check = 0;
    memset(sum, 0, sizeof(float) * (size_t)columns);
    CK_NAME(add_rows)(values, rows, stride, columns, sum, bounds);
    for (ptrdiff_t c = 0, channel = 0; c < columns; c++) {
        check += sum[c] * 0.0;
        if (sums) sums[channel] += sum[c];
        channel = channel + 1 == channels ? 0 : channel + 1;
    }
    return check;
}

static int32_t CK_NAME(ck_observe)(
    const float *values, ptrdiff_t outer, ptrdiff_t channels, ptrdiff_t run, double *sums, float *minimum,
    float *maximum) {
    bounds_f bounds = {.least = *minimum, .most = *maximum};
    bounds.low = bounds.least - (lanes_f){0};
    bounds.high = bounds.most - (lanes_f){0};
    // A number that is not finite makes the sums that it is part of so, and these this one.
    double check = 0;
    if (run == 1) {
        // Narrow rows are taken together, as many as give each vector the same channels.
        ptrdiff_t joined = channels < 16 ? outer / 16 : 0, width = channels * 16;
        for (ptrdiff_t row = 0; row < joined; row += ROWS)
            check += CK_NAME(add_block)(
                values + row * width, joined - row < ROWS ? joined - row : ROWS, width, width, sums, channels, &bounds);
        for (ptrdiff_t row = joined * 16; row < outer; row += ROWS) {
            ptrdiff_t rows = outer - row < ROWS ? outer - row : ROWS;
            for (ptrdiff_t first = 0; first < channels; first += COLUMNS) {
                ptrdiff_t columns = channels - first < COLUMNS ? channels - first : COLUMNS;
                check += CK_NAME(add_block)(
                    values + row * channels + first, rows, channels, columns, sums ? sums + first : NULL, columns, &bounds);
            }
        }
    } else {
        float sum[LINE];
        for (ptrdiff_t part = 0; part < outer * channels; part++, values += run) {
            double total = 0;
            for (ptrdiff_t i = 0; i < run; i += ROWS * LINE) {
                ptrdiff_t count = run - i < ROWS * LINE ? run - i : ROWS * LINE, rows = count / LINE;
                memset(sum, 0, sizeof(float) * LINE);
                CK_NAME(add_rows)(values + i, rows, LINE, LINE, sum, &bounds);
                CK_NAME(add_rows)(values + i + rows * LINE, 1, 0, count - rows * LINE, sum, &bounds);
                for (ptrdiff_t c = 0; c < LINE; c++) total += sum[c];
            }
            check += total * 0.0;
            if (sums) sums[part % channels] += total;
        }
    }
    *minimum = bounds.least;
    *maximum = bounds.most;
    for (int i = 0; i < 16; i++) {
        *minimum = bounds.low[i] < *minimum ? bounds.low[i] : *minimum;
        *maximum = bounds.high[i] > *maximum ? bounds.high[i] : *maximum;
    }
    return check == 0;
}

#ifdef CK_IS_AVX512
// The bins of values other than zero and the peak, which is counted by itself.
CK_INLINE ptrdiff_t CK_NAME(find_bins)(
    const float *values, ptrdiff_t count, float factor, int32_t bins, int32_t *found, float peak, ptrdiff_t *at_peak) {
    const __m512 top = _mm512_set1_ps(peak);
    const __m512 scale = _mm512_set1_ps(factor), middle = _mm512_set1_ps((float)(bins / 2)), zero = _mm512_setzero_ps(),
                 last = _mm512_set1_ps((float)(bins - 1));
    ptrdiff_t number = 0;
    for (ptrdiff_t j = 0; j < count; j += 16) {
        __mmask16 mask = count - j < 16 ? (__mmask16)((1u << (count - j)) - 1) : 0xFFFF;
        __m512 value = _mm512_maskz_loadu_ps(mask, values + j);
        __m512 place = _mm512_add_ps(_mm512_floor_ps(_mm512_mul_ps(value, scale)), middle);
        place = _mm512_min_ps(_mm512_max_ps(place, zero), last);
        mask = _mm512_mask_cmp_ps_mask(mask, value, zero, _CMP_NEQ_UQ);
        __mmask16 other = _mm512_mask_cmp_ps_mask(mask, value, top, _CMP_NEQ_UQ);
        *at_peak += __builtin_popcount(mask ^ other);
        mask = other;
        // As a whole vector, of which the rest is written over: some processors store parts slowly.
        _mm512_storeu_si512(found + number, _mm512_maskz_compress_epi32(mask, _mm512_cvttps_epi32(place)));
        number += __builtin_popcount(mask);
    }
    return number;
}
#else
// The bins of values. Zeros take turns in four places: adding to one place again and again would wait for it each time.
CK_INLINE ptrdiff_t CK_NAME(find_bins)(
    const float *values, ptrdiff_t count, float factor, int32_t bins, int32_t *found, float peak, ptrdiff_t *at_peak) {
    (void)peak, (void)at_peak;
    for (ptrdiff_t j = 0; j < count; j++) {
        float place = __builtin_floorf(values[j] * factor) + (float)(bins / 2);
        place = place > 0 ? place : 0;
        place = place < (float)(bins - 1) ? place : (float)(bins - 1);
        found[j] = values[j] == 0 ? bins + (int32_t)(j & 3) : (int32_t)place;
    }
    return count;
}
#endif

static void CK_NAME(ck_count)(
    const float *values, ptrdiff_t count, float factor, uint32_t *counts, int32_t bins) {
    // Far enough from where they are written that reading them waits for nothing.
    int32_t found[FOUND + 16];
    // Neighbours, which are often alike, are counted in turns.
    uint32_t others[MOST_BINS + 4];
    uint32_t *other = bins <= MOST_BINS && count > bins ? others : counts;
    if (other != counts) memset(others, 0, sizeof(uint32_t) * (size_t)(bins + 4));
    // Where a clamp cuts off, many are the largest, and adding to one place again and again would wait for it each time.
    float peak = 0;
    ptrdiff_t at_peak = 0;
    lanes_f peaks[2] = {{0}};
    ptrdiff_t behind = count & ~(ptrdiff_t)31;
    for (ptrdiff_t i = 0; i < behind; i += 32) {
        peaks[0] = greater(peaks[0], *(const lanes_f *)(values + i));
        peaks[1] = greater(peaks[1], *(const lanes_f *)(values + i + 16));
    }
    peaks[0] = greater(peaks[0], peaks[1]);
    for (int i = 0; i < 16; i++) peak = peaks[0][i] > peak ? peaks[0][i] : peak;
    for (ptrdiff_t i = behind; i < count; i++) peak = values[i] > peak ? values[i] : peak;
    for (ptrdiff_t i = 0; i < count; i += FOUND) {
        ptrdiff_t number = CK_NAME(find_bins)(
            values + i, count - i < FOUND ? count - i : FOUND, factor, bins, found, peak, &at_peak);
        ptrdiff_t j = 0;
        for (; j + 2 <= number; j += 2) {
            counts[found[j]]++;
            other[found[j + 1]]++;
        }
        if (j < number) counts[found[j]]++;
    }
    if (at_peak > 0) {
        ptrdiff_t none = 0;
        CK_NAME(find_bins)(&peak, 1, factor, bins, found, 0, &none);
        counts[found[0]] += (uint32_t)at_peak;
    }
    if (other == counts) return;
    for (int32_t bin = 0; bin < bins + 4; bin++) counts[bin] += other[bin];
}

// Sixteen sums of each kind, and one of each from them, in an order that is the same for all.
static int32_t CK_NAME(ck_compare)(const float *a, const float *b, ptrdiff_t count, ck_differences *total) {
    lanes_d squares_a[2] = {{0}}, squares_b[2] = {{0}}, products[2] = {{0}}, squares[2] = {{0}}, largest[2] = {{0}};
    lanes_i differing = {0};
    for (ptrdiff_t i = 0; i < count; i += 16) {
        float ends[2][16] = {{0}};
        const float *left = a + i, *right = b + i;
        if (count - i < 16) {
            left = memcpy(ends[0], left, sizeof(float) * (size_t)(count - i));
            right = memcpy(ends[1], right, sizeof(float) * (size_t)(count - i));
        }
        differing -= *(const lanes_f *)left != *(const lanes_f *)right;
        for (int half = 0; half < 2; half++) {
            lanes_d x = __builtin_convertvector(*(const half_f *)(left + 8 * half), lanes_d);
            lanes_d y = __builtin_convertvector(*(const half_f *)(right + 8 * half), lanes_d);
            lanes_d difference = x - y, size = (lanes_d)((mask_d)difference & INT64_MAX);
            squares_a[half] += x * x;
            squares_b[half] += y * y;
            products[half] += x * y;
            squares[half] += difference * difference;
            largest[half] = chosen_d(size > largest[half], size, largest[half]);
        }
    }
    ck_differences found = {0};
    for (int i = 0; i < 8; i++) {
        found.squares_a += squares_a[0][i] + squares_a[1][i];
        found.squares_b += squares_b[0][i] + squares_b[1][i];
        found.products += products[0][i] + products[1][i];
        found.squares += squares[0][i] + squares[1][i];
        for (int half = 0; half < 2; half++)
            found.largest = largest[half][i] > found.largest ? largest[half][i] : found.largest;
    }
    for (int i = 0; i < 16; i++) found.differing += differing[i];
    // Squares of what is not finite are not, and nothing takes them away again.
    if ((found.squares_a + found.squares_b) * 0.0 != 0) return 0;
    total->squares_a += found.squares_a;
    total->squares_b += found.squares_b;
    total->products += found.products;
    total->squares += found.squares;
    total->largest = found.largest > total->largest ? found.largest : total->largest;
    total->differing += found.differing;
    return 1;
}
