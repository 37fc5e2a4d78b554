// Sums and products of bytes as binary.c has them, 16 at a time.
#if defined(__aarch64__)

#include "../declarations.h"
#include "../numeric/requantize_neon.h"
#include "../numeric/store_bytes.h"

// What ck_rescale takes, in all lanes.
typedef struct {
    int32x4_t multiplier, left, less;
} rescaling;

static rescaling rescaling_of(const ck_fixed_point *by, int32_t left) {
    return (rescaling){vdupq_n_s32(by->multiplier), vdupq_n_s32(left), vdupq_n_s32(-by->right)};
}

CK_INLINE int32x4_t rescale(int32x4_t x, const rescaling *by) {
    return ck_rounded_away(vqrdmulhq_s32(vshlq_s32(x, by->left), by->multiplier), by->less);
}

CK_INLINE ck_sums widened(int8x16_t bytes, int is_signed) {
    int16x8_t low, high;
    if (is_signed) {
        low = vmovl_s8(vget_low_s8(bytes));
        high = vmovl_high_s8(bytes);
    } else {
        low = vreinterpretq_s16_u16(vmovl_u8(vreinterpret_u8_s8(vget_low_s8(bytes))));
        high = vreinterpretq_s16_u16(vmovl_high_u8(vreinterpretq_u8_s8(bytes)));
    }
    return (ck_sums){
        {vmovl_s16(vget_low_s16(low)), vmovl_high_s16(low), vmovl_s16(vget_low_s16(high)), vmovl_high_s16(high)}};
}

// Operands have bytes behind them that may be read.
CK_INLINE ck_sums load(const int8_t *x, ptrdiff_t step, int is_signed) {
    return widened(step ? vld1q_s8(x) : vdupq_n_s8(*x), is_signed);
}

// Loops over a run; `expression` makes the result of a and b.
#define RUN(expression)                                                                                    \
    for (ptrdiff_t i = 0; i < length; i += 16) {                                                           \
        ck_sums left = load(a_run + i * p->a_step, p->a_step, is_signed);                                  \
        ck_sums right = load(b_run + i * p->b_step, p->b_step, is_signed);                                 \
        int16x4_t words[4];                                                                                \
        for (int j = 0; j < 4; j++) {                                                                      \
            int32x4_t a = left.q[j], b = right.q[j], value = vaddq_s32(expression, zero_point);            \
            words[j] = vmovn_s32(vminq_s32(vmaxq_s32(value, low), high));                                  \
        }                                                                                                  \
        int8x16_t bytes = vcombine_s8(                                                                     \
            vmovn_s16(vcombine_s16(words[0], words[1])), vmovn_s16(vcombine_s16(words[2], words[3])));     \
        if (length - i >= 16) {                                                                            \
            vst1q_s8(y + i, bytes);                                                                        \
        } else {                                                                                           \
            int8_t copy[16];                                                                               \
            vst1q_s8(copy, bytes);                                                                         \
            ck_store_part(y + i, copy, length - i);                                                        \
        }                                                                                                  \
    }                                                                                                      \
    break;

