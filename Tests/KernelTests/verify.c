#include "verify.h"

#include "memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

request requested = {.share = 1, .isas = ~0u};
result found;

#define MOST_FAILURES 8

const char *isa_name(ck_isa isa) {
    static const char *const names[] = {"portable", "avx2", "avx_vnni", "avx512", "neon_dot", "neon_i8mm"};
    return names[isa];
}

int is_drawn(ptrdiff_t number) { return number % requested.share == 0; }

void call_kernel(const call *call, const void *parameters, void *const *buffers, ptrdiff_t units) {
    random_source source = {call->seed};
    ptrdiff_t end = units;
    for (int piece = call->pieces; piece > 1 && end > 0; piece--) {
        ptrdiff_t begin = draw_between(&source, 0, end);
        call->kernel->function(parameters, buffers, begin, end);
        end = begin;
    }
    call->kernel->function(parameters, buffers, 0, end);
}

static void report(
    const suite *suite, const comparison *c, const call *call, const void *expected, const void *result,
    const char *complaint) {
    if (found.failures++ >= MOST_FAILURES) return;
    char text[512];
    c->describe(c->shape, text, sizeof text);
    printf(
        "  %s_%s_%s in %d piece%s: %s\n", suite->family, suite->type, isa_name(call->kernel->isa), call->pieces,
        call->pieces == 1 ? "" : "s", text);
    if (complaint) {
        printf("    %s\n", complaint);
        return;
    }
    ptrdiff_t size = c->magnitude > 0 ? 4 : 1, shown = 0, different = 0;
    for (ptrdiff_t i = 0; i < c->bytes / size; i++) {
        const char *a = (const char *)expected + i * size, *b = (const char *)result + i * size;
        if (!memcmp(a, b, (size_t)size)) continue;
        different++;
        if (shown++ >= 3) continue;
        if (size == 1) {
            printf("    byte %td of %td: %d instead of %d\n", i, c->bytes, *(const int8_t *)b, *(const int8_t *)a);
        } else {
            float x, y;
            memcpy(&x, a, 4);
            memcpy(&y, b, 4);
            printf("    number %td of %td: %.9g instead of %.9g\n", i, c->bytes / 4, (double)y, (double)x);
        }
    }
    printf("    %td differ\n", different);
}

// Whether float32 results lie as near to each other as they have to.
static int are_near(const comparison *c, const float *expected, const float *result) {
    double largest = c->magnitude;
    for (ptrdiff_t i = 0; !c->is_each && i < c->bytes / 4; i++)
        if (isfinite(expected[i]) && fabs((double)expected[i]) > largest) largest = fabs((double)expected[i]);
    for (ptrdiff_t i = 0; i < c->bytes / 4; i++) {
        if (!memcmp(&expected[i], &result[i], 4) || (isnan(expected[i]) && isnan(result[i]))) continue;
        double measure = fabs((double)expected[i]);
        if (!c->is_each || !(measure > largest)) measure = largest;
        // A difference to infinity, or to no number, is none that is small.
        if (!(isfinite(measure) && fabs((double)expected[i] - (double)result[i]) <= RELATIVE_BOUND * measure)) return 0;
    }
    return 1;
}

static void compare(const suite *suite, const comparison *c, const call *call, const void *expected) {
    void *result = c->compute(c->shape, call);
    int is_right = c->magnitude > 0 ? are_near(c, expected, result) : !memcmp(expected, result, (size_t)c->bytes);
    if (!is_right) report(suite, c, call, expected, result, NULL);
    if (!release_memory()) report(suite, c, call, NULL, NULL, "bytes behind the result were changed");
    found.comparisons++;
}

// FNV-1a.
static uint64_t digested(uint64_t digest, const unsigned char *bytes, ptrdiff_t count) {
    if (!digest) digest = 0xcbf29ce484222325u;
    for (ptrdiff_t i = 0; i < count; i++) digest = (digest ^ bytes[i]) * 0x100000001b3u;
    return digest;
}

// What a suite calls for an instruction set, or for the best below it that there is; NULL if there is nothing.
static const ck_kernel *find_row(const suite *suite, ck_isa isa) {
    static ck_kernel functions[CK_ISA_NEON_I8MM + 1];
    if (ck_find_kernel(suite->family, suite->type, CK_ISA_PORTABLE))
        return ck_find_kernel(suite->family, suite->type, isa);
    functions[isa].isa = isa;
    return isa == CK_ISA_PORTABLE || ck_has_isa(isa) ? &functions[isa] : NULL;
}

void verify(const suite *suite, const comparison *c) {
    static uint64_t seed;
    call call = {.kernel = find_row(suite, CK_ISA_PORTABLE), .pieces = 1, .seed = ++seed};
    void *expected = malloc((size_t)c->bytes + 1);
    memcpy(expected, c->compute(c->shape, &call), (size_t)c->bytes);
    release_memory();
    found.shapes++;
    if (c->magnitude == 0) found.digest = digested(found.digest, expected, c->bytes);
    for (int isa = CK_ISA_PORTABLE; isa <= CK_ISA_NEON_I8MM; isa++) {
        const ck_kernel *kernel = find_row(suite, (ck_isa)isa);
        // A limit may leave the row of another one.
        if (!kernel || kernel->isa != (ck_isa)isa || !(requested.isas >> isa & 1)) continue;
        call.kernel = kernel;
        found.isas |= 1u << isa;
        call.pieces = 1;
        if (isa != CK_ISA_PORTABLE) compare(suite, c, &call, expected);
        call.pieces = 2 + (int)(seed % 3);
        compare(suite, c, &call, expected);
    }
    free(expected);
}
