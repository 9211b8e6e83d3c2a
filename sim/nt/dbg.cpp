// Dbg: what drivers print, and the printf family's way to the formatter.
#include <ntifs.h>

#include <algorithm>
#include <string>

#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/format.hpp"
#include "nt/seh.hpp"

namespace fltsim::nt {
namespace {

// As on Windows: what one call prints beyond this is lost.
constexpr std::size_t kPrintMax = 512;

void append_utf8(std::string& text, char32_t point) {
  if (point < 0x80) {
    text += static_cast<char>(point);
    return;
  }
  const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  static constexpr unsigned char kLead[] = {0, 0xC0, 0xE0, 0xF0};
  text += static_cast<char>(kLead[more] | (point >> (6 * more)));
  for (int shift = 6 * (more - 1); shift >= 0; shift -= 6) {
    text += static_cast<char>(0x80 | ((point >> shift) & 0x3F));
  }
}

// A lone surrogate becomes U+FFFD.
std::string to_utf8(const char16_t* units, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const char16_t unit = units[i];
    const bool high = unit >= 0xD800 && unit <= 0xDBFF;
    if (high && i + 1 < count && units[i + 1] >= 0xDC00 && units[i + 1] <= 0xDFFF) {
      append_utf8(text, 0x10000 + ((unit - 0xD800u) << 10) + (units[++i] - 0xDC00u));
    } else {
      append_utf8(text, unit >= 0xD800 && unit <= 0xDFFF ? char32_t{0xFFFD} : char32_t{unit});
    }
  }
  return text;
}

ULONG print(const char* routine, const char* prefix, const char* format, va_list arguments) {
  Thread& thread = enter(routine, kAnyIrql);
  char16_t units[kPrintMax];
  std::size_t length = 0;
  {
    const DriverReads reads(thread);
    for (; *prefix != 0 && length < kPrintMax; ++prefix)
      units[length++] = static_cast<unsigned char>(*prefix);
    length += format_debug(units + length, kPrintMax - length, format, arguments);
  }
  const std::string text = to_utf8(units, std::min(length, kPrintMax));
  thread.system.nt().debug_log().append(text);
  if (thread.system.trace().enabled()) {
    thread.system.trace().event(thread.trace_node,
                                "prints " + text.substr(0, text.find_last_not_of("\r\n") + 1));
  }
  return STATUS_SUCCESS;
}

}  // namespace
}  // namespace fltsim::nt

using namespace fltsim;

extern "C" {

ULONG DbgPrint(PCSTR Format, ...) {
  va_list arguments;
  va_start(arguments, Format);
  const ULONG status = nt::print("DbgPrint", "", Format, arguments);
  va_end(arguments);
  return status;
}

ULONG DbgPrintEx(ULONG, ULONG, PCSTR Format, ...) {
  va_list arguments;
  va_start(arguments, Format);
  const ULONG status = nt::print("DbgPrintEx", "", Format, arguments);
  va_end(arguments);
  return status;
}

ULONG vDbgPrintEx(ULONG, ULONG, PCSTR Format, va_list Arguments) {
  return nt::print("vDbgPrintEx", "", Format, Arguments);
}

ULONG vDbgPrintExWithPrefix(PCSTR Prefix, ULONG, ULONG, PCSTR Format, va_list Arguments) {
  return nt::print("vDbgPrintExWithPrefix", Prefix, Format, Arguments);
}

VOID DbgBreakPoint(VOID) {
  nt::bug_check(nt::enter("DbgBreakPoint", nt::kAnyIrql), "SIM-3",
                "the driver broke into the debugger (DbgBreakPoint); a machine without one stops here.");
}

VOID DbgBreakPointWithStatus(ULONG Status) {
  nt::bug_check(nt::enter("DbgBreakPointWithStatus", nt::kAnyIrql), "SIM-3",
                "the driver broke into the debugger (DbgBreakPointWithStatus " + std::to_string(Status) +
                    "); a machine without one stops here.");
}

VOID RtlAssert(PVOID FailedAssertion, PVOID FileName, ULONG LineNumber, PSTR Message) {
  std::string text = std::string("an assertion of the driver failed: ") +
                     static_cast<const char*>(FailedAssertion) + ", " + static_cast<const char*>(FileName) +
                     ":" + std::to_string(LineNumber);
  if (Message != nullptr) text += std::string(" (") + Message + ")";
  nt::bug_check(nt::enter("RtlAssert", nt::kAnyIrql), "SIM-3", text);
}

// For the printf family in the driver's own runtime (loader/runtime).
size_t fltsim_format_narrow(char* to, size_t capacity, const char* format, va_list arguments) {
  const nt::DriverReads reads(nt::current_thread("the printf family"));
  return nt::format_narrow(to, capacity, format, arguments);
}

size_t fltsim_format_wide(WCHAR* to, size_t capacity, const WCHAR* format, va_list arguments) {
  const nt::DriverReads reads(nt::current_thread("the printf family"));
  return nt::format_wide(to, capacity, format, arguments);
}

}  // extern "C"
