// ntdddisk.h: control codes of disks and volumes.
#pragma once

#include "shared/fsctl.h"
