// Where in its parameters an operation keeps its buffer: what FltDecodeParameters tells.
#pragma once

#include <fltKernel.h>

namespace fltsim::fltmgr {

struct DecodedParameters {
  PMDL* mdl = nullptr;  // null: the operation has a system buffer, and no place for an MDL
  PVOID* buffer = nullptr;
  PULONG length = nullptr;
  LOCK_OPERATION access = IoReadAccess;
};

// All null for an operation that has no buffer. Pointers into `block`.
DecodedParameters decode_parameters(FLT_IO_PARAMETER_BLOCK& block);

}  // namespace fltsim::fltmgr
