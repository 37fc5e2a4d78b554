// Gaussian error linear units and their approximations.
CK_INLINE lanes_f32 gelu_lanes(int32_t function, lanes_f32 alpha, lanes_f32 x) {
    switch (function) {
    case CK_GELU_EXACT: return x * normal_lanes(x);
    // (1 + tanh u) / 2 = 1 / (1 + exp(−2u))
    case CK_GELU_TANH: return x * logistic_lanes(1.59576912160573071176f * x * (1 + 0.044715f * x * x));
    default: return x * logistic_lanes(alpha * x);
    }
}

CK_INLINE void gelu_run(
    const ck_gelu *p, int32_t function, const float *x, const float *bias, float *y, ptrdiff_t first, ptrdiff_t last) {
    lanes_f32 alpha = all_lanes(p->alpha);
    ptrdiff_t channel = bias ? first % p->channels : 0;
    for (ptrdiff_t i = first; i < last; i += CK_LANES) {
        lanes_f32 value = load_lanes(x + i);
        if (bias && channel + CK_LANES <= p->channels) {
            value += load_lanes(bias + channel);
            channel += CK_LANES;
            if (channel == p->channels) channel = 0;
        } else if (bias) {
            for (ptrdiff_t lane = 0; lane < CK_LANES; lane++) {
                value[lane] += bias[channel];
                if (++channel == p->channels) channel = 0;
            }
        }
        value = gelu_lanes(function, alpha, value);
        if (last - i >= CK_LANES) store_lanes(y + i, value);
        else store_first_lanes(y + i, value, last - i);
    }
}

void CK_NAME(ck_gelu_float32)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_gelu *p = parameters;
    ptrdiff_t first = begin * CK_CHUNK, last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count;
    const float *x = buffers[0], *bias = buffers[2];
    float *y = buffers[1];
    switch (p->function) {
    case CK_GELU_EXACT: return gelu_run(p, CK_GELU_EXACT, x, bias, y, first, last);
    case CK_GELU_TANH: return gelu_run(p, CK_GELU_TANH, x, bias, y, first, last);
    default: return gelu_run(p, CK_GELU_LOGISTIC, x, bias, y, first, last);
    }
}

void CK_NAME(ck_gated_unit_float32)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_gated_unit *p = parameters;
    const float *a = buffers[0], *b = buffers[1];
    float *y = buffers[2];
    lanes_f32 alpha = all_lanes(p->alpha);
    ptrdiff_t last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count;
    for (ptrdiff_t i = begin * CK_CHUNK; i < last; i += CK_LANES) {
        lanes_f32 value = load_lanes(a + i);
        value = value * logistic_lanes(alpha * value) * load_lanes(b + i);
        if (last - i >= CK_LANES) store_lanes(y + i, value);
        else store_first_lanes(y + i, value, last - i);
    }
}
