// evntrace.h: event tracing.
#pragma once

#include "shared/trace.h"
