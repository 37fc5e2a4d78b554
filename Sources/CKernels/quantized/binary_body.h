// Sums and products of runs of bytes. The including file gives, for its instruction set, CK_NAME, `shared` and `shared_of`,
// what all elements share, and `run`, the results of two operands that lie side by side.
typedef void (*run_function)(const shared *, const uint8_t *, const uint8_t *, uint8_t *, ptrdiff_t);

#define RUN(name, is_signed, operation, halves)                                                               \
    static void name##_##is_signed(                                                                           \
        const shared *s, const uint8_t *a, const uint8_t *b, uint8_t *y, ptrdiff_t length) {                  \
        run(s, a, b, y, length, is_signed, operation, halves);                                                \
    }
#define RUNS(name, operation, halves) RUN(name, 0, operation, halves) RUN(name, 1, operation, halves)
RUNS(add_general, CK_QUANTIZED_ADD, NEITHER_HALF)
RUNS(add_first, CK_QUANTIZED_ADD, FIRST_HALF)
RUNS(add_second, CK_QUANTIZED_ADD, SECOND_HALF)
RUNS(subtract_general, CK_QUANTIZED_SUBTRACT, NEITHER_HALF)
RUNS(subtract_first, CK_QUANTIZED_SUBTRACT, FIRST_HALF)
RUNS(subtract_second, CK_QUANTIZED_SUBTRACT, SECOND_HALF)
RUNS(multiply, CK_QUANTIZED_MULTIPLY, NEITHER_HALF)
RUNS(prelu, CK_QUANTIZED_PRELU, NEITHER_HALF)
RUNS(weighted_sum, CK_QUANTIZED_WEIGHTED_SUM, NEITHER_HALF)
RUNS(scaled_product, CK_QUANTIZED_SCALED_PRODUCT, NEITHER_HALF)

static run_function run_of(const ck_quantized_binary *p, const shared *s, int is_signed) {
    static const run_function adds[2][3] = {
        {add_general_0, add_first_0, add_second_0}, {add_general_1, add_first_1, add_second_1}};
    static const run_function subtracts[2][3] = {
        {subtract_general_0, subtract_first_0, subtract_second_0},
        {subtract_general_1, subtract_first_1, subtract_second_1}};
    halves halves = s->a.is_half ? FIRST_HALF : s->b.is_half ? SECOND_HALF : NEITHER_HALF;
    switch (p->operation) {
    case CK_QUANTIZED_ADD: return adds[is_signed][halves];
    case CK_QUANTIZED_SUBTRACT: return subtracts[is_signed][halves];
    case CK_QUANTIZED_MULTIPLY: return is_signed ? multiply_1 : multiply_0;
    case CK_QUANTIZED_PRELU: return is_signed ? prelu_1 : prelu_0;
    case CK_QUANTIZED_WEIGHTED_SUM: return is_signed ? weighted_sum_1 : weighted_sum_0;
    default: return is_signed ? scaled_product_1 : scaled_product_0;
    }
}

// Bytes of an operand that are repeated along the result, written out.
#define PATTERN 1024

typedef struct {
    const uint8_t *source;
    ptrdiff_t length;
    uint8_t bytes[PATTERN + CK_SLACK];
} pattern;

// An operand's walk over units.
typedef struct {
    const uint8_t *base;
    const ptrdiff_t *strides;
    ptrdiff_t step;
    // Along the innermost outer axis: whether the operand goes on with the result, or begins anew with each unit.
    int goes_on, stays;
} walk;

static walk walk_of(const ck_quantized_binary *p, const void *base, const ptrdiff_t *strides, ptrdiff_t step) {
    ptrdiff_t last = p->rank > 0 ? strides[p->rank - 1] : 0;
    walk w = {base, strides, step, step == 1 && p->rank > 0 && last == p->inner, p->rank > 0 && last == 0};
    return w;
}

