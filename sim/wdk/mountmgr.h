// mountmgr.h: the mount manager.
#pragma once

#include "shared/mount.h"
