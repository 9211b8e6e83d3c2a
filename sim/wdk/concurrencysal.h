// concurrencysal.h: annotations of locks.
#pragma once

#include "shared/sal.h"
