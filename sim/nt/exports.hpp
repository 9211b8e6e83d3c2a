// The values of the kernel's data exports, for the table in each driver module.
#pragma once

#include <km/exports.h>

namespace fltsim {
class System;
}

namespace fltsim::nt {

fltsim_module_exports module_exports(System& system);

}  // namespace fltsim::nt
