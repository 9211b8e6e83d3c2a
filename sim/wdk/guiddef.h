// guiddef.h: GUIDs.
#pragma once

#include "shared/types.h"
