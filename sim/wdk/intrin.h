// intrin.h: the compiler's intrinsics.
#pragma once

#include "km/intrin.h"
