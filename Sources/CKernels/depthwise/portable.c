#include "../declarations.h"

#include <string.h>

#define CK_ROWS 2
#define CK_DIRECT ck_depthwise_int8_portable
#define CK_DIRECT_HYBRID ck_depthwise_hybrid_portable
#include "body.h"
