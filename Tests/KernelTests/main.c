// kernel-tests [--isa NAME,...] [--filter TEXT] [--share N]
#include "verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int usage(void) {
    fprintf(
        stderr,
        "usage: kernel-tests [--isa NAME,...] [--filter TEXT] [--share N]\n"
        "  --isa     only these instruction sets, such as avx2,avx512\n"
        "  --filter  only the families and types whose name FAMILY_TYPE holds the text\n"
        "  --share   every Nth shape\n");
    return 2;
}

static int parse(int count, char **arguments, const char **filter) {
    for (int i = 1; i < count; i++) {
        if (i + 1 == count) return 0;
        const char *option = arguments[i], *value = arguments[++i];
        if (!strcmp(option, "--filter")) {
            *filter = value;
        } else if (!strcmp(option, "--share")) {
            requested.share = atol(value);
            if (requested.share < 1) return 0;
        } else if (!strcmp(option, "--isa")) {
            requested.isas = 0;
            for (int isa = CK_ISA_PORTABLE; isa <= CK_ISA_NEON_I8MM; isa++) {
                char list[256], name[32];
                snprintf(list, sizeof list, ",%s,", value);
                snprintf(name, sizeof name, ",%s,", isa_name((ck_isa)isa));
                if (strstr(list, name)) requested.isas |= 1u << isa;
            }
            if (!requested.isas) return 0;
        } else {
            return 0;
        }
    }
    return 1;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void print_isas(unsigned isas) {
    const char *separator = "";
    for (int isa = CK_ISA_PORTABLE; isa <= CK_ISA_NEON_I8MM; isa++) {
        if (!(isas >> isa & 1)) continue;
        printf("%s%s", separator, isa_name((ck_isa)isa));
        separator = ", ";
    }
}

// Each family and type with more than one row needs a suite.
static int untested(void) {
    int missing = 0;
    ptrdiff_t count;
    const ck_kernel *rows = ck_kernels(&count);
    for (ptrdiff_t i = 0; i < count; i++) {
        // What measures the processor makes a result without a meaning.
        int is_tested = rows[i].isa == CK_ISA_PORTABLE || !strcmp(rows[i].family, "limit");
        for (ptrdiff_t s = 0; s < suite_count; s++)
            is_tested |= !strcmp(suites[s].family, rows[i].family) && !strcmp(suites[s].type, rows[i].type);
        if (is_tested) continue;
        printf("FAIL  %s_%s_%s has no suite\n", rows[i].family, rows[i].type, isa_name(rows[i].isa));
        missing++;
    }
    return missing;
}

int main(int count, char **arguments) {
    const char *filter = "";
    if (!parse(count, arguments, &filter)) return usage();
    // Lines appear as they are made.
    setvbuf(stdout, NULL, _IOLBF, 0);
    // The environment's limit holds here, too.
    for (int isa = ck_best_isa() + 1; isa <= CK_ISA_NEON_I8MM; isa++) requested.isas &= ~(1u << isa);
    printf("instruction sets of this processor: ");
    unsigned available = 0;
    for (int isa = CK_ISA_PORTABLE; isa <= CK_ISA_NEON_I8MM; isa++) available |= (unsigned)ck_has_isa((ck_isa)isa) << isa;
    print_isas(available);
    printf("\n");
    ptrdiff_t failures = untested(), shapes = 0, comparisons = 0;
    unsigned called = 0;
    double started = now();
    for (ptrdiff_t i = 0; i < suite_count; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s_%s", suites[i].family, suites[i].type);
        if (!strstr(name, filter)) continue;
        found = (result){0};
        double began = now();
        suites[i].draw(&suites[i]);
        printf("%s  %s: %td shapes, %td comparisons on ", found.failures ? "FAIL" : "ok  ", name, found.shapes, found.comparisons);
        print_isas(found.isas);
        printf(" (%.1f s)", now() - began);
        if (found.digest) printf(", digest %016llx", (unsigned long long)found.digest);
        if (found.failures) printf(": %td differ", found.failures);
        printf("\n");
        failures += found.failures;
        shapes += found.shapes;
        comparisons += found.comparisons;
        called |= found.isas;
    }
    printf("%td shapes, %td comparisons, %td failures in %.0f s on ", shapes, comparisons, failures, now() - started);
    print_isas(called);
    printf("\n");
    return failures || !shapes;
}
