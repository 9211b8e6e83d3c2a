// errhandlingapi.h, as clients name it.
#pragma once

#include "handleapi.h"
