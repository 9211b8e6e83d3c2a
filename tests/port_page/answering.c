#include "answering.h"

// The header and the payload. sizeof a struct around both would count padding as payload.
#define REPLY_SIZE (sizeof(FILTER_REPLY_HEADER) + sizeof(ANSWER))

typedef struct REPLY {
  FILTER_REPLY_HEADER header;
  ANSWER answer;
} REPLY;

static HRESULT post(SERVICE* service, RECEIVE* receive) {
  static const OVERLAPPED unused;
  HRESULT result;
  receive->overlapped = unused;
  result = FilterGetMessage(service->port, &receive->header, FIELD_OFFSET(RECEIVE, overlapped),
                            &receive->overlapped);
  // Pending is what success looks like here, and FAILED(result) says that it is not.
  return result == HRESULT_FROM_WIN32(ERROR_IO_PENDING) ? S_OK : result;
}

static HRESULT answer(SERVICE* service, const RECEIVE* receive) {
  // The status is what FltSendMessage returns in the driver: an NTSTATUS, and no HRESULT.
  REPLY reply = {{STATUS_SUCCESS, receive->header.MessageId}, {0}};
  HRESULT result;
  if (receive->header.ReplyLength == 0) return S_OK;  // nobody waits
  reply.answer.allow = service->decide(&receive->question, service->argument);
  result = FilterReplyMessage(service->port, &reply.header, REPLY_SIZE);
  // Too late: the driver has given up and decided without us. The next question is none the worse for it.
  return result == ERROR_FLT_NO_WAITER_FOR_REPLY ? S_OK : result;
}

HRESULT service_run(SERVICE* service) {
  HRESULT result = S_OK;
  while (SUCCEEDED(result)) {
    DWORD size = 0;
    ULONG_PTR key = 0;
    OVERLAPPED* overlapped = NULL;
    RECEIVE* receive;
    // 6 when the driver has hung up, 995 when we did.
    if (!GetQueuedCompletionStatus(service->completions, &size, &key, &overlapped, INFINITE))
      return HRESULT_FROM_WIN32(GetLastError());
    // Receives complete in any order: the OVERLAPPED says which one it is.
    receive = CONTAINING_RECORD(overlapped, RECEIVE, overlapped);
    if (size == FIELD_OFFSET(RECEIVE, overlapped)) result = answer(service, receive);
    if (SUCCEEDED(result)) result = post(service, receive);
  }
  return result;
}

HRESULT service_start(SERVICE* service, Decide decide, void* argument) {
  HRESULT result = FilterConnectCommunicationPort(PORT_NAME, 0, NULL, 0, NULL, &service->port);
  if (FAILED(result)) return result;
  service->decide = decide;
  service->argument = argument;
  service->completions = CreateIoCompletionPort(service->port, NULL, 0, 0);
  if (service->completions == NULL) result = HRESULT_FROM_WIN32(GetLastError());
  for (int i = 0; i < RECEIVES && SUCCEEDED(result); ++i) result = post(service, &service->receives[i]);
  if (FAILED(result)) service_stop(service);
  return result;
}

void service_stop(SERVICE* service) {
  CloseHandle(service->port);
  if (service->completions != NULL) CloseHandle(service->completions);
}
