// driverspecs.h: annotations of drivers.
#pragma once

#include "shared/sal.h"
