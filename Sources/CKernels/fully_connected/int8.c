#include "../declarations.h"
#include "../gemm/gemm.h"

#define CK_BODY "../fully_connected/int8_body.h"
#include "../gemm/instances.h"
