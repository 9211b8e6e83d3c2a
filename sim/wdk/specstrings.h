// specstrings.h: annotations.
#pragma once

#include "shared/sal.h"
