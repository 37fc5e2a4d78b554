// Included with CK_NAME defined; see observe.c.

// Adds rows of numbers that stand behind each other to sums in single precision, as many as a row has.
CK_INLINE void CK_NAME(add_rows)(
    const float *values, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns, float *sums, bounds_f *bounds) {
    lanes_f low = bounds->low, high = bounds->high;
    float least = bounds->least, most = bounds->most;
    for (ptrdiff_t r = 0; r < rows; r++, values += stride) {
        ptrdiff_t c = 0;
        for (; c + 16 <= columns; c += 16) {
            lanes_f v = *(const lanes_f *)(values + c);
            *(lanes_f *)(sums + c) += v;
            low = lesser(low, v);
            high = greater(high, v);
        }
        for (; c < columns; c++) {
            float v = values[c];
            sums[c] += v;
            least = v < least ? v : least;
            most = v > most ? v : most;
        }
    }
    *bounds = (bounds_f){low, high, least, most};
}

static int32_t CK_NAME(ck_observe)(
    const float *values, ptrdiff_t outer, ptrdiff_t channels, ptrdiff_t run, double *sums, float *minimum,
    float *maximum) {
    bounds_f bounds = {.least = *minimum, .most = *maximum};
    bounds.low = bounds.least - (lanes_f){0};
    bounds.high = bounds.most - (lanes_f){0};
    // A number that is not finite makes the sums that it is part of so, and these this one.
    double check = 0;
    float sum[COLUMNS];
    if (run == 1) {
        for (ptrdiff_t row = 0; row < outer; row += ROWS) {
            ptrdiff_t rows = outer - row < ROWS ? outer - row : ROWS;
            for (ptrdiff_t first = 0; first < channels; first += COLUMNS) {
                ptrdiff_t columns = channels - first < COLUMNS ? channels - first : COLUMNS;
                memset(sum, 0, sizeof(float) * (size_t)columns);
                CK_NAME(add_rows)(values + row * channels + first, rows, channels, columns, sum, &bounds);
                for (ptrdiff_t c = 0; c < columns; c++) {
                    check += sum[c] * 0.0;
                    if (sums) sums[first + c] += sum[c];
                }
            }
        }
    } else {
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

static void CK_NAME(ck_count)(
    const float *values, ptrdiff_t count, ptrdiff_t step, float factor, uint32_t *counts, int32_t bins) {
    int32_t found[CK_COUNTED];
    for (ptrdiff_t i = 0; i < count; i += CK_COUNTED * step) {
        ptrdiff_t block = count - i < CK_COUNTED ? count - i : CK_COUNTED;
        for (ptrdiff_t j = 0; j < block; j++) {
            float value = values[i + j];
            float place = __builtin_floorf(value * factor) + (float)(bins / 2);
            place = place > 0 ? place : 0;
            place = place < (float)(bins - 1) ? place : (float)(bins - 1);
            // Zeros take turns in four places: adding to one place again and again would wait for it each time.
            found[j] = value == 0 ? bins + (int32_t)(j & 3) : (int32_t)place;
        }
        for (ptrdiff_t j = 0; j < block; j++) counts[found[j]]++;
    }
}
