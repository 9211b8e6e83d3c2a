// evntprov.h: event tracing.
#pragma once

#include "km/etw.h"
