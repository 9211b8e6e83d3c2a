// kernelspecs.h: annotations of kernel code.
#pragma once

#include "shared/sal.h"
