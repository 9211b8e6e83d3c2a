// ntddft.h: control codes of fault-tolerant volumes, which are those of disks here.
#pragma once

#include "shared/storage.h"
