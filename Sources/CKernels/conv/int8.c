#include "../declarations.h"
#include "../gemm/gemm.h"

#define CK_BODY "../conv/int8_body.h"
#include "../gemm/instances.h"
