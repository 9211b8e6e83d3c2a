// What the parts of the driver share: the filter handle, the settings that a service may change, and the
// counters of the whole driver. One instance, in static storage: a driver has no other place for what its
// callbacks need, and a second load of the module is a second copy.
#pragma once

#include <fltKernel.h>

#include <fltlink/base/atomic.hpp>
#include <fltlink/base/text.hpp>

namespace drmfilter {

using fltlink::Atomic;
using fltlink::MemoryOrder;
using fltlink::Text;

inline constexpr ULONG kPoolTag = 'mrDF';

struct State {
  // Written by DriverEntry and FilterUnload, while no callback of the filter runs.
  PFLT_FILTER filter = nullptr;
  PFLT_PORT server_port = nullptr;

  // CONFIG_CHANGE. Each is read alone, so relaxed accesses do.
  Atomic<uint8_t> monitoring{1};
  Atomic<uint8_t> blocking{1};
  Atomic<uint32_t> log_level{1};

  // STATUS_REQUEST.
  Atomic<uint64_t> files_scanned{0};
  Atomic<uint64_t> blocked_operations{0};
};

extern State state;

[[nodiscard]] inline bool is_monitoring() { return state.monitoring.load(MemoryOrder::kRelaxed) != 0; }
[[nodiscard]] inline bool is_blocking() { return state.blocking.load(MemoryOrder::kRelaxed) != 0; }

inline void count(Atomic<uint64_t>& counter) { counter.fetch_add(1, MemoryOrder::kRelaxed); }

[[nodiscard]] inline Text text_of(const UNICODE_STRING& string) {
  return Text(string.Buffer, string.Length / sizeof(WCHAR));
}

// The table of the system, which the file system below uses too.
[[nodiscard]] inline char16_t upcase(char16_t unit) {
  return static_cast<char16_t>(RtlUpcaseUnicodeChar(static_cast<WCHAR>(unit)));
}

// Levels of CONFIG_CHANGE.LogLevel; 0 is silence.
inline constexpr uint32_t kLogErrors = 1;       // what was refused, lost or failed; books that are closed
inline constexpr uint32_t kLogConnections = 2;  // clients, policies, settings
inline constexpr uint32_t kLogDecisions = 3;    // each denial

}  // namespace drmfilter

#define DRMFILTER_LOG(level, ...)                                                       \
  do {                                                                                  \
    if (::drmfilter::state.log_level.load(::fltlink::MemoryOrder::kRelaxed) >= (level)) \
      DbgPrint("[DrmFilter] " __VA_ARGS__);                                             \
  } while (false)
