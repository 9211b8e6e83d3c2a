// winioctl.h: control codes of file systems and of devices.
#pragma once

#include "shared/fsctl_buffers.h"
#include "shared/reparse.h"
#include "shared/storage.h"
