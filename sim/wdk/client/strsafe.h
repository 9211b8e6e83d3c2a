// strsafe.h: ntstrsafe's routines with HRESULTs. S_OK; STRSAFE_E_INSUFFICIENT_BUFFER: the text was cut;
// STRSAFE_E_INVALID_PARAMETER: the size is 0 or too large, or the text has no null within it.
#pragma once

#include <minwindef.h>
#include <ntstrsafe.h>

#define STRSAFE_MAX_CCH NTSTRSAFE_MAX_CCH
#define STRSAFE_E_INSUFFICIENT_BUFFER ((HRESULT)0x8007007A)
#define STRSAFE_E_INVALID_PARAMETER ((HRESULT)0x80070057)
#define STRSAFE_E_END_OF_FILE ((HRESULT)0x80070026)

FORCEINLINE HRESULT fltsim_strsafe_result(NTSTATUS status) {
  return NT_SUCCESS(status) ? S_OK
         : status == (NTSTATUS)0x80000005 ? STRSAFE_E_INSUFFICIENT_BUFFER
                                          : STRSAFE_E_INVALID_PARAMETER;
}
#define FLTSIM_STRSAFE(call) fltsim_strsafe_result(Rtl##call)

#define StringCbLengthA(...) FLTSIM_STRSAFE(StringCbLengthA(__VA_ARGS__))
#define StringCbCopyA(...) FLTSIM_STRSAFE(StringCbCopyA(__VA_ARGS__))
#define StringCbCopyExA(...) FLTSIM_STRSAFE(StringCbCopyExA(__VA_ARGS__))
#define StringCbCopyNA(...) FLTSIM_STRSAFE(StringCbCopyNA(__VA_ARGS__))
#define StringCbCatA(...) FLTSIM_STRSAFE(StringCbCatA(__VA_ARGS__))
#define StringCbCatExA(...) FLTSIM_STRSAFE(StringCbCatExA(__VA_ARGS__))
#define StringCbCatNA(...) FLTSIM_STRSAFE(StringCbCatNA(__VA_ARGS__))
#define StringCbPrintfA(...) FLTSIM_STRSAFE(StringCbPrintfA(__VA_ARGS__))
#define StringCbPrintfExA(...) FLTSIM_STRSAFE(StringCbPrintfExA(__VA_ARGS__))
#define StringCbVPrintfA(...) FLTSIM_STRSAFE(StringCbVPrintfA(__VA_ARGS__))
#define StringCbLengthW(...) FLTSIM_STRSAFE(StringCbLengthW(__VA_ARGS__))
#define StringCbCopyW(...) FLTSIM_STRSAFE(StringCbCopyW(__VA_ARGS__))
#define StringCbCopyExW(...) FLTSIM_STRSAFE(StringCbCopyExW(__VA_ARGS__))
#define StringCbCopyNW(...) FLTSIM_STRSAFE(StringCbCopyNW(__VA_ARGS__))
#define StringCbCatW(...) FLTSIM_STRSAFE(StringCbCatW(__VA_ARGS__))
#define StringCbCatExW(...) FLTSIM_STRSAFE(StringCbCatExW(__VA_ARGS__))
#define StringCbCatNW(...) FLTSIM_STRSAFE(StringCbCatNW(__VA_ARGS__))
#define StringCbPrintfW(...) FLTSIM_STRSAFE(StringCbPrintfW(__VA_ARGS__))
#define StringCbPrintfExW(...) FLTSIM_STRSAFE(StringCbPrintfExW(__VA_ARGS__))
#define StringCbVPrintfW(...) FLTSIM_STRSAFE(StringCbVPrintfW(__VA_ARGS__))
#define StringCchLengthA(...) FLTSIM_STRSAFE(StringCchLengthA(__VA_ARGS__))
#define StringCchCopyA(...) FLTSIM_STRSAFE(StringCchCopyA(__VA_ARGS__))
#define StringCchCopyExA(...) FLTSIM_STRSAFE(StringCchCopyExA(__VA_ARGS__))
#define StringCchCopyNA(...) FLTSIM_STRSAFE(StringCchCopyNA(__VA_ARGS__))
#define StringCchCatA(...) FLTSIM_STRSAFE(StringCchCatA(__VA_ARGS__))
#define StringCchCatExA(...) FLTSIM_STRSAFE(StringCchCatExA(__VA_ARGS__))
#define StringCchCatNA(...) FLTSIM_STRSAFE(StringCchCatNA(__VA_ARGS__))
#define StringCchPrintfA(...) FLTSIM_STRSAFE(StringCchPrintfA(__VA_ARGS__))
#define StringCchPrintfExA(...) FLTSIM_STRSAFE(StringCchPrintfExA(__VA_ARGS__))
#define StringCchVPrintfA(...) FLTSIM_STRSAFE(StringCchVPrintfA(__VA_ARGS__))
#define StringCchLengthW(...) FLTSIM_STRSAFE(StringCchLengthW(__VA_ARGS__))
#define StringCchCopyW(...) FLTSIM_STRSAFE(StringCchCopyW(__VA_ARGS__))
#define StringCchCopyExW(...) FLTSIM_STRSAFE(StringCchCopyExW(__VA_ARGS__))
#define StringCchCopyNW(...) FLTSIM_STRSAFE(StringCchCopyNW(__VA_ARGS__))
#define StringCchCatW(...) FLTSIM_STRSAFE(StringCchCatW(__VA_ARGS__))
#define StringCchCatExW(...) FLTSIM_STRSAFE(StringCchCatExW(__VA_ARGS__))
#define StringCchCatNW(...) FLTSIM_STRSAFE(StringCchCatNW(__VA_ARGS__))
#define StringCchPrintfW(...) FLTSIM_STRSAFE(StringCchPrintfW(__VA_ARGS__))
#define StringCchPrintfExW(...) FLTSIM_STRSAFE(StringCchPrintfExW(__VA_ARGS__))
#define StringCchVPrintfW(...) FLTSIM_STRSAFE(StringCchVPrintfW(__VA_ARGS__))
#ifdef UNICODE
#define StringCbLength StringCbLengthW
#define StringCbCopy StringCbCopyW
#define StringCbCopyEx StringCbCopyExW
#define StringCbCopyN StringCbCopyNW
#define StringCbCat StringCbCatW
#define StringCbCatEx StringCbCatExW
#define StringCbCatN StringCbCatNW
#define StringCbPrintf StringCbPrintfW
#define StringCbPrintfEx StringCbPrintfExW
#define StringCbVPrintf StringCbVPrintfW
#define StringCchLength StringCchLengthW
#define StringCchCopy StringCchCopyW
#define StringCchCopyEx StringCchCopyExW
#define StringCchCopyN StringCchCopyNW
#define StringCchCat StringCchCatW
#define StringCchCatEx StringCchCatExW
#define StringCchCatN StringCchCatNW
#define StringCchPrintf StringCchPrintfW
#define StringCchPrintfEx StringCchPrintfExW
#define StringCchVPrintf StringCchVPrintfW
#else
#define StringCbLength StringCbLengthA
#define StringCbCopy StringCbCopyA
#define StringCbCopyEx StringCbCopyExA
#define StringCbCopyN StringCbCopyNA
#define StringCbCat StringCbCatA
#define StringCbCatEx StringCbCatExA
#define StringCbCatN StringCbCatNA
#define StringCbPrintf StringCbPrintfA
#define StringCbPrintfEx StringCbPrintfExA
#define StringCbVPrintf StringCbVPrintfA
#define StringCchLength StringCchLengthA
#define StringCchCopy StringCchCopyA
#define StringCchCopyEx StringCchCopyExA
#define StringCchCopyN StringCchCopyNA
#define StringCchCat StringCchCatA
#define StringCchCatEx StringCchCatExA
#define StringCchCatN StringCchCatNA
#define StringCchPrintf StringCchPrintfA
#define StringCchPrintfEx StringCchPrintfExA
#define StringCchVPrintf StringCchVPrintfA
#endif
