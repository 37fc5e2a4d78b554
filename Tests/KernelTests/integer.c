// Products of bytes with any zero points, and what quantizes by a range that it finds.
#include "linear.h"
#include "suites.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    uint64_t seed;
    ck_integer_matmul product;
    int has_zeros;
} matmul_shape;

static void describe_matmul(const void *shape, char *text, size_t size) {
    const matmul_shape *s = shape;
    const ck_integer_matmul *p = &s->product;
    snprintf(
        text, size, "[%td, %td] by [%td, %td], strides of b %td %td, kind %d, zero points %d, seed %llu", p->rows, p->inner,
        p->inner, p->columns, p->b_row_stride, p->b_column_stride, (int)p->result.kind, s->has_zeros,
        (unsigned long long)s->seed);
}

static ptrdiff_t result_size(const matmul_shape *s) {
    return s->product.rows * s->product.columns * (s->product.result.kind == CK_INTEGER_BYTE ? 1 : 4);
}

static void *matmul(const void *shape, const call *call) {
    const matmul_shape *s = shape;
    random_source source = {s->seed};
    ck_integer_matmul p = s->product;
    int8_t *a = input(p.rows * p.inner), *b = input(p.inner * p.columns);
    draw_bytes(&source, a, p.rows * p.inner);
    draw_bytes(&source, b, p.inner * p.columns);
    int8_t *a_zero = input(p.rows), *b_zero = input(p.columns);
    draw_bytes(&source, a_zero, p.rows);
    draw_bytes(&source, b_zero, p.columns);
    float *factors = input(p.columns * (ptrdiff_t)sizeof *factors);
    int32_t *bias = input(p.columns * (ptrdiff_t)sizeof *bias);
    for (ptrdiff_t i = 0; i < p.columns; i++) {
        factors[i] = ldexpf(1.5f + 0.5f * draw_real(&source), -14);
        bias[i] = (int32_t)draw_between(&source, -100000, 100000);
    }
    p.result.factor = factors;
    p.result.factor_step = 1;
    if (draw_one_in(&source, 2)) {
        p.result.bias = bias;
        p.result.bias_step = 1;
    }
    void *buffers[] = {a, b, output(result_size(s)), s->has_zeros ? a_zero : NULL, s->has_zeros ? b_zero : NULL};
    call_kernel(call, &p, buffers, p.rows);
    return buffers[2];
}

void draw_integer_matmul(const suite *suite) {
    for (ptrdiff_t number = 0; number < 600; number++) {
        random_source source = {(uint64_t)number * 31 + 7};
        matmul_shape shape = {.seed = (uint64_t)number, .has_zeros = number % 3 != 0};
        ck_integer_matmul *p = &shape.product;
        p->rows = draw_between(&source, 1, 5);
        p->inner = DRAW_ONE_OF(&source, awkward_sizes);
        p->columns = DRAW_ONE_OF(&source, awkward_sizes);
        int is_transposed = draw_one_in(&source, 3);
        p->b_row_stride = is_transposed ? 1 : p->columns;
        p->b_column_stride = is_transposed ? p->inner : 1;
        p->a_flip = draw_one_in(&source, 2) ? 0x80 : 0;
        p->b_flip = draw_one_in(&source, 2) ? 0x80 : 0;
        p->a_zero_step = draw_one_in(&source, 2);
        p->b_zero_step = draw_one_in(&source, 2);
        p->result.kind = (int32_t)(number % 3);
        p->result.zero_point = (int32_t)draw_between(&source, 0, 255);
        comparison c = {
            .bytes = result_size(&shape), .compute = matmul, .shape = &shape, .describe = describe_matmul};
        if (is_drawn(number)) verify(suite, &c);
    }
}

typedef struct {
    uint64_t seed;
    ptrdiff_t count;
} numbers_shape;

static void describe_numbers(const void *shape, char *text, size_t size) {
    const numbers_shape *s = shape;
    snprintf(text, size, "%td numbers, seed %llu", s->count, (unsigned long long)s->seed);
}

// The scale, the zero point, and the bytes.
static void *dynamic_quantize(const void *shape, const call *call) {
    const numbers_shape *s = shape;
    random_source source = {s->seed};
    float *x = input(s->count * (ptrdiff_t)sizeof *x);
    float scale = ldexpf(1, (int)draw_between(&source, -20, 20)), offset = draw_real(&source);
    int is_zero = draw_one_in(&source, 10);
    for (ptrdiff_t i = 0; i < s->count; i++) {
        x[i] = is_zero ? 0 : (draw_real(&source) + offset) * scale;
        if (draw_one_in(&source, 20)) x[i] = draw_one_in(&source, 2) ? 0.0f : -0.0f;
        if (draw_one_in(&source, 200)) x[i] = NAN;
    }
    const ck_dynamic_quantize p = {.count = s->count};
    char *y = output(s->count + 5);
    float found;
    void *buffers[] = {x, y + 5, &found, y + 4};
    call_kernel(call, &p, buffers, 1);
    memcpy(y, &found, sizeof found);
    return y;
}

void draw_dynamic_quantize(const suite *suite) {
    for (ptrdiff_t number = 0; number < 300; number++) {
        random_source source = {(uint64_t)number * 17 + 3};
        numbers_shape shape = {
            .seed = (uint64_t)number, .count = DRAW_ONE_OF(&source, awkward_sizes) * draw_between(&source, 1, 5)};
        comparison c = {
            .bytes = shape.count + 5, .compute = dynamic_quantize, .shape = &shape, .describe = describe_numbers};
        if (is_drawn(number)) verify(suite, &c);
    }
}
