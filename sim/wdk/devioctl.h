// devioctl.h: the parts of a control code.
#pragma once

#include "shared/access.h"
