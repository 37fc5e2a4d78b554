#include "../declarations.h"

#include "small_floats.h"

// Elements go through a block of the widest number that holds them all: integers through int64 or uint64, real numbers
// through float or double. Every conversion rounds once.
#define BLOCK 256

typedef union {
    int64_t i[BLOCK];
    uint64_t u[BLOCK];
    float f[BLOCK];
    double d[BLOCK];
} block;

typedef enum { SIGNED, UNSIGNED, SINGLE, DOUBLE } block_kind;

#define LOAD(member, element) \
    for (ptrdiff_t k = 0; k < count; k++) b->member[k] = ((const element *)source)[first + k]
#define LOAD_AS(member, element, expression)                  \
    for (ptrdiff_t k = 0; k < count; k++) {                   \
        element x = ((const element *)source)[first + k];     \
        b->member[k] = expression;                            \
    }

// Elements of `bits` bits from the low end of each byte up.
static inline unsigned packed(const uint8_t *source, ptrdiff_t index, int bits) {
    int per_byte = 8 / bits;
    return (unsigned)(source[index / per_byte] >> (index % per_byte * bits)) & ((1u << bits) - 1);
}

static inline int64_t sign_extended(unsigned value, int bits) {
    int64_t half = (int64_t)1 << (bits - 1);
    return ((int64_t)value ^ half) - half;
}

static block_kind load(block *b, const void *source, int32_t type, ptrdiff_t first, ptrdiff_t count) {
    switch (type) {
    case CK_FLOAT64: LOAD(d, double); return DOUBLE;
    case CK_FLOAT32: LOAD(f, float); return SINGLE;
    case CK_FLOAT16: LOAD_AS(f, uint16_t, ck_from_half(x)) return SINGLE;
    case CK_BFLOAT16: LOAD_AS(f, uint16_t, ck_from_bfloat(x)) return SINGLE;
    case CK_FLOAT8_E4M3FN: LOAD_AS(f, uint8_t, ck_from_small(x, &ck_e4m3fn)) return SINGLE;
    case CK_FLOAT8_E4M3FNUZ: LOAD_AS(f, uint8_t, ck_from_small(x, &ck_e4m3fnuz)) return SINGLE;
    case CK_FLOAT8_E5M2: LOAD_AS(f, uint8_t, ck_from_small(x, &ck_e5m2)) return SINGLE;
    case CK_FLOAT8_E5M2FNUZ: LOAD_AS(f, uint8_t, ck_from_small(x, &ck_e5m2fnuz)) return SINGLE;
    case CK_FLOAT8_E8M0: LOAD_AS(f, uint8_t, ck_from_exponent(x)) return SINGLE;
    case CK_FLOAT4_E2M1:
        for (ptrdiff_t k = 0; k < count; k++)
            b->f[k] = ck_from_small((uint8_t)packed(source, first + k, 4), &ck_e2m1);
        return SINGLE;
    case CK_INT64: LOAD(i, int64_t); return SIGNED;
    case CK_INT32: LOAD(i, int32_t); return SIGNED;
    case CK_INT16: LOAD(i, int16_t); return SIGNED;
    case CK_INT8: LOAD(i, int8_t); return SIGNED;
    case CK_INT4:
        for (ptrdiff_t k = 0; k < count; k++) b->i[k] = sign_extended(packed(source, first + k, 4), 4);
        return SIGNED;
    case CK_INT2:
        for (ptrdiff_t k = 0; k < count; k++) b->i[k] = sign_extended(packed(source, first + k, 2), 2);
        return SIGNED;
    case CK_UINT64: LOAD(u, uint64_t); return UNSIGNED;
    case CK_UINT32: LOAD(i, uint32_t); return SIGNED;
    case CK_UINT16: LOAD(i, uint16_t); return SIGNED;
    case CK_UINT8: LOAD(i, uint8_t); return SIGNED;
    case CK_UINT4:
        for (ptrdiff_t k = 0; k < count; k++) b->i[k] = packed(source, first + k, 4);
        return SIGNED;
    case CK_UINT2:
        for (ptrdiff_t k = 0; k < count; k++) b->i[k] = packed(source, first + k, 2);
        return SIGNED;
    default: LOAD_AS(i, uint8_t, x != 0) return SIGNED;
    }
}

