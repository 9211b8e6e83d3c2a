// Time of the machine, which is virtual on a seeded one, and what the machine is.
#pragma once

#include "minwindef.h"

#define PROCESSOR_ARCHITECTURE_AMD64 9
#define TIME_ZONE_ID_UNKNOWN 0

typedef struct _SYSTEM_INFO {
  __extension__ union {
    DWORD dwOemId;
    __extension__ struct {
      WORD wProcessorArchitecture;
      WORD wReserved;
    };
  };
  DWORD dwPageSize;
  LPVOID lpMinimumApplicationAddress;
  LPVOID lpMaximumApplicationAddress;
  DWORD_PTR dwActiveProcessorMask;
  DWORD dwNumberOfProcessors;
  DWORD dwProcessorType;
  DWORD dwAllocationGranularity;
  WORD wProcessorLevel;
  WORD wProcessorRevision;
} SYSTEM_INFO, *LPSYSTEM_INFO;

WDK_BEGIN

DWORD GetTickCount(VOID);
ULONGLONG GetTickCount64(VOID);
BOOL QueryPerformanceCounter(LARGE_INTEGER* PerformanceCount);
BOOL QueryPerformanceFrequency(LARGE_INTEGER* Frequency);
VOID GetSystemTimeAsFileTime(LPFILETIME SystemTime);
VOID GetSystemTimePreciseAsFileTime(LPFILETIME SystemTime);
VOID GetSystemTime(LPSYSTEMTIME SystemTime);
// The machine's time zone is UTC.
VOID GetLocalTime(LPSYSTEMTIME SystemTime);
BOOL FileTimeToSystemTime(const FILETIME* FileTime, LPSYSTEMTIME SystemTime);
BOOL SystemTimeToFileTime(const SYSTEMTIME* SystemTime, LPFILETIME FileTime);
BOOL FileTimeToLocalFileTime(const FILETIME* FileTime, LPFILETIME LocalFileTime);
BOOL LocalFileTimeToFileTime(const FILETIME* LocalFileTime, LPFILETIME FileTime);
LONG CompareFileTime(const FILETIME* First, const FILETIME* Second);
VOID GetSystemInfo(LPSYSTEM_INFO SystemInfo);
VOID GetNativeSystemInfo(LPSYSTEM_INFO SystemInfo);
UINT GetSystemDirectoryW(LPWSTR Buffer, UINT Size);
UINT GetSystemDirectoryA(LPSTR Buffer, UINT Size);
UINT GetWindowsDirectoryW(LPWSTR Buffer, UINT Size);
BOOL GetComputerNameW(LPWSTR Buffer, LPDWORD Size);

WDK_END
