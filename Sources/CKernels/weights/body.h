// Included with CK_NAME defined; see weights.c. The elements from `at` on are of one channel or, if `each`, one of each.

CK_INLINE void CK_NAME(magnitudes)(const operands *o, ptrdiff_t at, ptrdiff_t channel, ptrdiff_t count, int each) {
    const float *x = o->values + at;
    float *largest = o->largest + channel;
    ptrdiff_t i = 0;
    if (each) {
        for (; i + 16 <= count; i += 16)
            *(lanes_f *)(largest + i) = greater(*(lanes_f *)(largest + i), magnitudes(*(const lanes_f *)(x + i)));
        for (; i < count; i++) largest[i] = magnitude(x[i]) > largest[i] ? magnitude(x[i]) : largest[i];
        return;
    }
    float most = *largest;
    if (count >= 16) {
        // Several, so that none waits for the one before it.
        lanes_f found[4] = {{0}, {0}, {0}, {0}};
        for (; i + 64 <= count; i += 64)
            for (int k = 0; k < 4; k++) found[k] = greater(found[k], magnitudes(*(const lanes_f *)(x + i + 16 * k)));
        for (; i + 16 <= count; i += 16) found[0] = greater(found[0], magnitudes(*(const lanes_f *)(x + i)));
        found[0] = greater(greater(found[0], found[1]), greater(found[2], found[3]));
        for (int k = 0; k < 16; k++) most = found[0][k] > most ? found[0][k] : most;
    }
    for (; i < count; i++) most = magnitude(x[i]) > most ? magnitude(x[i]) : most;
    *largest = most;
}

CK_INLINE void CK_NAME(integers)(const operands *o, ptrdiff_t at, ptrdiff_t channel, ptrdiff_t count, int each) {
    const float *x = o->values + at, *scales = o->scales + channel;
    int8_t *y = o->integers + at;
    lanes_f scale = *scales - (lanes_f){0};
    ptrdiff_t i = 0;
    for (; i + 16 <= count; i += 16) {
        if (each) scale = *(const lanes_f *)(scales + i);
        lanes_f quotient = *(const lanes_f *)(x + i) / scale;
        quotient = (lanes_f)((lanes_i)quotient & (quotient == quotient));
        quotient = greater(lesser(quotient, 127 - (lanes_f){0}), -127 - (lanes_f){0});
        *(lanes_b *)(y + i) = __builtin_convertvector((lanes_i)(quotient + ROUNDING), lanes_b);
    }
    for (; i < count; i++) y[i] = integer(x[i] / scales[each ? i : 0]);
}

CK_INLINE void CK_NAME(reals)(const operands *o, ptrdiff_t at, ptrdiff_t channel, ptrdiff_t count, int each) {
    const int8_t *x = o->integers + at;
    const float *scales = o->scales + channel, *zero_points = o->zero_points + channel;
    float *y = o->results + at;
    lanes_f scale = *scales - (lanes_f){0}, zero_point = *zero_points - (lanes_f){0};
    ptrdiff_t i = 0;
    for (; i + 16 <= count; i += 16) {
        if (each) {
            scale = *(const lanes_f *)(scales + i);
            zero_point = *(const lanes_f *)(zero_points + i);
        }
        *(lanes_f *)(y + i) = (__builtin_convertvector(*(const lanes_b *)(x + i), lanes_f) - zero_point) * scale;
    }
    for (; i < count; i++) y[i] = ((float)x[i] - zero_points[each ? i : 0]) * scales[each ? i : 0];
}

CK_INLINE void CK_NAME(products)(const operands *o, ptrdiff_t at, ptrdiff_t channel, ptrdiff_t count, int each) {
    const float *x = o->values + at, *factors = o->scales + channel;
    float *y = o->results + at;
    lanes_f factor = *factors - (lanes_f){0};
    ptrdiff_t i = 0;
    for (; i + 16 <= count; i += 16) {
        if (each) factor = *(const lanes_f *)(factors + i);
        *(lanes_f *)(y + i) = *(const lanes_f *)(x + i) * factor;
    }
    for (; i < count; i++) y[i] = x[i] * factors[each ? i : 0];
}

