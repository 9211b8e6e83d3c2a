// errno.h of driver units: the codes that the _s functions return.
#pragma once

#include "crt.h"
