#include "../declarations.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

#define CK_NAME(name) name##_portable
#include "dynamic.h"
