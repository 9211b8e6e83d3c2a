// basetsd.h: sized types.
#pragma once

#include "shared/types.h"
