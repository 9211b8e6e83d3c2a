// windef.h: base types.
#pragma once

#include "shared/types.h"
