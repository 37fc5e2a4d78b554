// Exchanges two axes: y[g · y_stride + j] = x[j · x_step + g] for g below `runs` and j below `inner`. Instances have an
// ELEMENT, blocks of SIDE by SIDE, and the lanes LOW and HIGH that interleave the halves of two vectors of SIDE.
#define TURNED(name) CK_PASTE(CK_PASTE(name, _), ELEMENT)

typedef ELEMENT TURNED(row) __attribute__((vector_size(sizeof(ELEMENT) * SIDE)));

// The upper half of the rows is interleaved with the lower half, log₂ SIDE times.
CK_INLINE void TURNED(turn_block)(const ELEMENT *x, ptrdiff_t x_step, ELEMENT *y, ptrdiff_t y_stride) {
    TURNED(row) rows[SIDE], mixed[SIDE];
#pragma clang loop unroll(full)
    for (int j = 0; j < SIDE; j++) memcpy(&rows[j], x + j * x_step, sizeof rows[j]);
#pragma clang loop unroll(full)
    for (int step = 1; step < SIDE; step *= 2) {
#pragma clang loop unroll(full)
        for (int i = 0; i < SIDE / 2; i++) {
            mixed[2 * i] = __builtin_shufflevector(rows[i], rows[i + SIDE / 2], LOW);
            mixed[2 * i + 1] = __builtin_shufflevector(rows[i], rows[i + SIDE / 2], HIGH);
        }
#pragma clang loop unroll(full)
        for (int i = 0; i < SIDE; i++) rows[i] = mixed[i];
    }
#pragma clang loop unroll(full)
    for (int g = 0; g < SIDE; g++) memcpy(y + g * y_stride, &rows[g], sizeof rows[g]);
}

// So few planes that their elements make no block.
CK_INLINE void TURNED(join)(
    const ELEMENT *restrict x, ptrdiff_t x_step, ELEMENT *restrict y, ptrdiff_t runs, int planes) {
    for (ptrdiff_t g = 0; g < runs; g++)
#pragma clang loop unroll(full)
        for (int j = 0; j < planes; j++) y[g * planes + j] = x[j * x_step + g];
}

CK_INLINE void TURNED(part)(
    const ELEMENT *restrict x, ELEMENT *restrict y, ptrdiff_t y_stride, ptrdiff_t inner, int planes) {
    for (ptrdiff_t j = 0; j < inner; j++)
#pragma clang loop unroll(full)
        for (int g = 0; g < planes; g++) y[g * y_stride + j] = x[j * planes + g];
}

static void TURNED(turn)(
    const ELEMENT *x, ptrdiff_t x_step, ELEMENT *y, ptrdiff_t y_stride, ptrdiff_t runs, ptrdiff_t inner) {
    if (y_stride == inner && inner == 2) return TURNED(join)(x, x_step, y, runs, 2);
    if (y_stride == inner && inner == 3) return TURNED(join)(x, x_step, y, runs, 3);
    if (y_stride == inner && inner == 4) return TURNED(join)(x, x_step, y, runs, 4);
    if (x_step == runs && runs == 2) return TURNED(part)(x, y, y_stride, inner, 2);
    if (x_step == runs && runs == 3) return TURNED(part)(x, y, y_stride, inner, 3);
    if (x_step == runs && runs == 4) return TURNED(part)(x, y, y_stride, inner, 4);
    for (ptrdiff_t g = 0; g < runs; g += SIDE) {
        ptrdiff_t across = runs - g < SIDE ? runs - g : SIDE;
        for (ptrdiff_t j = 0; j < inner; j += SIDE) {
            ptrdiff_t down = inner - j < SIDE ? inner - j : SIDE;
            const ELEMENT *from = x + j * x_step + g;
            ELEMENT *to = y + g * y_stride + j;
            if (across == SIDE && down == SIDE) {
                TURNED(turn_block)(from, x_step, to, y_stride);
                continue;
            }
            for (ptrdiff_t b = 0; b < down; b++)
                for (ptrdiff_t a = 0; a < across; a++) to[a * y_stride + b] = from[b * x_step + a];
        }
    }
}

#undef TURNED
#undef ELEMENT
#undef SIDE
#undef LOW
#undef HIGH
