// windef.h, as drivers name it.
#pragma once

#include "shared/types.h"
