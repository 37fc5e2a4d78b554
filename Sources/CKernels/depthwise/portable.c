#include "../declarations.h"

#include <string.h>

#define CK_ROWS 2
#define CK_NAME(name) name##_portable
#define CK_DIRECT ck_depthwise_int8_portable
#include "body.h"