CK_INLINE void run(
    const ck_quantized_binary *p, const int8_t *a_run, const int8_t *b_run, int8_t *y, ptrdiff_t length,
    int is_signed) {
    const rescaling by_a = rescaling_of(&p->a, p->a.left + p->shift), by_b = rescaling_of(&p->b, p->b.left + p->shift);
    const rescaling by_y = rescaling_of(&p->y, p->y.left);
    const int32x4_t a_point = vdupq_n_s32(p->a.zero_point), b_point = vdupq_n_s32(p->b.zero_point);
    const int32x4_t zero_point = vdupq_n_s32(p->y.zero_point);
    const int32x4_t low = vdupq_n_s32(p->minimum), high = vdupq_n_s32(p->maximum);
#define A rescale(vsubq_s32(a, a_point), &by_a)
#define B rescale(vsubq_s32(b, b_point), &by_b)
#define PRODUCT vmulq_s32(vsubq_s32(a, a_point), vsubq_s32(b, b_point))
    switch (p->operation) {
    case CK_QUANTIZED_ADD: RUN(rescale(vaddq_s32(A, B), &by_y))
    case CK_QUANTIZED_SUBTRACT: RUN(rescale(vsubq_s32(A, B), &by_y))
    case CK_QUANTIZED_MULTIPLY: RUN(rescale(PRODUCT, &by_y))
    case CK_QUANTIZED_PRELU: {
        const rescaling above = rescaling_of(&p->a, p->a.left), below = rescaling_of(&p->b, p->b.left);
#define IS_BELOW vcltq_s32(a, a_point)
        RUN(vbslq_s32(IS_BELOW, rescale(PRODUCT, &below), rescale(vsubq_s32(a, a_point), &above)))
#undef IS_BELOW
    }
    case CK_QUANTIZED_WEIGHTED_SUM: {
        const int32x4_t offset = vdupq_n_s32(p->offset), less = vdupq_n_s32(-p->shift);
        const int32x4_t a_weight = vdupq_n_s32(p->a.multiplier), b_weight = vdupq_n_s32(p->b.multiplier);
        RUN(vshlq_s32(vmlaq_s32(vmlaq_s32(offset, a, a_weight), b, b_weight), less))
    }
    default: {
        const float32x4_t factor = vdupq_n_f32(p->factor);
        const float32x4_t least = vdupq_n_f32((float)(p->minimum - p->y.zero_point));
        const float32x4_t most = vdupq_n_f32((float)(p->maximum - p->y.zero_point));
#define SCALED vmulq_f32(vcvtq_f32_s32(PRODUCT), factor)
        RUN(vcvtnq_s32_f32(vminq_f32(vmaxq_f32(SCALED, least), most)))
    }
    }
}

CK_INLINE void runs(
    const ck_quantized_binary *p, void *const *buffers, ptrdiff_t begin, ptrdiff_t end, int is_signed) {
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t a_offset = 0, b_offset = 0, start = unit * p->inner, index = unit;
        ptrdiff_t length = p->count - start < p->inner ? p->count - start : p->inner;
        for (ptrdiff_t axis = p->rank; axis-- > 0; index /= p->sizes[axis]) {
            a_offset += index % p->sizes[axis] * p->a_strides[axis];
            b_offset += index % p->sizes[axis] * p->b_strides[axis];
        }
        const int8_t *a = (const int8_t *)buffers[0] + a_offset, *b = (const int8_t *)buffers[1] + b_offset;
        run(p, a, b, (int8_t *)buffers[2] + start, length, is_signed);
    }
}

// Whether an operand runs along with the result or stands still, and the operator is one of `run`.
static int takes(const ck_quantized_binary *p) {
    switch (p->operation) {
    case CK_QUANTIZED_ADD:
    case CK_QUANTIZED_SUBTRACT:
        // The difference to the zero point and both shifts stay within 32 bits.
        if (p->shift + p->a.left > 22 || p->shift + p->b.left > 22) return 0;
        break;
    case CK_QUANTIZED_MULTIPLY:
    case CK_QUANTIZED_PRELU:
    case CK_QUANTIZED_WEIGHTED_SUM:
    case CK_QUANTIZED_SCALED_PRODUCT: break;
    default: return 0;
    }
    return (p->a_step | p->b_step) >> 1 == 0;
}

void ck_quantized_binary_int8_neon_dot(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    if (takes(parameters)) runs(parameters, buffers, begin, end, 1);
    else ck_quantized_binary_int8_portable(parameters, buffers, begin, end);
}

void ck_quantized_binary_uint8_neon_dot(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    if (takes(parameters)) runs(parameters, buffers, begin, end, 0);
    else ck_quantized_binary_uint8_portable(parameters, buffers, begin, end);
}

#endif
