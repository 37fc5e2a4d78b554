#define CK_NAME(name) name##_portable
#include "matmul.h"
