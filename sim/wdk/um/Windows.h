// Windows.h, as clients name it.
#pragma once

#include "windows.h"