static const uint8_t *start_of(const ck_quantized_binary *p, const walk *w, ptrdiff_t unit) {
    const uint8_t *start = w->base;
    for (ptrdiff_t axis = p->rank; axis-- > 0; unit /= p->sizes[axis]) start += unit % p->sizes[axis] * w->strides[axis];
    return start;
}

// `length` bytes of an operand from x on that stands still or has `inner` bytes for each unit.
static const uint8_t *written_out(const uint8_t *x, ptrdiff_t step, ptrdiff_t inner, ptrdiff_t length, pattern *to) {
    if (to->source == x && to->length >= length) return to->bytes;
    to->source = x;
    to->length = length;
    if (step == 0) memset(to->bytes, *x, (size_t)length);
    else for (ptrdiff_t i = 0; i < length; i += inner) memcpy(to->bytes + i, x, (size_t)inner);
    return to->bytes;
}

CK_INLINE void runs(
    const ck_quantized_binary *p, void *const *buffers, ptrdiff_t begin, ptrdiff_t end, int is_signed) {
    const shared s = shared_of(p, is_signed);
    run_function run = run_of(p, &s, is_signed);
    const walk walks[2] = {
        walk_of(p, buffers[0], p->a_strides, p->a_step), walk_of(p, buffers[1], p->b_strides, p->b_step)};
    uint8_t *y = buffers[2];
    pattern patterns[2];
    patterns[0].source = patterns[1].source = NULL;
    ptrdiff_t inner = p->inner, row = p->rank > 0 ? p->sizes[p->rank - 1] : 1;
    int joins = (walks[0].goes_on || walks[0].stays) && (walks[1].goes_on || walks[1].stays) && inner < PATTERN;
    int stands_still = walks[0].step == 0 || walks[1].step == 0;
    for (ptrdiff_t unit = begin, units; unit < end; unit += units) {
        units = 1;
        if (joins) {
            units = PATTERN / inner;
            if (units > row - unit % row) units = row - unit % row;
            if (units > end - unit) units = end - unit;
        }
        ptrdiff_t first = unit * inner, length = units * inner;
        if (length > p->count - first) length = p->count - first;
        const uint8_t *x[2] = {start_of(p, &walks[0], unit), start_of(p, &walks[1], unit)};
        ptrdiff_t most = stands_still ? PATTERN : length;
        for (ptrdiff_t done = 0; done < length; done += most) {
            ptrdiff_t count = length - done < most ? length - done : most;
            const uint8_t *from[2];
            for (int k = 0; k < 2; k++) {
                int is_repeated = walks[k].step == 0 || (units > 1 && walks[k].stays);
                from[k] = is_repeated ? written_out(x[k], walks[k].step, inner, count, &patterns[k]) : x[k] + done;
            }
            run(&s, from[0], from[1], y + first + done, count);
        }
    }
}

// Whether an operand runs along with the result or stands still, and the operator is one of `run`.
static int takes(const ck_quantized_binary *p) {
    switch (p->operation) {
    case CK_QUANTIZED_ADD:
    case CK_QUANTIZED_SUBTRACT:
        // Terms of both parts fit 32 bits.
        if (p->shift != 20 || p->a.left || p->b.left || p->a.right > 11 || p->b.right > 11) return 0;
        break;
    case CK_QUANTIZED_MULTIPLY:
    case CK_QUANTIZED_PRELU:
    case CK_QUANTIZED_WEIGHTED_SUM:
    case CK_QUANTIZED_SCALED_PRODUCT: break;
    default: return 0;
    }
    return (p->a_step | p->b_step) >> 1 == 0;
}

void CK_NAME(ck_quantized_binary_int8)(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    if (takes(parameters)) runs(parameters, buffers, begin, end, 1);
    else ck_quantized_binary_int8_portable(parameters, buffers, begin, end);
}

void CK_NAME(ck_quantized_binary_uint8)(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    if (takes(parameters)) runs(parameters, buffers, begin, end, 0);
    else ck_quantized_binary_uint8_portable(parameters, buffers, begin, end);
}
