// Instantiates a kernel template for each type of elements. The including file defines CK_TEMPLATE, the template's path,
// and which types it wants: CK_WANT_REAL, CK_WANT_INTEGER, CK_WANT_BOOL. A template sees
//   NAME       the type's name in the kernel table
//   ELEMENT    its C type
//   REAL       whether it holds real numbers: then FN(name) is the mathematical function of its width
//   UNSIGNED   its unsigned counterpart; IS_SIGNED whether it differs; WIDTH its bits
//   IS_SINGLE  if they are floats
//   LOWEST, HIGHEST  the ends of its range
#include <float.h>
#include <math.h>
#include <stdint.h>

#define CK_PASTE_(a, b) a##b
#define CK_PASTE(a, b) CK_PASTE_(a, b)

#if defined(CK_WANT_REAL)
#define REAL 1
#define IS_SIGNED 1
#define LOWEST (-INFINITY)
#define HIGHEST INFINITY
#define NAME float32
#define IS_SINGLE
#define ELEMENT float
#define FN(function) function##f
#include CK_TEMPLATE
#undef IS_SINGLE
#undef NAME
#undef ELEMENT
#undef FN
#define NAME float64
#define ELEMENT double
#define FN(function) function
#include CK_TEMPLATE
#undef NAME
#undef ELEMENT
#undef FN
#undef REAL
#undef IS_SIGNED
#undef LOWEST
#undef HIGHEST
#endif

#if defined(CK_WANT_INTEGER)
#define REAL 0
#define IS_SIGNED 1
#define NAME int64
#define ELEMENT int64_t
#define UNSIGNED uint64_t
#define WIDTH 64
#define LOWEST INT64_MIN
#define HIGHEST INT64_MAX
#include CK_TEMPLATE
#include "next_element.h"
#define NAME int32
#define ELEMENT int32_t
#define UNSIGNED uint32_t
#define WIDTH 32
#define LOWEST INT32_MIN
#define HIGHEST INT32_MAX
#include CK_TEMPLATE
#include "next_element.h"
#define NAME int16
#define ELEMENT int16_t
#define UNSIGNED uint16_t
#define WIDTH 16
#define LOWEST INT16_MIN
#define HIGHEST INT16_MAX
#include CK_TEMPLATE
#include "next_element.h"
#define NAME int8
#define ELEMENT int8_t
#define UNSIGNED uint8_t
#define WIDTH 8
#define LOWEST INT8_MIN
#define HIGHEST INT8_MAX
#include CK_TEMPLATE
#include "next_element.h"
#undef IS_SIGNED
#define IS_SIGNED 0
#define LOWEST 0
#define NAME uint64
#define ELEMENT uint64_t
#define UNSIGNED uint64_t
#define WIDTH 64
#define HIGHEST UINT64_MAX
#include CK_TEMPLATE
#include "next_element.h"
#define LOWEST 0
#define NAME uint32
#define ELEMENT uint32_t
#define UNSIGNED uint32_t
#define WIDTH 32
#define HIGHEST UINT32_MAX
#include CK_TEMPLATE
#include "next_element.h"
#define LOWEST 0
#define NAME uint16
#define ELEMENT uint16_t
#define UNSIGNED uint16_t
#define WIDTH 16
#define HIGHEST UINT16_MAX
#include CK_TEMPLATE
#include "next_element.h"
#define LOWEST 0
#define NAME uint8
#define ELEMENT uint8_t
#define UNSIGNED uint8_t
#define WIDTH 8
#define HIGHEST UINT8_MAX
#include CK_TEMPLATE
#include "next_element.h"
#undef IS_SIGNED
#undef REAL
#endif

#if defined(CK_WANT_BOOL)
#define REAL 0
#define IS_SIGNED 0
#define NAME bool
#define ELEMENT uint8_t
#define UNSIGNED uint8_t
#define WIDTH 8
#define LOWEST 0
#define HIGHEST 1
#define IS_BOOL
#include CK_TEMPLATE
#include "next_element.h"
#undef IS_BOOL
#undef IS_SIGNED
#undef REAL
#endif
