#include "../declarations.h"
#include "libc.h"

#include "../numeric/runs.h"

// The kernel in the table is another one, which falls back on this.
#define ck_fold_float32_portable ck_fold_float32_libc
#define CK_WANT_REAL
#define CK_WANT_INTEGER
#define CK_WANT_BOOL
#define CK_TEMPLATE "../arithmetic/fold.h"
#include "../numeric/elements.h"
