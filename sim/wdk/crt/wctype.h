// wctype.h of driver units.
#pragma once

#include "wchar.h"
