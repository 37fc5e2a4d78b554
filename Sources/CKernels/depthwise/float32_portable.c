#include "../declarations.h"

#define CK_LANES 4
#define CK_NAME(name) name##_portable
#include "float32.h"
