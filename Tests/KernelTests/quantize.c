#include "linear.h"
#include "suites.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// What is drawn is the same on every processor.
#pragma STDC FP_CONTRACT OFF

typedef struct {
    uint64_t seed;
    ptrdiff_t count;
    int is_unsigned, rounds_to_even;
} quantize_shape;

static void describe(const void *shape, char *text, size_t size) {
    const quantize_shape *s = shape;
    snprintf(text, size, "%td numbers, rounds_to_even %d, seed %llu", s->count, s->rounds_to_even, (unsigned long long)s->seed);
}

static void *quantize(const void *shape, const call *call) {
    const quantize_shape *s = shape;
    random_source source = {s->seed};
    float scale = ldexpf(1.5f + 0.5f * draw_real(&source), (int)draw_between(&source, -10, 4));
    if (draw_one_in(&source, 3)) scale = ldexpf(1, (int)draw_between(&source, -10, 4));
    ck_quantize p = {
        .count = s->count,
        .scale = s->rounds_to_even == 2 ? 1 / scale : scale,
        .zero_point = draw_zero_point(&source, s->is_unsigned),
        .minimum = s->is_unsigned ? 0 : INT8_MIN,
        .maximum = s->is_unsigned ? UINT8_MAX : INT8_MAX,
        .rounds_to_even = s->rounds_to_even,
    };
    static const float special[] = {NAN, INFINITY, -INFINITY, 3e38f, -3e38f, 1e-40f, -0.0f, 2147483648.0f};
    float *x = input(s->count * (ptrdiff_t)sizeof *x);
    for (ptrdiff_t i = 0; i < s->count; i++) {
        x[i] = draw_real(&source) * 200 * scale;
        // Ties, and the numbers next to them.
        if (draw_one_in(&source, 3)) x[i] = ((float)draw_between(&source, -300, 300) + 0.5f) * scale;
        if (draw_one_in(&source, 8)) x[i] = nextafterf(x[i], draw_one_in(&source, 2) ? INFINITY : -INFINITY);
        if (draw_one_in(&source, 24)) x[i] = DRAW_ONE_OF(&source, special);
    }
    void *buffers[] = {x, output(s->count)};
    call_kernel(call, &p, buffers, (s->count + CK_CHUNK - 1) / CK_CHUNK);
    return buffers[1];
}

void draw_quantize(const suite *suite) {
    static const int counts[] = {1, 2, 3, 15, 16, 17, 31, 33, 47, 48, 63, 64, 65, 130, 1023, 1024, 1025, 3000};
    const ptrdiff_t count = sizeof counts / sizeof counts[0];
    for (ptrdiff_t number = 0; number < count * 30; number++) {
        quantize_shape shape = {
            .seed = (uint64_t)number,
            .count = counts[number % count],
            .is_unsigned = !strcmp(suite->type, "float32_to_uint8"),
            .rounds_to_even = (int)(number / count % 3)};
        comparison c = {.bytes = shape.count, .compute = quantize, .shape = &shape, .describe = describe};
        if (is_drawn(number)) verify(suite, &c);
    }
}

typedef struct {
    uint64_t seed;
    ptrdiff_t rows, count;
    int is_asymmetric;
    // Lines and padding, if there are any.
    ck_quantize_rows image;
} rows_shape;

static void describe_rows(const void *shape, char *text, size_t size) {
    const rows_shape *s = shape;
    snprintf(
        text, size, "%td x %td numbers, %td lines, asymmetric %d, seed %llu", s->rows, s->count, s->image.lines, s->is_asymmetric,
        (unsigned long long)s->seed);
}

static ptrdiff_t rows_bytes(const rows_shape *s) {
    ptrdiff_t bytes = s->image.lines ? s->image.padded_lines * s->image.padded_line : s->count;
    return s->rows * ((ptrdiff_t)sizeof(ck_batch_quantization) + bytes);
}

static void *quantize_rows(const void *shape, const call *call) {
    const rows_shape *s = shape;
    random_source source = {s->seed};
    ck_quantize_rows p = s->image;
    p.count = s->count;
    p.is_asymmetric = s->is_asymmetric;
    p.flip = s->seed % 3 ? 0 : 0x80;
    const float scale = ldexpf(1, (int)draw_between(&source, -20, 20)), offset = draw_real(&source);
    float *x = input(s->rows * s->count * (ptrdiff_t)sizeof *x);
    for (ptrdiff_t i = 0; i < s->rows * s->count; i++) {
        x[i] = (draw_real(&source) + offset) * scale;
        if (draw_one_in(&source, 20)) x[i] = draw_one_in(&source, 2) ? 0.0f : -0.0f;
        if (draw_one_in(&source, 40)) x[i] = NAN;
    }
    char *result = output(rows_bytes(s)), *y = result + s->rows * (ptrdiff_t)sizeof(ck_batch_quantization);
    void *buffers[] = {x, y, result};
    call_kernel(call, &p, buffers, s->rows);
    return result;
}

void draw_quantize_rows(const suite *suite) {
    static const int counts[] = {1, 2, 3, 15, 16, 17, 31, 33, 47, 48, 63, 64, 65, 130, 1025};
    const ptrdiff_t count = sizeof counts / sizeof counts[0];
    for (ptrdiff_t number = 0; number < count * 12; number++) {
        rows_shape shape = {
            .seed = (uint64_t)number,
            .rows = 1 + number / count % 4,
            .count = counts[number % count],
            .is_asymmetric = (int)(number / count % 2)};
        if (number / count % 3 == 2) {
            // One image of lines of some bytes; the last lines, and the ends of lines, may be cut off.
            ptrdiff_t lines = number % 3 + 1, line = shape.count;
            shape.count *= lines;
            shape.image = (ck_quantize_rows){
                .lines = lines, .top = number % 2, .left = number % 5, .padded_lines = lines + number % 4 - 1,
                .padded_line = line + number % 5 + number % 7 - (line > 1 && number % 2)};
            if (shape.image.padded_lines < 1) shape.image.padded_lines = 1;
        }
        comparison c = {
            .bytes = rows_bytes(&shape), .compute = quantize_rows, .shape = &shape, .describe = describe_rows};
        if (is_drawn(number)) verify(suite, &c);
    }
}
