// driverspecs.h: static-analysis hints on Windows; here they vanish.
#pragma once

#include "shared/sal.h"