// What x86's conversions make of real numbers, which is what onnxruntime gives: beyond the range, and for what is no
// number, the lowest integer; narrower types take its low bits.
#define TRUNCATIONS(real)                                                                                          \
    static inline int32_t narrow_##real(real x) { return x >= -0x1p31f && x < 0x1p31f ? (int32_t)x : INT32_MIN; }   \
    static inline int64_t wide_##real(real x) { return x >= -0x1p63f && x < 0x1p63f ? (int64_t)x : INT64_MIN; }     \
    static inline uint32_t unsigned_narrow_##real(real x) {                                                        \
        return x < 0x1p31f ? (uint32_t)narrow_##real(x) : (uint32_t)narrow_##real(x - 0x1p31f) ^ 0x80000000u;       \
    }                                                                                                              \
    static inline uint64_t unsigned_wide_##real(real x) {                                                          \
        return x >= 0x1p63f ? (uint64_t)wide_##real(x - 0x1p63f) ^ 0x8000000000000000u : (uint64_t)wide_##real(x);  \
    }
TRUNCATIONS(float)
TRUNCATIONS(double)

// LiteRT's: the nearest end of the range, and the upper one for what is no number. `above` is one more than `high`.
#define SATURATED(x, element, low, high, above) \
    ((x) >= (above) || (x) != (x) ? (high) : (x) <= (low) ? (low) : (element)(x))

#define STORE(expression) for (ptrdiff_t k = 0; k < count; k++) y[k] = expression

