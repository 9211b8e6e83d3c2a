// debugapi.h, as clients name it.
#pragma once

#include "winbase.h"
