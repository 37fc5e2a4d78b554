#include "ckernels.h"

int ck_conv_joins_columns(const ck_conv *p) { return p->groups == 1 && p->dilation_width == 1; }
