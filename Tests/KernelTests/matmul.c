#include "linear.h"
#include "suites.h"

#include <stdio.h>

typedef struct {
    uint64_t seed;
    ptrdiff_t batch, rows, inner, columns;
    // Whether one b is for all a, and whether its columns are what lies side by side.
    int shares_b, transposes_b;
} matmul_shape;

static void describe(const void *shape, char *text, size_t size) {
    const matmul_shape *s = shape;
    snprintf(
        text, size, "%td times %td x %td by %td x %td%s%s, seed %llu", s->batch, s->rows, s->inner, s->inner, s->columns,
        s->shares_b ? ", one b" : "", s->transposes_b ? ", transposed" : "", (unsigned long long)s->seed);
}

static void *matmul_float32(const void *shape, const call *call) {
    const matmul_shape *s = shape;
    random_source source = {s->seed};
    ck_pack_columns pack = {
        .matrices = s->shares_b ? 1 : s->batch,
        .inner = s->inner,
        .columns = s->columns,
        .row_stride = s->transposes_b ? 1 : s->columns,
        .column_stride = s->transposes_b ? s->inner : 1,
        .factor = draw_one_in(&source, 2) ? 1 : 0.25f,
    };
    ck_matmul p = {
        .rows = s->rows,
        .columns = s->columns,
        .inner = s->inner,
        .rank = 1,
        .sizes = {s->batch},
        .a_strides = {s->rows * s->inner},
        .b_strides = {s->shares_b ? 0 : s->inner * s->columns},
    };
    ptrdiff_t a_count = s->batch * s->rows * s->inner, b_count = pack.matrices * s->inner * s->columns;
    ptrdiff_t blocks = (s->columns + CK_BLOCK - 1) / CK_BLOCK, units = ck_divide_matmul(&p, s->batch);
    float *a = input(a_count * (ptrdiff_t)sizeof *a), *b = input(b_count * (ptrdiff_t)sizeof *b);
    draw_reals(&source, a, a_count);
    draw_reals(&source, b, b_count);
    float *packed = input(pack.matrices * blocks * s->inner * CK_BLOCK * (ptrdiff_t)sizeof *packed);
    void *matrices[] = {b, packed};
    ck_find_kernel("pack_columns", "float32", CK_ISA_PORTABLE)->function(&pack, matrices, 0, pack.matrices * blocks);
    void *buffers[] = {a, packed, output(s->batch * s->rows * s->columns * (ptrdiff_t)sizeof(float))};
    call_kernel(call, &p, buffers, units);
    return buffers[2];
}

void draw_matmul(const suite *suite) {
    for (ptrdiff_t number = 0; number < (ptrdiff_t)SIZES * SIZES * SIZES; number++) {
        random_source source = {(uint64_t)number};
        matmul_shape shape = {
            .seed = (uint64_t)number,
            .inner = awkward_sizes[number % SIZES],
            .columns = awkward_sizes[number / SIZES % SIZES],
            .rows = awkward_sizes[number / SIZES / SIZES % SIZES],
            .batch = draw_between(&source, 1, 3),
            .shares_b = draw_one_in(&source, 2),
            .transposes_b = draw_one_in(&source, 2),
        };
        comparison c = {
            .bytes = shape.batch * shape.rows * shape.columns * (ptrdiff_t)sizeof(float),
            .compute = matmul_float32,
            .shape = &shape,
            .describe = describe,
            .magnitude = typical_real(shape.inner),
        };
        if (is_drawn(number)) verify(suite, &c);
    }
}
