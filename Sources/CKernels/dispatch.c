#include "declarations.h"

#include <stdlib.h>
#include <string.h>

#define ck_isa_portable CK_ISA_PORTABLE
#define ck_isa_avx2 CK_ISA_AVX2
#define ck_isa_avx512 CK_ISA_AVX512

static const ck_kernel table[] = {
#define CK_KERNEL(family, type, isa, depth) {#family, #type, ck_isa_##isa, depth, ck_##family##_##type##_##isa},
#include "kernels.def"
#undef CK_KERNEL
};

const ck_kernel *ck_kernels(ptrdiff_t *count) {
    *count = sizeof table / sizeof table[0];
    return table;
}

static ck_isa processor_isa(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni"))
        return CK_ISA_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return CK_ISA_AVX2;
#endif
    return CK_ISA_PORTABLE;
}

ck_isa ck_best_isa(void) {
    ck_isa best = processor_isa();
    const char *wanted = getenv("OPTIMIZE_ISA");
    if (!wanted) return best;
    if (!strcmp(wanted, "portable")) return CK_ISA_PORTABLE;
    if (!strcmp(wanted, "avx2") && best > CK_ISA_AVX2) return CK_ISA_AVX2;
    return best;
}

const ck_kernel *ck_find_kernel(const char *family, const char *type, ck_isa limit) {
    const ck_kernel *found = NULL;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].isa <= limit && !strcmp(table[i].family, family) && !strcmp(table[i].type, type))
            found = &table[i];
    return found;
}
