// windef.h, as clients name it.
#pragma once

#include "minwindef.h"
