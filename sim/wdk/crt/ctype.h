// ctype.h of driver units: ASCII.
// docs/adr/0003-sixteen-bit-characters.md: every name is bound to the driver's own runtime
// (sim/loader/runtime), never to the C library of the machine underneath.
#pragma once

#include "crt.h"

WDK_BEGIN

CRT(int, toupper, (int unit));
CRT(int, tolower, (int unit));
CRT(int, isdigit, (int unit));
CRT(int, isxdigit, (int unit));
CRT(int, isalpha, (int unit));
CRT(int, isalnum, (int unit));
CRT(int, isspace, (int unit));
CRT(int, isupper, (int unit));
CRT(int, islower, (int unit));
CRT(int, isprint, (int unit));
CRT(int, isgraph, (int unit));
CRT(int, ispunct, (int unit));
CRT(int, iscntrl, (int unit));

WDK_END
