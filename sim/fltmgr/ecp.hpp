// Extra create parameters: what an open carries beside its arguments. A list holds parameters, each of them a header
// of the filter manager's and a context of the driver's behind it; both are pool memory of the driver that made them,
// so that what is not given back shows as such.
#pragma once

#include <fltKernel.h>

#include <cstdint>

#include "nt/thread.hpp"

struct _ECP_HEADER;
struct _ECP_LIST {
  static constexpr std::uint32_t kSignature = 0x4C706345;  // "EcpL"
  std::uint32_t signature = kSignature;
  _ECP_HEADER* first = nullptr;  // in the order of insertion
};

struct alignas(16) _ECP_HEADER {
  static constexpr std::uint32_t kSignature = 0x48706345;  // "EcpH"
  std::uint32_t signature = kSignature;
  ULONG size = 0;  // of the context
  _ECP_HEADER* next = nullptr;
  ECP_LIST* list = nullptr;
  PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK cleanup = nullptr;
  GUID type{};
  bool acknowledged = false;
  bool from_user_mode = false;
};

namespace fltsim::fltmgr {

// All of it, each with its cleanup callback; null does nothing.
void free_ecp_list(nt::Thread& thread, ECP_LIST* list);

}  // namespace fltsim::fltmgr
