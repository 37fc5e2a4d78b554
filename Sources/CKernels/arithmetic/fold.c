#include "../declarations.h"

#include "../numeric/runs.h"

#define CK_WANT_REAL
#define CK_WANT_INTEGER
#define CK_WANT_BOOL
#define CK_TEMPLATE "../arithmetic/fold.h"
#include "../numeric/elements.h"
