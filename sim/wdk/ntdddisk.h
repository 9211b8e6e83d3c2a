// ntdddisk.h: control codes of disks.
#pragma once

#include "shared/storage.h"
