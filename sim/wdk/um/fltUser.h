// fltUser.h: the filter manager's library for user mode. Every function may be called from any thread of a simulated
// process and returns an HRESULT; sim/client says which outcomes each has.
#pragma once

#include "fltUserStructures.h"
#include "windows.h"

WDK_BEGIN

// Communication ports. Send blocks until the filter has answered; Get blocks without an OVERLAPPED, and returns
// HRESULT_FROM_WIN32(ERROR_IO_PENDING) with one.
HRESULT FilterConnectCommunicationPort(LPCWSTR PortName, DWORD Options, LPCVOID Context, WORD SizeOfContext,
                                       LPSECURITY_ATTRIBUTES SecurityAttributes, HANDLE* Port);
HRESULT FilterSendMessage(HANDLE Port, LPVOID InBuffer, DWORD InBufferSize, LPVOID OutBuffer, DWORD OutBufferSize,
                          LPDWORD BytesReturned);
HRESULT FilterGetMessage(HANDLE Port, PFILTER_MESSAGE_HEADER MessageBuffer, DWORD MessageBufferSize,
                         LPOVERLAPPED Overlapped);
HRESULT FilterReplyMessage(HANDLE Port, PFILTER_REPLY_HEADER ReplyBuffer, DWORD ReplyBufferSize);

HRESULT FilterLoad(LPCWSTR FilterName);
HRESULT FilterUnload(LPCWSTR FilterName);

HRESULT FilterCreate(LPCWSTR FilterName, HFILTER* Filter);
HRESULT FilterClose(HFILTER Filter);
HRESULT FilterInstanceCreate(LPCWSTR FilterName, LPCWSTR VolumeName, LPCWSTR InstanceName, HFILTER_INSTANCE* Instance);
HRESULT FilterInstanceClose(HFILTER_INSTANCE Instance);

HRESULT FilterAttach(LPCWSTR FilterName, LPCWSTR VolumeName, LPCWSTR InstanceName, DWORD CreatedInstanceNameLength,
                     LPWSTR CreatedInstanceName);
HRESULT FilterAttachAtAltitude(LPCWSTR FilterName, LPCWSTR VolumeName, LPCWSTR Altitude, LPCWSTR InstanceName,
                               DWORD CreatedInstanceNameLength, LPWSTR CreatedInstanceName);
HRESULT FilterDetach(LPCWSTR FilterName, LPCWSTR VolumeName, LPCWSTR InstanceName);

HRESULT FilterFindFirst(FILTER_INFORMATION_CLASS InformationClass, LPVOID Buffer, DWORD BufferSize,
                        LPDWORD BytesReturned, LPHANDLE FilterFind);
HRESULT FilterFindNext(HANDLE FilterFind, FILTER_INFORMATION_CLASS InformationClass, LPVOID Buffer, DWORD BufferSize,
                       LPDWORD BytesReturned);
HRESULT FilterFindClose(HANDLE FilterFind);
HRESULT FilterVolumeFindFirst(FILTER_VOLUME_INFORMATION_CLASS InformationClass, LPVOID Buffer, DWORD BufferSize,
                              LPDWORD BytesReturned, PHANDLE VolumeFind);
HRESULT FilterVolumeFindNext(HANDLE VolumeFind, FILTER_VOLUME_INFORMATION_CLASS InformationClass, LPVOID Buffer,
                             DWORD BufferSize, LPDWORD BytesReturned);
HRESULT FilterVolumeFindClose(HANDLE VolumeFind);
HRESULT FilterInstanceFindFirst(LPCWSTR FilterName, INSTANCE_INFORMATION_CLASS InformationClass, LPVOID Buffer,
                                DWORD BufferSize, LPDWORD BytesReturned, LPHANDLE FilterInstanceFind);
HRESULT FilterInstanceFindNext(HANDLE FilterInstanceFind, INSTANCE_INFORMATION_CLASS InformationClass, LPVOID Buffer,
                               DWORD BufferSize, LPDWORD BytesReturned);
HRESULT FilterInstanceFindClose(HANDLE FilterInstanceFind);
HRESULT FilterVolumeInstanceFindFirst(LPCWSTR VolumeName, INSTANCE_INFORMATION_CLASS InformationClass, LPVOID Buffer,
                                      DWORD BufferSize, LPDWORD BytesReturned, LPHANDLE VolumeInstanceFind);
HRESULT FilterVolumeInstanceFindNext(HANDLE VolumeInstanceFind, INSTANCE_INFORMATION_CLASS InformationClass,
                                     LPVOID Buffer, DWORD BufferSize, LPDWORD BytesReturned);
HRESULT FilterVolumeInstanceFindClose(HANDLE VolumeInstanceFind);

HRESULT FilterGetDosName(LPCWSTR VolumeName, LPWSTR DosName, DWORD DosNameBufferSize);
HRESULT FilterGetInformation(HFILTER Filter, FILTER_INFORMATION_CLASS InformationClass, LPVOID Buffer,
                             DWORD BufferSize, LPDWORD BytesReturned);
HRESULT FilterInstanceGetInformation(HFILTER_INSTANCE Instance, INSTANCE_INFORMATION_CLASS InformationClass,
                                     LPVOID Buffer, DWORD BufferSize, LPDWORD BytesReturned);

WDK_END
