// fltKernel.h, as minifilters name it.
#pragma once

#include "ntifs.h"

#include "km/flt_more.h"
