// wdm.h, as drivers name it. The declarations are in km/, by WDK prefix.
#pragma once

#include "km/kernel.h"
