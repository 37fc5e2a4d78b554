#include "../declarations.h"

#include <math.h>
#include <string.h>

typedef struct {
    const ck_update *p;
    float rate;
    int64_t step;
    const float *x, *gradient, *first, *second;
    float *new_x, *new_first, *new_second;
} update;

static void adagrad(const update *u, ptrdiff_t i, float gradient) {
    float rate = u->rate / (1 + (float)u->step * u->p->decay);
    float moment = u->first[i] + gradient * gradient;
    u->new_first[i] = moment;
    u->new_x[i] = u->x[i] - rate * gradient / (sqrtf(moment) + u->p->epsilon);
}

static void adam(const update *u, ptrdiff_t i, float gradient) {
    const ck_update *p = u->p;
    float first = p->alpha * u->first[i] + (1 - p->alpha) * gradient;
    float second = p->beta * u->second[i] + (1 - p->beta) * gradient * gradient;
    float rate = u->rate;
    if (u->step > 0) {
        double steps = (double)u->step;
        rate = (float)(rate * sqrt(1 - pow(p->beta, steps)) / (1 - pow(p->alpha, steps)));
    }
    u->new_first[i] = first;
    u->new_second[i] = second;
    u->new_x[i] = (1 - p->norm_after) * (u->x[i] - rate * first / (sqrtf(second) + p->epsilon));
}

static void momentum(const update *u, ptrdiff_t i, float gradient) {
    const ck_update *p = u->p;
    float moment = p->alpha * u->first[i] + (u->step > 0 ? p->beta : 1) * gradient;
    u->new_first[i] = moment;
    u->new_x[i] = u->x[i] - u->rate * (p->kind == CK_NESTEROV ? gradient + p->alpha * moment : moment);
}

void ck_update_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_update *p = parameters;
    update u = {.p = p, .rate = *(const float *)buffers[0], .step = *(const int64_t *)buffers[1], .x = buffers[2],
                .gradient = buffers[3], .first = buffers[4], .second = buffers[5], .new_x = buffers[6],
                .new_first = buffers[7], .new_second = buffers[8]};
    ptrdiff_t last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count;
    for (ptrdiff_t i = begin * CK_CHUNK; i < last; i++) {
        float gradient = p->norm * u.x[i] + u.gradient[i];
        switch (p->kind) {
        case CK_ADAGRAD: adagrad(&u, i, gradient); break;
        case CK_ADAM: adam(&u, i, gradient); break;
        default: momentum(&u, i, gradient); break;
        }
    }
}

#define MT_WORDS 624

typedef struct {
    uint32_t words[MT_WORDS];
    int next;
} mersenne_twister;

static void mt_seed(mersenne_twister *mt, uint32_t seed) {
    mt->words[0] = seed;
    for (uint32_t i = 1; i < MT_WORDS; i++)
        mt->words[i] = 1812433253u * (mt->words[i - 1] ^ mt->words[i - 1] >> 30) + i;
    mt->next = MT_WORDS;
}

static uint32_t mt_word(mersenne_twister *mt) {
    if (mt->next == MT_WORDS) {
        for (int i = 0; i < MT_WORDS; i++) {
            uint32_t y = (mt->words[i] & 0x80000000u) | (mt->words[(i + 1) % MT_WORDS] & 0x7fffffffu);
            mt->words[i] = mt->words[(i + 397) % MT_WORDS] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
        }
        mt->next = 0;
    }
    uint32_t y = mt->words[mt->next++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

void ck_dropout_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_dropout *p = parameters;
    if (begin >= end) return;
    const float *x = buffers[0];
    float *y = buffers[1];
    uint8_t *mask = buffers[2];
    float ratio = buffers[3] ? *(const float *)buffers[3] : p->ratio;
    mersenne_twister mt;
    mt_seed(&mt, p->seed);
    float scale = 1 / (1 - ratio);
    for (ptrdiff_t i = 0; i < p->count; i++) {
        uint32_t high = mt_word(&mt) >> 5, low = mt_word(&mt) >> 6;
        double random = (high * 67108864.0 + low) / 9007199254740992.0;
        uint8_t keeps = ratio <= 0 || random >= (double)ratio;
        y[i] = keeps ? (ratio <= 0 ? x[i] : x[i] * scale) : 0;
        if (mask) mask[i] = keeps;
    }
}
