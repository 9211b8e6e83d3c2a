// The Filter* declarations that FilterPort names, for its unit test.
#pragma once

#include <windows.h>

struct FILTER_MESSAGE_HEADER {
  DWORD ReplyLength;
  uint64_t MessageId;
};
using PFILTER_MESSAGE_HEADER = FILTER_MESSAGE_HEADER*;
struct FILTER_REPLY_HEADER {
  int32_t Status;
  uint64_t MessageId;
};
using PFILTER_REPLY_HEADER = FILTER_REPLY_HEADER*;

HRESULT FilterConnectCommunicationPort(LPCWSTR name, DWORD options, LPCVOID context, WORD size,
                                       SECURITY_ATTRIBUTES* attributes, HANDLE* port);
HRESULT FilterGetMessage(HANDLE port, PFILTER_MESSAGE_HEADER message, DWORD size, LPOVERLAPPED overlapped);
HRESULT FilterReplyMessage(HANDLE port, PFILTER_REPLY_HEADER reply, DWORD size);
HRESULT FilterSendMessage(HANDLE port, LPVOID request, DWORD request_size, LPVOID answer, DWORD answer_size,
                          DWORD* returned);
