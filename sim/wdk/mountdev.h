// mountdev.h: devices of the mount manager.
#pragma once

#include "shared/mount.h"
