// bugcodes.h: codes for KeBugCheckEx.
#pragma once

#include "km/ke.h"
