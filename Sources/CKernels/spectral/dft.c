#include "../declarations.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

// The smallest prime factor.
static ptrdiff_t factor_of(ptrdiff_t n) {
    if (n % 2 == 0) return 2;
    for (ptrdiff_t f = 3; f <= n / f; f += 2)
        if (n % f == 0) return f;
    return n;
}

// Cooley and Tukey's transform of x (n complex numbers, `step` apart) into y. `roots` holds exp(∓2πi k / total) for
// all k, `stride` = total / n; work holds n complex numbers. The recursion is as deep as there are prime factors.
static void transform(
    const double *x, ptrdiff_t step, double *y, double *work, ptrdiff_t n, const double *roots, ptrdiff_t stride) {
    if (n == 1) {
        y[0] = x[0];
        y[1] = x[1];
        return;
    }
    ptrdiff_t radix = factor_of(n), part = n / radix, total = n * stride;
    for (ptrdiff_t r = 0; r < radix; r++)
        transform(x + 2 * r * step, step * radix, work + 2 * r * part, y + 2 * r * part, part, roots, stride * radix);
    for (ptrdiff_t k = 0; k < n; k++) {
        double real = 0, imaginary = 0;
        for (ptrdiff_t r = 0; r < radix; r++) {
            const double *root = roots + 2 * (r * k % n * stride % total);
            const double *value = work + 2 * (r * part + k % part);
            real += value[0] * root[0] - value[1] * root[1];
            imaginary += value[0] * root[1] + value[1] * root[0];
        }
        y[2 * k] = real;
        y[2 * k + 1] = imaginary;
    }
}

static void read_line(const ck_dft *p, const float *x, const float *window, double *line) {
    for (ptrdiff_t i = 0; i < p->length; i++) {
        int is_given = i < p->read;
        double factor = window && is_given ? window[i] : 1;
        line[2 * i] = is_given ? x[i * p->x_step] * factor : 0;
        line[2 * i + 1] = is_given && p->x_components == 2 ? x[i * p->x_step + 1] * factor : 0;
    }
    if (!p->is_mirrored) return;
    line[1] = 0;
    for (ptrdiff_t i = 1; i <= p->length / 2; i++) {
        ptrdiff_t mirror = p->length - i;
        if (mirror == i) {
            line[2 * i + 1] = 0;
        } else {
            line[2 * mirror] = line[2 * i];
            line[2 * mirror + 1] = -line[2 * i + 1];
        }
    }
}

void ck_dft_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_dft *p = parameters;
    for (ptrdiff_t slot = begin; slot < end; slot++) {
        double *work = (double *)buffers[3] + slot * 8 * p->length;
        double *roots = work, *line = work + 2 * p->length, *result = work + 4 * p->length;
        for (ptrdiff_t k = 0; k < p->length; k++) {
            double angle = 2 * pi * (double)k / (double)p->length;
            roots[2 * k] = cos(angle);
            roots[2 * k + 1] = p->is_inverse ? sin(angle) : -sin(angle);
        }
        double factor = p->is_inverse ? 1 / (double)p->length : 1;
        for (ptrdiff_t index = slot; index < p->lines; index += p->slots) {
            ptrdiff_t rest = index, from = 0, to = 0;
            for (ptrdiff_t axis = p->rank - 1; axis >= 0; axis--) {
                from += rest % p->sizes[axis] * p->x_strides[axis];
                to += rest % p->sizes[axis] * p->y_strides[axis];
                rest /= p->sizes[axis];
            }
            read_line(p, (const float *)buffers[0] + from, buffers[2], line);
            transform(line, 1, result, work + 6 * p->length, p->length, roots, 1);
            float *y = (float *)buffers[1] + to;
            for (ptrdiff_t i = 0; i < p->written; i++) {
                y[i * p->y_step] = (float)(result[2 * i] * factor);
                if (p->y_components == 2) y[i * p->y_step + 1] = (float)(result[2 * i + 1] * factor);
            }
        }
    }
}
