// The service of docs/PORT.md.
#pragma once

#include <fltUser.h>

#include "question.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RECEIVES 4

// Decides about one question. Any thread that serves.
typedef unsigned int (*Decide)(const QUESTION* question, void* argument);

typedef struct RECEIVE {
  FILTER_MESSAGE_HEADER header;
  QUESTION question;
  OVERLAPPED overlapped;  // behind the message, and no part of it
} RECEIVE;

typedef struct SERVICE {
  HANDLE port;
  HANDLE completions;
  RECEIVE receives[RECEIVES];
  Decide decide;
  void* argument;
} SERVICE;

// Connects and posts the receives. `service` must not move, and lives until service_stop().
HRESULT service_start(SERVICE* service, Decide decide, void* argument);
// Answers questions until the connection ends. Any number of threads.
HRESULT service_run(SERVICE* service);
// Ends the connection; no thread serves any more.
void service_stop(SERVICE* service);

#ifdef __cplusplus
}
#endif
