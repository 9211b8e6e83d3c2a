// ntstatus.h: status codes.
#pragma once

#include "shared/status.h"
