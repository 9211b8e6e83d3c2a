// io.h of client units: descriptors 0, 1 and 2 are the console's.
#pragma once

#include <stdio.h>

WDK_BEGIN

CRT(int, _isatty, (int descriptor));
// The console is UTF-8 whatever is asked for.
CRT(int, _setmode, (int descriptor, int mode));
#define isatty _isatty
#define setmode _setmode

WDK_END
