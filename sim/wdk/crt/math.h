// math.h of driver units, for sources that reckon an entropy or a rate: the few functions that they use. On Windows a
// driver links them from the C library of the compiler. docs/adr/0003-sixteen-bit-characters.md: every name is bound to the
// driver's own runtime (sim/loader/runtime), never to the C library of the machine underneath.
#pragma once

#include "crt.h"

WDK_BEGIN

#ifdef _USE_MATH_DEFINES
#define M_E 2.71828182845904523536
#define M_LOG2E 1.44269504088896340736
#define M_LOG10E 0.434294481903251827651
#define M_LN2 0.693147180559945309417
#define M_LN10 2.30258509299404568402
#define M_PI 3.14159265358979323846
#define M_SQRT2 1.41421356237309504880
#endif
#define HUGE_VAL __builtin_huge_val()

CRT(double, log, (double value));
CRT(double, log2, (double value));
CRT(double, log10, (double value));
CRT(double, sqrt, (double value));
CRT(double, fabs, (double value));
CRT(double, floor, (double value));
CRT(double, ceil, (double value));

WDK_END
