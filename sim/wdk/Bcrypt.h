// Bcrypt.h, the other case of the same name.
#pragma once

#include "bcrypt.h"
