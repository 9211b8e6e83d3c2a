// fltUser.h in the other case that clients write.
#pragma once

#include "fltUser.h"
