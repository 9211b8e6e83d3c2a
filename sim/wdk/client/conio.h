// conio.h of client units: keys are the characters that were typed.
#pragma once

#include <crt.h>

WDK_BEGIN

// Whether a key waits; true at the end of the input too.
CRT(int, _kbhit, (void));
// Blocks; -1 at the end of the input.
CRT(int, _getch, (void));
CRT(int, _getche, (void));
CRT(int, _getwch, (void));
CRT(int, _putch, (int unit));
#define kbhit _kbhit
#define getch _getch
#define getche _getche
#define putch _putch

WDK_END
