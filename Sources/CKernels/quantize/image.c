// Images for convolutions of bytes; see ck_image.
#include "../declarations.h"

#define CK_NAME(name) name##_portable
#include "image.h"
