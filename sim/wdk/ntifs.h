// ntifs.h, as drivers name it: ntddk.h and what file systems need. The declarations are in km/, by WDK prefix.
#pragma once

#include "km/fsrtl_rare.h"
#include "km/kernel.h"
