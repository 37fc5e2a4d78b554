// The kernels of floats that go over elements, rows and windows, for one instruction set.
#include "../numeric/float_functions.h"

#include "unary.h"
#include "binary.h"
#include "gelu.h"
#include "softmax.h"
#include "layer_norm.h"
#include "pool.h"
#include "fold.h"
#include "resize.h"
