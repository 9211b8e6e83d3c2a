// wincon.h, as clients name it.
#pragma once

#include "consoleapi.h"
