// heapapi.h, as clients name it.
#pragma once

#include "memoryapi.h"
