// profileapi.h, as clients name it.
#pragma once

#include "sysinfoapi.h"
