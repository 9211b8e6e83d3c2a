// Time of user mode: the machine's, in all of Windows' forms.
#include "client/client.hpp"

using namespace fltsim;
using namespace fltsim::client;

namespace {

constexpr std::int64_t kTicksPerDay = 24 * 3600 * static_cast<std::int64_t>(sched::kTicksPerSecond);

sched::Ticks now() {
  nt::Thread& thread = nt::current_thread("a time function");
  return thread.system.scheduler().now();
}

void split(std::uint64_t ticks, FILETIME& time) {
  time = {static_cast<DWORD>(ticks), static_cast<DWORD>(ticks >> 32)};
}

std::uint64_t joined(const FILETIME& time) {
  return static_cast<std::uint64_t>(time.dwHighDateTime) << 32 | time.dwLowDateTime;
}

// The civil calendar, in eras of 400 years that begin on March 1st; days count from 1601-01-01.
constexpr std::int64_t kDaysTo1601 = 584'694;  // from 0000-03-01

SYSTEMTIME civil(std::uint64_t ticks) {
  const auto days = static_cast<std::int64_t>(ticks) / kTicksPerDay;
  const auto of_day = static_cast<std::uint64_t>(static_cast<std::int64_t>(ticks) % kTicksPerDay) /
                      sched::kTicksPerMillisecond;
  const std::int64_t from_march = days + kDaysTo1601;
  const std::int64_t era = from_march / 146'097;
  const std::int64_t of_era = from_march % 146'097;
  const std::int64_t year = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const std::int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const std::int64_t shifted = (5 * of_year + 2) / 153;
  const std::int64_t month = shifted + (shifted < 10 ? 3 : -9);
  SYSTEMTIME time{};
  time.wYear = static_cast<WORD>(year + era * 400 + (month <= 2 ? 1 : 0));
  time.wMonth = static_cast<WORD>(month);
  time.wDay = static_cast<WORD>(of_year - (153 * shifted + 2) / 5 + 1);
  time.wDayOfWeek = static_cast<WORD>((days + 1) % 7);  // 1601-01-01 was a Monday
  time.wHour = static_cast<WORD>(of_day / 3'600'000);
  time.wMinute = static_cast<WORD>(of_day / 60'000 % 60);
  time.wSecond = static_cast<WORD>(of_day / 1000 % 60);
  time.wMilliseconds = static_cast<WORD>(of_day % 1000);
  return time;
}

}  // namespace

extern "C" {

ULONGLONG GetTickCount64(VOID) {
  return nt::client_call("GetTickCount64", ULONGLONG{0}, [](nt::Thread& thread) -> ULONGLONG {
    return (thread.system.scheduler().now() - thread.system.nt().boot_time()) / sched::kTicksPerMillisecond;
  });
}

DWORD GetTickCount(VOID) { return static_cast<DWORD>(GetTickCount64()); }

BOOL QueryPerformanceCounter(LARGE_INTEGER* PerformanceCount) {
  touch_output(PerformanceCount);
  return nt::client_call("QueryPerformanceCounter", FALSE, [&](nt::Thread& thread) -> BOOL {
    PerformanceCount->QuadPart = static_cast<LONGLONG>(now() - thread.system.nt().boot_time());
    return TRUE;
  });
}

BOOL QueryPerformanceFrequency(LARGE_INTEGER* Frequency) {
  touch_output(Frequency);
  Frequency->QuadPart = static_cast<LONGLONG>(sched::kTicksPerSecond);
  return TRUE;
}

VOID GetSystemTimeAsFileTime(LPFILETIME SystemTime) {
  touch_output(SystemTime);
  split(now(), *SystemTime);
}

VOID GetSystemTimePreciseAsFileTime(LPFILETIME SystemTime) { GetSystemTimeAsFileTime(SystemTime); }

VOID GetSystemTime(LPSYSTEMTIME SystemTime) {
  touch_output(SystemTime);
  *SystemTime = civil(now());
}

VOID GetLocalTime(LPSYSTEMTIME SystemTime) { GetSystemTime(SystemTime); }

BOOL FileTimeToSystemTime(const FILETIME* FileTime, LPSYSTEMTIME SystemTime) {
  touch_input(FileTime, sizeof *FileTime);
  touch_output(SystemTime);
  const std::uint64_t ticks = joined(*FileTime);
  if (ticks > static_cast<std::uint64_t>(INT64_MAX))
    return win32_result(nt::current_thread("FileTimeToSystemTime"), STATUS_INVALID_PARAMETER);
  *SystemTime = civil(ticks);
  return TRUE;
}

BOOL SystemTimeToFileTime(const SYSTEMTIME* SystemTime, LPFILETIME FileTime) {
  touch_input(SystemTime, sizeof *SystemTime);
  touch_output(FileTime);
  const std::int64_t month = SystemTime->wMonth;
  const std::int64_t year = SystemTime->wYear - (month <= 2 ? 1 : 0);
  const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + SystemTime->wDay - 1;
  const std::int64_t days =
      year / 400 * 146'097 + year % 400 * 365 + year % 400 / 4 - year % 400 / 100 + of_year - kDaysTo1601;
  const std::int64_t milliseconds = SystemTime->wHour * 3'600'000LL + SystemTime->wMinute * 60'000LL +
                                    SystemTime->wSecond * 1000LL + SystemTime->wMilliseconds;
  const auto ticks = static_cast<std::uint64_t>(days * kTicksPerDay) +
                     static_cast<std::uint64_t>(milliseconds) * sched::kTicksPerMillisecond;
  // A date that the calendar does not have does not come back as itself.
  const SYSTEMTIME back = days >= 0 && days < 10'000'000 ? civil(ticks) : SYSTEMTIME{};
  const bool real = back.wYear == SystemTime->wYear && back.wMonth == SystemTime->wMonth &&
                    back.wDay == SystemTime->wDay && back.wHour == SystemTime->wHour &&
                    back.wMinute == SystemTime->wMinute && back.wSecond == SystemTime->wSecond;
  if (!real) return win32_result(nt::current_thread("SystemTimeToFileTime"), STATUS_INVALID_PARAMETER);
  split(ticks, *FileTime);
  return TRUE;
}

BOOL FileTimeToLocalFileTime(const FILETIME* FileTime, LPFILETIME LocalFileTime) {
  touch_input(FileTime, sizeof *FileTime);
  touch_output(LocalFileTime);
  *LocalFileTime = *FileTime;
  return TRUE;
}

BOOL LocalFileTimeToFileTime(const FILETIME* LocalFileTime, LPFILETIME FileTime) {
  return FileTimeToLocalFileTime(LocalFileTime, FileTime);
}

LONG CompareFileTime(const FILETIME* First, const FILETIME* Second) {
  touch_input(First, sizeof *First);
  touch_input(Second, sizeof *Second);
  const std::uint64_t first = joined(*First);
  const std::uint64_t second = joined(*Second);
  return first < second ? -1 : first > second ? 1 : 0;
}

}  // extern "C"
