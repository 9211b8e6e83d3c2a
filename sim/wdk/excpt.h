// excpt.h: structured exceptions.
#pragma once

#include "km/seh.h"
