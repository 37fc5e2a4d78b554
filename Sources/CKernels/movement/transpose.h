// Template of transposing copies of elements of one size: y[a · y_step + b] = x[a + b · x_step].
//
// The including file defines CK_ELEMENT, CK_LANES (elements in 16 bytes), CK_NAME, and the places from which zips of the low
// and the high halves of two vectors take their elements: CK_LOW, CK_HIGH.
typedef CK_ELEMENT CK_NAME(vector) __attribute__((vector_size(16)));

// A square of as many elements on each side as a vector has. Zips of vectors half the square apart, as often as it takes
// to halve the square to one, bring each column into one vector.
static inline void CK_NAME(transpose_square)(
    const CK_ELEMENT *x, CK_ELEMENT *y, ptrdiff_t x_step, ptrdiff_t y_step) {
    CK_NAME(vector) rows[CK_LANES], zipped[CK_LANES];
    for (int i = 0; i < CK_LANES; i++) memcpy(&rows[i], x + i * x_step, 16);
    for (int width = CK_LANES; width > 1; width /= 2) {
        for (int i = 0; i < CK_LANES / 2; i++) {
            zipped[2 * i] = __builtin_shufflevector(rows[i], rows[i + CK_LANES / 2], CK_LOW);
            zipped[2 * i + 1] = __builtin_shufflevector(rows[i], rows[i + CK_LANES / 2], CK_HIGH);
        }
        memcpy(rows, zipped, sizeof rows);
    }
    for (int i = 0; i < CK_LANES; i++) memcpy(y + i * y_step, &rows[i], 16);
}

static inline void CK_NAME(transpose_rest)(
    const CK_ELEMENT *x, CK_ELEMENT *y, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t x_step, ptrdiff_t y_step) {
    for (ptrdiff_t a = 0; a < rows; a++)
        for (ptrdiff_t b = 0; b < columns; b++) y[a * y_step + b] = x[a + b * x_step];
}

// Few columns, which lie side by side in y.
#define FEW_COLUMNS(count)                                                                   \
    case count:                                                                              \
        _Pragma("clang loop vectorize(assume_safety)")                                       \
        for (ptrdiff_t a = 0; a < rows; a++)                                                 \
            for (int b = 0; b < count; b++) y[a * count + b] = x[a + b * x_step];            \
        return;
// Few rows, which lie side by side in x.
#define FEW_ROWS(count)                                                                      \
    case count:                                                                              \
        _Pragma("clang loop vectorize(assume_safety)")                                       \
        for (ptrdiff_t b = 0; b < columns; b++)                                              \
            for (int a = 0; a < count; a++) y[a * y_step + b] = x[a + b * count];            \
        return;

static void CK_NAME(transpose)(
    const CK_ELEMENT *x, CK_ELEMENT *y, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t x_step, ptrdiff_t y_step) {
    if (y_step == columns) {
        switch (columns) {
            FEW_COLUMNS(2)
            FEW_COLUMNS(3)
            FEW_COLUMNS(4)
        }
    }
    if (x_step == rows) {
        switch (rows) {
            FEW_ROWS(2)
            FEW_ROWS(3)
            FEW_ROWS(4)
        }
    }
    ptrdiff_t whole_rows = rows / CK_LANES * CK_LANES, whole_columns = columns / CK_LANES * CK_LANES;
    // The columns of a square lie far apart in x: those of its neighbours share their cache lines.
    for (ptrdiff_t b = 0; b < whole_columns; b += CK_LANES)
        for (ptrdiff_t a = 0; a < whole_rows; a += CK_LANES)
            CK_NAME(transpose_square)(x + a + b * x_step, y + a * y_step + b, x_step, y_step);
    CK_NAME(transpose_rest)(
        x + whole_columns * x_step, y + whole_columns, whole_rows, columns - whole_columns, x_step, y_step);
    CK_NAME(transpose_rest)(x + whole_rows, y + whole_rows * y_step, rows - whole_rows, columns, x_step, y_step);
}

#undef FEW_COLUMNS
#undef FEW_ROWS
#undef CK_ELEMENT
#undef CK_LANES
#undef CK_NAME
#undef CK_LOW
#undef CK_HIGH
