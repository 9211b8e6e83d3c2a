// ntddstor.h: control codes of storage devices.
#pragma once

#include "shared/storage.h"
