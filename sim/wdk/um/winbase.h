// The rest of kernel32 and user32 that clients of filters use: text, modules, environment, debugging.
#pragma once

#include "minwindef.h"

#define CP_ACP 0
#define CP_OEMCP 1
#define CP_UTF8 65001
#define MB_PRECOMPOSED 0x00000001u
#define MB_ERR_INVALID_CHARS 0x00000008u
#define WC_ERR_INVALID_CHARS 0x00000080u
#define WC_NO_BEST_FIT_CHARS 0x00000400u
#define LOAD_LIBRARY_AS_DATAFILE 0x00000002u
#define EXCEPTION_ACCESS_VIOLATION ((DWORD)STATUS_ACCESS_VIOLATION)

WDK_BEGIN

// CP_ACP is UTF-8 here, as with Windows' option for it; another code page fails with ERROR_INVALID_PARAMETER.
int MultiByteToWideChar(UINT CodePage, DWORD Flags, LPCSTR MultiByteStr, int MultiByteCount, LPWSTR WideCharStr,
                        int WideCharCount);
int WideCharToMultiByte(UINT CodePage, DWORD Flags, LPCWSTR WideCharStr, int WideCharCount, LPSTR MultiByteStr,
                        int MultiByteCount, LPCSTR DefaultChar, LPBOOL UsedDefaultChar);
UINT GetACP(VOID);

DWORD GetModuleFileNameW(HMODULE Module, LPWSTR FileName, DWORD Size);
DWORD GetModuleFileNameA(HMODULE Module, LPSTR FileName, DWORD Size);
// The program itself; for any other name ERROR_MOD_NOT_FOUND: no library is simulated.
HMODULE GetModuleHandleW(LPCWSTR ModuleName);
HMODULE GetModuleHandleA(LPCSTR ModuleName);
HMODULE LoadLibraryW(LPCWSTR FileName);
HMODULE LoadLibraryA(LPCSTR FileName);
HMODULE LoadLibraryExW(LPCWSTR FileName, HANDLE File, DWORD Flags);
BOOL FreeLibrary(HMODULE Module);
FARPROC GetProcAddress(HMODULE Module, LPCSTR ProcName);

LPWSTR GetCommandLineW(VOID);
LPSTR GetCommandLineA(VOID);
LPWSTR* CommandLineToArgvW(LPCWSTR CommandLine, int* Count);
DWORD GetEnvironmentVariableW(LPCWSTR Name, LPWSTR Buffer, DWORD Size);
DWORD GetEnvironmentVariableA(LPCSTR Name, LPSTR Buffer, DWORD Size);
BOOL SetEnvironmentVariableW(LPCWSTR Name, LPCWSTR Value);
DWORD ExpandEnvironmentStringsW(LPCWSTR Source, LPWSTR Buffer, DWORD Size);
DWORD GetCurrentDirectoryW(DWORD BufferLength, LPWSTR Buffer);
BOOL SetCurrentDirectoryW(LPCWSTR PathName);

// Into the machine's debug output.
VOID OutputDebugStringW(LPCWSTR OutputString);
VOID OutputDebugStringA(LPCSTR OutputString);
BOOL IsDebuggerPresent(VOID);
VOID DebugBreak(VOID);

// Privileges of a token, by name.
BOOL LookupPrivilegeValueW(LPCWSTR SystemName, LPCWSTR Name, PLUID Luid);
BOOL LookupPrivilegeValueA(LPCSTR SystemName, LPCSTR Name, PLUID Luid);

WDK_END

#ifdef FLTSIM_CLIENT_UNIT
WDK_BEGIN
// In the program's own runtime.
int lstrlenW(LPCWSTR Text);
int lstrlenA(LPCSTR Text);
LPWSTR lstrcpyW(LPWSTR To, LPCWSTR From);
LPSTR lstrcpyA(LPSTR To, LPCSTR From);
LPWSTR lstrcpynW(LPWSTR To, LPCWSTR From, int Max);
LPSTR lstrcpynA(LPSTR To, LPCSTR From, int Max);
LPWSTR lstrcatW(LPWSTR To, LPCWSTR From);
LPSTR lstrcatA(LPSTR To, LPCSTR From);
int lstrcmpW(LPCWSTR Left, LPCWSTR Right);
int lstrcmpA(LPCSTR Left, LPCSTR Right);
int lstrcmpiW(LPCWSTR Left, LPCWSTR Right);
int lstrcmpiA(LPCSTR Left, LPCSTR Right);
int wsprintfW(LPWSTR To, LPCWSTR Format, ...);
int wsprintfA(LPSTR To, LPCSTR Format, ...);
int wvsprintfW(LPWSTR To, LPCWSTR Format, va_list Arguments);
int WinMain(HINSTANCE Instance, HINSTANCE PrevInstance, LPSTR CmdLine, int ShowCmd);
int wWinMain(HINSTANCE Instance, HINSTANCE PrevInstance, LPWSTR CmdLine, int ShowCmd);
WDK_END
#endif
