// specstrings_strict.h: annotations.
#pragma once

#include "shared/sal.h"
