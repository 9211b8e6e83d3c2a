// The program's end of the tutorial.
#pragma once

#include <windows.h>

#ifdef __cplusplus
extern "C" {
#endif

// Connects to the driver, sends `text` (`units` characters of 16 bits), and disconnects. `answer` has room for `room`
// characters, of which `*answered` are the driver's; no terminator is among them. S_OK, or the HRESULT of the call
// that failed; then `*answered` is 0. Any thread; blocks until the driver has answered.
HRESULT hello_greet(const WCHAR* text, DWORD units, WCHAR* answer, DWORD room, DWORD* answered);

#ifdef __cplusplus
}
#endif
