// ktmtypes.h: kernel transactions.
#pragma once

#include "km/tm.h"
