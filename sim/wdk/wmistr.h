// wmistr.h: the head of a block of Windows management instrumentation.
#pragma once

#include "shared/trace.h"

typedef struct _WNODE_HEADER {
  ULONG BufferSize;
  ULONG ProviderId;
  __extension__ union {
    ULONG64 HistoricalContext;
    __extension__ struct {
      ULONG Version;
      ULONG Linkage;
    };
  };
  __extension__ union {
    ULONG CountLost;
    HANDLE KernelHandle;
    LARGE_INTEGER TimeStamp;
  };
  GUID Guid;
  ULONG ClientContext;
  ULONG Flags;
} WNODE_HEADER, *PWNODE_HEADER;
