#if defined(__x86_64__)

#include "../declarations.h"
#include "interleaved.h"
#include "../numeric/target.h"

#include <string.h>

CK_BEGIN_AVX2
#define CK_ROWS 4
#define CK_DIRECT ck_depthwise_direct_avx2
#define CK_DIRECT_HYBRID ck_depthwise_hybrid_direct_avx2
#include "body.h"
CK_END_TARGET

#endif
