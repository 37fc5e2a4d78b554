#include "../declarations.h"

#include <math.h>
#include <string.h>

#define T float
#define EXP expf
#define TANH tanhf
#define NAME(part) FLOAT_##part
#define FLOAT_kernel ck_attention_float32_portable
#define FLOAT_dot dot_float
#define FLOAT_bias bias_float
#define FLOAT_row row_float
#include "body.h"
#undef T
#undef EXP
#undef TANH
#undef NAME

#define T double
#define EXP exp
#define TANH tanh
#define NAME(part) DOUBLE_##part
#define DOUBLE_kernel ck_attention_float64_portable
#define DOUBLE_dot dot_double
#define DOUBLE_bias bias_double
#define DOUBLE_row row_double
#include "body.h"
