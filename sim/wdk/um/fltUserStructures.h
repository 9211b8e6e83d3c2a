// fltUserStructures.h, as port clients name it.
#pragma once

#include "../shared/filter_info.h"