#define STORE_INTEGER(element, cut, low, high, above)                                                   \
    {                                                                                                  \
        element *y = (element *)target + first;                                                         \
        switch (kind) {                                                                                 \
        case SIGNED: STORE((element)b->i[k]); return;                                                   \
        case UNSIGNED: STORE((element)b->u[k]); return;                                                 \
        case SINGLE:                                                                                    \
            if (saturates) STORE(SATURATED(b->f[k], element, low, high, above));                        \
            else STORE((element)cut##_float(b->f[k]));                                                  \
            return;                                                                                     \
        case DOUBLE:                                                                                    \
            if (saturates) STORE(SATURATED(b->d[k], element, low, high, above));                        \
            else STORE((element)cut##_double(b->d[k]));                                                 \
            return;                                                                                     \
        }                                                                                               \
    }                                                                                                  \
    return;

#define STORE_REAL(element, expression)                                                                 \
    {                                                                                                  \
        element *y = (element *)target + first;                                                         \
        for (ptrdiff_t k = 0; k < count; k++) {                                                         \
            float x = b->f[k];                                                                          \
            y[k] = expression;                                                                          \
        }                                                                                               \
    }                                                                                                  \
    return;

static void make_single(block *b, block_kind kind, ptrdiff_t count) {
    // Floats are the narrowest: each lies at or before its source, so that going up overwrites nothing unread.
    switch (kind) {
    case SIGNED: for (ptrdiff_t k = 0; k < count; k++) { float x = (float)b->i[k]; b->f[k] = x; } return;
    case UNSIGNED: for (ptrdiff_t k = 0; k < count; k++) { float x = (float)b->u[k]; b->f[k] = x; } return;
    case DOUBLE: for (ptrdiff_t k = 0; k < count; k++) { float x = (float)b->d[k]; b->f[k] = x; } return;
    case SINGLE: return;
    }
}

// Elements narrower than a byte; the block begins at a byte.
static void store_packed(uint8_t *target, const uint8_t *codes, int bits, ptrdiff_t first, ptrdiff_t count) {
    int per_byte = 8 / bits;
    uint8_t *y = target + first / per_byte;
    for (ptrdiff_t k = 0; k < count; k += per_byte) {
        unsigned byte = 0;
        for (int part = 0; part < per_byte && k + part < count; part++) byte |= (unsigned)codes[k + part] << (part * bits);
        y[k / per_byte] = (uint8_t)byte;
    }
}

static void store(block *b, block_kind kind, void *target, const ck_convert *p, ptrdiff_t first, ptrdiff_t count) {
    int saturates = p->saturates;
    uint8_t codes[BLOCK];
    switch (p->to) {
    case CK_INT64: STORE_INTEGER(int64_t, wide, INT64_MIN, INT64_MAX, 0x1p63f)
    case CK_INT32: STORE_INTEGER(int32_t, narrow, INT32_MIN, INT32_MAX, 0x1p31f)
    case CK_INT16: STORE_INTEGER(int16_t, narrow, INT16_MIN, INT16_MAX, 0x1p15f)
    case CK_INT8: STORE_INTEGER(int8_t, narrow, INT8_MIN, INT8_MAX, 0x1p7f)
    case CK_UINT64: STORE_INTEGER(uint64_t, unsigned_wide, 0, UINT64_MAX, 0x1p64f)
    case CK_UINT32: STORE_INTEGER(uint32_t, unsigned_narrow, 0, UINT32_MAX, 0x1p32f)
    case CK_UINT16: STORE_INTEGER(uint16_t, narrow, 0, UINT16_MAX, 0x1p16f)
    case CK_UINT8: STORE_INTEGER(uint8_t, narrow, 0, UINT8_MAX, 0x1p8f)
    case CK_INT4: case CK_UINT4: case CK_INT2: case CK_UINT2: {
        int bits = p->to == CK_INT4 || p->to == CK_UINT4 ? 4 : 2;
        unsigned mask = (1u << bits) - 1;
        for (ptrdiff_t k = 0; k < count; k++) {
            uint64_t value = kind == SIGNED ? (uint64_t)b->i[k] : kind == UNSIGNED ? b->u[k]
                           : (uint64_t)(int64_t)(kind == SINGLE ? narrow_float(b->f[k]) : narrow_double(b->d[k]));
            codes[k] = (uint8_t)(value & mask);
        }
        store_packed(target, codes, bits, first, count);
        return;
    }
    case CK_BOOL: {
        uint8_t *y = (uint8_t *)target + first;
        switch (kind) {
        case SIGNED: STORE(b->i[k] != 0); return;
        case UNSIGNED: STORE(b->u[k] != 0); return;
        case SINGLE: STORE(b->f[k] != 0); return;
        case DOUBLE: STORE(b->d[k] != 0); return;
        }
        return;
    }
    case CK_FLOAT64: {
        double *y = (double *)target + first;
        switch (kind) {
        case SIGNED: STORE((double)b->i[k]); return;
        case UNSIGNED: STORE((double)b->u[k]); return;
        case SINGLE: STORE((double)b->f[k]); return;
        case DOUBLE: STORE(b->d[k]); return;
        }
        return;
    }
    }
    make_single(b, kind, count);
    switch (p->to) {
    case CK_FLOAT32: STORE_REAL(float, x)
    case CK_FLOAT16: STORE_REAL(uint16_t, ck_to_half(x))
    case CK_BFLOAT16: STORE_REAL(uint16_t, ck_to_bfloat(x))
    case CK_FLOAT8_E4M3FN: STORE_REAL(uint8_t, ck_to_small(x, saturates, &ck_e4m3fn))
    case CK_FLOAT8_E4M3FNUZ: STORE_REAL(uint8_t, ck_to_small(x, saturates, &ck_e4m3fnuz))
    case CK_FLOAT8_E5M2: STORE_REAL(uint8_t, ck_to_small(x, saturates, &ck_e5m2))
    case CK_FLOAT8_E5M2FNUZ: STORE_REAL(uint8_t, ck_to_small(x, saturates, &ck_e5m2fnuz))
    case CK_FLOAT8_E8M0: STORE_REAL(uint8_t, ck_to_exponent(x, saturates, p->rounding))
    case CK_FLOAT4_E2M1:
        for (ptrdiff_t k = 0; k < count; k++) codes[k] = ck_to_small(b->f[k], 1, &ck_e2m1);
        store_packed(target, codes, 4, first, count);
        return;
    }
}

void ck_convert_any_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_convert *p = parameters;
    ptrdiff_t last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count;
    block b;
    for (ptrdiff_t first = begin * CK_CHUNK; first < last; first += BLOCK) {
        ptrdiff_t count = last - first < BLOCK ? last - first : BLOCK;
        block_kind kind = load(&b, buffers[0], p->from, first, count);
        store(&b, kind, buffers[1], p, first, count);
    }
}
