#include "../declarations.h"

#define CK_WANT_REAL
#define CK_TEMPLATE "../softmax/rows.h"
#include "../numeric/elements.h"
