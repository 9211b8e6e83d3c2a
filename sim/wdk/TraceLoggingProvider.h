// TraceLoggingProvider.h: events that nobody collects. A provider exists, is never enabled, and its events are neither
// evaluated nor written, which is what a provider without a session does on Windows.
#pragma once

#include "km/etw.h"

typedef const struct fltsim_trace_logging_provider {
  const char* Name;
} *TraceLoggingHProvider;
#define TRACELOGGING_DECLARE_PROVIDER(provider) \
  extern const TraceLoggingHProvider provider
#define TRACELOGGING_DEFINE_PROVIDER(provider, name, ...)                           \
  static const struct fltsim_trace_logging_provider provider##_provider = {name};   \
  const TraceLoggingHProvider provider = &provider##_provider
#define TraceLoggingRegister(provider) ((void)(provider), STATUS_SUCCESS)
#define TraceLoggingRegisterEx(provider, callback, context) ((void)(provider), STATUS_SUCCESS)
#define TraceLoggingUnregister(provider) ((void)(provider))
#define TraceLoggingProviderEnabled(provider, level, keyword) (FALSE)
#define TraceLoggingWrite(provider, ...) ((void)(provider))
#define TraceLoggingWriteActivity(provider, ...) ((void)(provider))
