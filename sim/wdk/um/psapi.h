// psapi.h, as clients name it; nothing of it is simulated.
#pragma once

#include "minwindef.h"
