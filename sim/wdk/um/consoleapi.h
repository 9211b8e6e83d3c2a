// The console of the process: what it prints is kept (ClientProgram::standard_output), what it reads is what was typed.
#pragma once

#include "minwindef.h"

#define STD_INPUT_HANDLE ((DWORD)-10)
#define STD_OUTPUT_HANDLE ((DWORD)-11)
#define STD_ERROR_HANDLE ((DWORD)-12)
#define CTRL_C_EVENT 0
#define CTRL_BREAK_EVENT 1
#define CTRL_CLOSE_EVENT 2
#define CTRL_LOGOFF_EVENT 5
#define CTRL_SHUTDOWN_EVENT 6
#define ENABLE_PROCESSED_INPUT 0x0001
#define ENABLE_LINE_INPUT 0x0002
#define ENABLE_ECHO_INPUT 0x0004
#define ENABLE_PROCESSED_OUTPUT 0x0001
#define ENABLE_WRAP_AT_EOL_OUTPUT 0x0002
#define ENABLE_VIRTUAL_TERMINAL_PROCESSING 0x0004
#define FOREGROUND_BLUE 0x0001
#define FOREGROUND_GREEN 0x0002
#define FOREGROUND_RED 0x0004
#define FOREGROUND_INTENSITY 0x0008
#define BACKGROUND_BLUE 0x0010
#define BACKGROUND_GREEN 0x0020
#define BACKGROUND_RED 0x0040

typedef BOOL (*PHANDLER_ROUTINE)(DWORD CtrlType);

WDK_BEGIN

HANDLE GetStdHandle(DWORD StdHandle);
BOOL SetStdHandle(DWORD StdHandle, HANDLE Handle);
// Handlers run in a thread of their own, the last one first, until one returns TRUE.
BOOL SetConsoleCtrlHandler(PHANDLER_ROUTINE HandlerRoutine, BOOL Add);
BOOL WriteConsoleW(HANDLE ConsoleOutput, const VOID* Buffer, DWORD NumberOfCharsToWrite, LPDWORD NumberOfCharsWritten,
                   LPVOID Reserved);
BOOL WriteConsoleA(HANDLE ConsoleOutput, const VOID* Buffer, DWORD NumberOfCharsToWrite, LPDWORD NumberOfCharsWritten,
                   LPVOID Reserved);
// The console is a text without modes, colours and places: these accept what they are told.
BOOL GetConsoleMode(HANDLE ConsoleHandle, LPDWORD Mode);
BOOL SetConsoleMode(HANDLE ConsoleHandle, DWORD Mode);
BOOL SetConsoleTitleW(LPCWSTR ConsoleTitle);
BOOL SetConsoleTextAttribute(HANDLE ConsoleOutput, WORD Attributes);
BOOL SetConsoleOutputCP(UINT CodePageId);
BOOL SetConsoleCP(UINT CodePageId);
UINT GetConsoleOutputCP(VOID);
UINT GetConsoleCP(VOID);

WDK_END
