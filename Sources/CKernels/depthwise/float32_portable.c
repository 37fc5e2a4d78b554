#include "../declarations.h"

#define CK_LANES 4
// Where there are 32 registers.
#if defined(__aarch64__)
#define CK_DEPTHWISE_ROWS 2
#else
#define CK_DEPTHWISE_ROWS 1
#endif
#define CK_NAME(name) name##_portable
#include "float32.h"
