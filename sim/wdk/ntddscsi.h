// ntddscsi.h: pass-through to SCSI devices.
#pragma once

#include "shared/scsi.h"
