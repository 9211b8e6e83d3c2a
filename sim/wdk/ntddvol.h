// ntddvol.h: control codes of volumes.
#pragma once

#include "shared/storage.h"
