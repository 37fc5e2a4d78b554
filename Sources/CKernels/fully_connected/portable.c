#include "../declarations.h"

#include <string.h>

#define CK_ROWS 2
#define CK_NAME(name) name##_portable
#include "body.h"
