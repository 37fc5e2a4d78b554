// Normalization of rows. The sums are made in double precision, so that hardly a bit depends on their order.
#include <math.h>

typedef double lanes_f64 __attribute__((vector_size(8 * CK_LANES), aligned(4)));

CK_INLINE double wide_sum(lanes_f64 x) {
    double sum = 0;
    for (int i = 0; i < CK_LANES; i++) sum += x[i];
    return sum;
}

// What is normalized of a row, from `i` on.
CK_INLINE lanes_f32 layer_norm_input(const float *x, const float *other, const float *bias, ptrdiff_t i) {
    lanes_f32 value = load_lanes(x + i);
    if (other) value += load_lanes(other + i);
    if (bias) value += load_lanes(bias + i);
    return value;
}

void CK_NAME(ck_layer_norm_float32)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_layer_norm *p = parameters;
    const float *scale = buffers[2], *shift = buffers[3], *skip = buffers[4], *bias = buffers[5];
    float *means = buffers[6], *deviations = buffers[7], *sums = buffers[8];
    ptrdiff_t n = p->count, whole = n / CK_LANES * CK_LANES, rest = n - whole;
    for (ptrdiff_t row = begin; row < end; row++) {
        const float *x = (const float *)buffers[0] + row * n;
        float *y = (float *)buffers[1] + row * n, *sum = sums ? sums + row * n : NULL;
        const float *other = skip ? skip + row % p->skip_period * n : NULL;
        lanes_f64 total = {}, squares = {};
        for (ptrdiff_t i = 0; i < n; i += CK_LANES) {
            lanes_f32 value = layer_norm_input(x, other, bias, i);
            if (i < whole) {
                if (sum) store_lanes(sum + i, value);
                store_lanes(y + i, value);
            } else {
                if (sum) store_first_lanes(sum + i, value, rest);
                store_first_lanes(y + i, value, rest);
                value = first_lanes(value, rest, 0);
            }
            total += __builtin_convertvector(value, lanes_f64);
        }
        double mean = p->is_simplified ? 0 : wide_sum(total) / (double)n;
        for (ptrdiff_t i = 0; i < n; i += CK_LANES) {
            lanes_f32 value = i < whole ? load_lanes(y + i) : load_first_lanes(y + i, rest);
            lanes_f64 difference = __builtin_convertvector(value, lanes_f64) - mean;
            if (i >= whole)
                for (ptrdiff_t lane = rest; lane < CK_LANES; lane++) difference[lane] = 0;
            squares += difference * difference;
        }
        double inverse = 1 / sqrt(wide_sum(squares) / (double)n + p->epsilon);
        for (ptrdiff_t i = 0; i < n; i += CK_LANES) {
            lanes_f32 given = i < whole ? load_lanes(y + i) : load_first_lanes(y + i, rest);
            lanes_f64 normal = (__builtin_convertvector(given, lanes_f64) - mean) * inverse;
            lanes_f32 value = __builtin_convertvector(normal, lanes_f32);
            value *= p->has_one_scale ? all_lanes(scale[0]) : load_lanes(scale + i);
            if (shift) value += p->has_one_bias ? all_lanes(shift[0]) : load_lanes(shift + i);
            if (i < whole) store_lanes(y + i, value);
            else store_first_lanes(y + i, value, rest);
        }
        if (means) means[row] = (float)mean;
        if (deviations) deviations[row] = (float)inverse;
    }
}
