// Rows of real numbers to bytes by their own range. The including file defines CK_NAME and has FP_CONTRACT off.
#include "range.h"
#include "value.h"

// How a row becomes bytes: x · inverse + zero, rounded and not below `minimum`.
typedef struct {
    ck_batch_quantization found;
    float inverse, zero;
    int32_t minimum;
    int is_all_zero;
} row_rule;

static row_rule symmetric_rule(float low, float high) {
    float range = fmaxf(fabsf(low), fabsf(high));
    if (range == 0) return (row_rule){.found = {1, 0}, .is_all_zero = 1};
    return (row_rule){{range / 127, 0}, 127 / range, 0, -127, 0};
}

static row_rule asymmetric_rule(double low, double high) {
    low = low < 0 ? low : 0;
    high = high > 0 ? high : 0;
    if (low == high) return (row_rule){.found = {1, 0}, .is_all_zero = 1};
    double scale = (high - low) / 255;
    // Of the two ends of the range, the one that lies nearer to zero gives the more exact zero point.
    double zero_point = 128 + fabs(low / scale) < 127 + fabs(high / scale) ? -128 - low / scale : 127 - high / scale;
    ck_batch_quantization row = {(float)scale, ck_clamp((int32_t)round(zero_point), -128, 127)};
    return (row_rule){row, 1 / row.scale, (float)row.zero_point, -128, 0};
}

static void quantize_run(const float *x, uint8_t *y, ptrdiff_t count, const row_rule *rule, uint8_t flip) {
    const float inverse = rule->inverse, zero = rule->zero;
    const int32_t minimum = rule->minimum;
    if (rule->is_all_zero) {
        memset(y, flip, (size_t)count);
        return;
    }
    for (ptrdiff_t i = 0; i < count; i++) {
        float scaled = x[i] * inverse;
        y[i] = (uint8_t)ck_clamp(ck_rounded_away(zero + scaled), minimum, 127) ^ flip;
    }
}

// An image of which every element is x's, or the zero point around it.
static void quantize_image(const ck_quantize_rows *p, const float *x, uint8_t *y, const row_rule *rule) {
    uint8_t around = (uint8_t)rule->found.zero_point ^ p->flip;
    ptrdiff_t line = p->count / p->lines, inside = p->padded_line - p->left;
    // What is behind the padded image is never read.
    if (inside > line) inside = line;
    for (ptrdiff_t i = 0; i < p->padded_lines; i++, y += p->padded_line) {
        ptrdiff_t from = i - p->top;
        if (from < 0 || from >= p->lines) {
            memset(y, around, (size_t)p->padded_line);
            continue;
        }
        memset(y, around, (size_t)p->left);
        quantize_run(x + from * line, y + p->left, inside, rule, p->flip);
        memset(y + p->left + inside, around, (size_t)(p->padded_line - p->left - inside));
    }
}

void CK_NAME(ck_quantize_rows_float32)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_quantize_rows *p = parameters;
    for (ptrdiff_t row = begin; row < end; row++) {
        const float *x = (const float *)buffers[0] + row * p->count;
        uint8_t *y = buffers[1];
        float low = x[0], high = x[0];
        ck_widen_range(x, p->count, &low, &high);
        const row_rule rule = p->is_asymmetric ? asymmetric_rule(low, high) : symmetric_rule(low, high);
        ((ck_batch_quantization *)buffers[2])[row] = rule.found;
        if (p->lines) quantize_image(p, x, y + row * p->padded_lines * p->padded_line, &rule);
        else quantize_run(x, y + row * p->count, p->count, &rule, p->flip);
    }
}
