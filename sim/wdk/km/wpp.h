// What WPP's preprocessor would have written into each .tmh file, for sources that it has not gone over. A trace message
// is DoTraceMessage or a function that the source names for it in a comment, in a syntax of WPP's own; here the four usual
// names exist, print nothing, and evaluate nothing. WPP_INIT_TRACING and WPP_CLEANUP do nothing.
#pragma once

#include "../shared/trace.h"

#define WPP_DEFINE_CONTROL_GUID(...)
#define WPP_DEFINE_BIT(name)
#define WPP_INIT_TRACING(...) ((void)0)
#define WPP_CLEANUP(...) ((void)0)
#define WPP_SYSTEMCONTROL(...) ((void)0)
#define WPP_LEVEL_ENABLED(flag) 0
#define WPP_LEVEL_LOGGER(flag) 0
#define WPP_FLAG_ENABLED(flag) 0
#define WPP_LEVEL_FLAGS_ENABLED(level, flags) 0
#define WPP_LEVEL_FLAGS_LOGGER(level, flags) 0
#define WPP_CONTROL(flag) fltsim_wpp_control
#define DoTraceMessage(...) ((void)0)
#define DoTraceLevelMessage(...) ((void)0)
#define TraceEvents(...) ((void)0)
#define Trace(...) ((void)0)
static const struct {
  UCHAR Level;
  ULONG Flags[1];
} fltsim_wpp_control __attribute__((unused)) = {0, {0}};