// Calls `body` for each stretch of elements that have one channel, or where runs have one element, one each.
CK_INLINE void CK_NAME(walk)(
    const ck_channels *layout, ptrdiff_t first, ptrdiff_t count, const operands *o, part_body *body) {
    ptrdiff_t outer = layout->outer, channels = layout->channels, run = layout->run;
    ptrdiff_t row = first / (channels * run), within = first % (channels * run), at = 0;
    for (; at < count; row++, within = 0) {
        ptrdiff_t group = row / outer * channels;
        if (run == 1) {
            ptrdiff_t part = channels - within < count - at ? channels - within : count - at;
            body(o, at, group + within, part, 1);
            at += part;
            continue;
        }
        for (ptrdiff_t end; within < channels * run && at < count; within = end) {
            end = within - within % run + run;
            ptrdiff_t part = end - within < count - at ? end - within : count - at;
            body(o, at, group + within / run, part, 0);
            at += part;
        }
    }
}

static void CK_NAME(ck_channel_magnitudes)(
    const ck_channels *layout, ptrdiff_t first, ptrdiff_t count, const float *values, float *largest) {
    const operands o = {.values = values, .largest = largest};
    CK_NAME(walk)(layout, first, count, &o, CK_NAME(magnitudes));
}

static void CK_NAME(ck_channel_integers)(
    const ck_channels *layout, ptrdiff_t first, ptrdiff_t count, const float *values, const float *scales,
    int8_t *integers) {
    const operands o = {.values = values, .scales = scales, .integers = integers};
    CK_NAME(walk)(layout, first, count, &o, CK_NAME(integers));
}

static void CK_NAME(ck_channel_reals)(
    const ck_channels *layout, ptrdiff_t first, ptrdiff_t count, const int8_t *integers, const float *zero_points,
    const float *scales, float *values) {
    // They are only read.
    const operands o = {
        .integers = (int8_t *)integers, .zero_points = zero_points, .scales = scales, .results = values};
    CK_NAME(walk)(layout, first, count, &o, CK_NAME(reals));
}

static void CK_NAME(ck_channel_products)(
    const ck_channels *layout, ptrdiff_t first, ptrdiff_t count, const float *values, const float *factors,
    float *products) {
    const operands o = {.values = values, .scales = factors, .results = products};
    CK_NAME(walk)(layout, first, count, &o, CK_NAME(products));
}

static ptrdiff_t CK_NAME(ck_count_zeros)(const float *values, ptrdiff_t count) {
    ptrdiff_t zeros = 0, i = 0;
    while (i + 16 <= count) {
        // Lanes of 32 bits hold what is counted in a part.
        ptrdiff_t end = count - i < 1 << 30 ? count : i + (1 << 30);
        lanes_i found = {0};
        for (; i + 16 <= end; i += 16) found -= *(const lanes_f *)(values + i) == 0;
        for (int k = 0; k < 16; k++) zeros += found[k];
    }
    for (; i < count; i++) zeros += values[i] == 0;
    return zeros;
}

static void CK_NAME(ck_add_errors)(
    const float *original, const float *changed, ptrdiff_t count, double *signal, double *noise) {
    lanes_d squares = {0}, errors = {0};
    ptrdiff_t i = 0;
    for (; i + 16 <= count; i += 16) {
        lanes_f before = *(const lanes_f *)(original + i);
        lanes_d value = __builtin_convertvector(before, lanes_d);
        lanes_d error = __builtin_convertvector(before - *(const lanes_f *)(changed + i), lanes_d);
        squares += value * value;
        errors += error * error;
    }
    for (; i < count; i++) {
        double value = original[i], error = original[i] - changed[i];
        squares[i % 16] += value * value;
        errors[i % 16] += error * error;
    }
    for (int k = 0; k < 16; k++) {
        *signal += squares[k];
        *noise += errors[k];
    }
}
