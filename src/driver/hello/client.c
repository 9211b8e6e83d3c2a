#include "client.h"

#include <fltUser.h>

#include "hello.h"

HRESULT hello_greet(const WCHAR* text, DWORD units, WCHAR* answer, DWORD room, DWORD* answered) {
  HANDLE port = INVALID_HANDLE_VALUE;
  DWORD returned = 0;
  HRESULT result = FilterConnectCommunicationPort(HELLO_PORT_NAME, 0, NULL, 0, NULL, &port);
  *answered = 0;
  if (FAILED(result)) return result;
  result =
      FilterSendMessage(port, (LPVOID)text, units * sizeof(WCHAR), answer, room * sizeof(WCHAR), &returned);
  // The count of a failed send says nothing.
  if (SUCCEEDED(result)) *answered = returned / sizeof(WCHAR);
  CloseHandle(port);
  return result;
}
