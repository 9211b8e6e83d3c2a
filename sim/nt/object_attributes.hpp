// What every Zw-routine that opens or makes a named object does with its OBJECT_ATTRIBUTES.
#pragma once

#include <km/ob.h>

#include "nt/wdk.hpp"

namespace fltsim::nt {

// Gives a new object its name (if the attributes have one) and its security, and a handle for it. The caller
// keeps its own reference.
//   STATUS_OBJECT_NAME_COLLISION, or with OBJ_OPENIF a handle to what is there and STATUS_OBJECT_NAME_EXISTS
[[nodiscard]] Status insert_object(Thread& thread, void* body, const OBJECT_ATTRIBUTES* attributes,
                                   AccessMask desired, PHANDLE handle);

// A handle for the named object, after the access check that kernel mode is spared unless
// OBJ_FORCE_ACCESS_CHECK.
[[nodiscard]] Status open_object(Thread& thread, const OBJECT_ATTRIBUTES* attributes, const ObjectType& type,
                                 AccessMask desired, PHANDLE handle);

// A handle for an object at hand, with the access check of open_object().
[[nodiscard]] Status open_by_pointer(Thread& thread, void* body, ULONG flags, AccessMask desired,
                                     PHANDLE handle);

}  // namespace fltsim::nt
