// crtdbg.h of client units: the checks of the debug runtime are switched on with _DEBUG.
#pragma once

#include <assert.h>

#define _CRTDBG_ALLOC_MEM_DF 0x01
#define _CRTDBG_LEAK_CHECK_DF 0x20
#define _CRT_WARN 0
#define _CRT_ERROR 1
#define _CRT_ASSERT 2
#define _CrtSetDbgFlag(flags) (flags)
#define _CrtDumpMemoryLeaks() 0
#ifdef _DEBUG
#define _ASSERT(expression) assert(expression)
#define _ASSERTE(expression) assert(expression)
#else
#define _ASSERT(expression) ((void)0)
#define _ASSERTE(expression) ((void)0)
#endif
