// winnt.h: base types, rights and security, as both modes have them.
#pragma once

#include "shared/token.h"
