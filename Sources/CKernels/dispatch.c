#include "declarations.h"

#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#define ck_isa_portable CK_ISA_PORTABLE
#define ck_isa_avx2 CK_ISA_AVX2
#define ck_isa_avx_vnni CK_ISA_AVX_VNNI
#define ck_isa_avx512 CK_ISA_AVX512
#define ck_isa_neon_dot CK_ISA_NEON_DOT
#define ck_isa_neon_i8mm CK_ISA_NEON_I8MM

static const ck_kernel table[] = {
#define CK_KERNEL(family, type, isa, depth) {#family, #type, ck_isa_##isa, depth, ck_##family##_##type##_##isa},
#include "kernels.def"
#undef CK_KERNEL
};

const ck_kernel *ck_kernels(ptrdiff_t *count) {
    *count = sizeof table / sizeof table[0];
    return table;
}

#if defined(__x86_64__)
// The bits of cpuid's leaf 7 that tell of AVX-VNNI stand in its second sheet.
static int has_avx_vnni(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || a < 1) return 0;
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 4 & 1);
}
#endif

// The instruction sets that the processor has, a bit for each.
static unsigned ask_processor(void) {
    unsigned isas = 1u << CK_ISA_PORTABLE;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return isas;
    isas |= 1u << CK_ISA_AVX2;
    if (has_avx_vnni()) isas |= 1u << CK_ISA_AVX_VNNI;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni"))
        isas |= 1u << CK_ISA_AVX512;
#elif defined(__aarch64__) && defined(__linux__)
    if (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) {
        isas |= 1u << CK_ISA_NEON_DOT;
        if (getauxval(AT_HWCAP2) & HWCAP2_I8MM) isas |= 1u << CK_ISA_NEON_I8MM;
    }
#elif defined(__aarch64__) && defined(__APPLE__)
    // Every Apple processor that runs this has it.
    isas |= 1u << CK_ISA_NEON_DOT;
#endif
    return isas;
}

// Asked once: under a hypervisor the question is a slow one.
static unsigned processor_isas(void) {
    static _Atomic unsigned known;
    if (!known) known = ask_processor();
    return known;
}

int ck_has_isa(ck_isa isa) { return processor_isas() >> isa & 1; }

static ck_isa ask_environment(void) {
    static const char *const names[] = {"portable", "avx2", "avx_vnni", "avx512", "neon_dot", "neon_i8mm"};
    const char *wanted = getenv("OPTIMIZE_ISA");
    ck_isa limit = CK_ISA_NEON_I8MM;
    for (int isa = 0; wanted && isa <= CK_ISA_NEON_I8MM; isa++)
        if (!strcmp(wanted, names[isa])) limit = (ck_isa)isa;
    while (limit > CK_ISA_PORTABLE && !ck_has_isa(limit)) limit--;
    return limit;
}

ck_isa ck_best_isa(void) {
    // One more than the instruction set; 0 before the first question.
    static _Atomic int known;
    if (!known) known = (int)ask_environment() + 1;
    return (ck_isa)(known - 1);
}

const ck_kernel *ck_find_kernel(const char *family, const char *type, ck_isa limit) {
    const ck_kernel *found = NULL;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].isa <= limit && ck_has_isa(table[i].isa) && !strcmp(table[i].family, family) && !strcmp(table[i].type, type))
            found = &table[i];
    return found;
}
