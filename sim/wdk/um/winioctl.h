// Control codes and the buffers of devices and file systems.
#pragma once

#include "../shared/fsctl.h"
#include "minwindef.h"
