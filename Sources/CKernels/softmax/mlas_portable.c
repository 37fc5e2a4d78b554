#include "../declarations.h"

#define CK_NAME(name) name##_portable
#include "mlas.h"
