// How often the callbacks of a driver were called, and what they answered.
#pragma once

#include <cstdint>
#include <string>

namespace fltsim {

struct CallbackCount {
  std::string driver;
  std::string operation;  // IRP_MJ_CREATE ...
  std::string
      result;  // FLT_PREOP_COMPLETE, FLT_POSTOP_FINISHED_PROCESSING ...; a number that is none of them
  std::uint64_t count;
};

}  // namespace fltsim
