// sdkddkver.h: the versions of Windows.
#pragma once

#include "shared/version.h"
