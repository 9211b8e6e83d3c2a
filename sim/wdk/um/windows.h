// The part of Win32 that clients of filters use, by the names of its own headers. The functions run in the simulated
// process of the calling thread (sim/client); a name that is not here is not simulated, and a client that uses it does
// not compile. Unless a function says otherwise, failure is FALSE, NULL or the value named, with the reason in
// GetLastError(). docs/CLIENTS.md lists what there is.
#pragma once

#include "minwindef.h"

#include "consoleapi.h"
#include "fileapi.h"
#include "handleapi.h"
#include "ioapiset.h"
#include "memoryapi.h"
#include "processthreadsapi.h"
#include "securitybaseapi.h"
#include "synchapi.h"
#include "sysinfoapi.h"
#include "winbase.h"
#include "winsvc.h"

#include "unicode_names.h"
