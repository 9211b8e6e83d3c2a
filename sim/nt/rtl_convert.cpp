// Rtl: numbers, GUIDs, UTF-8, memory, time, versions.
#include <algorithm>
#include <optional>

#include "nt/identity.hpp"
#include "nt/wdk.hpp"

namespace fltsim::nt {
namespace {

constexpr LONGLONG kTicksPerDay = 24LL * 3600 * 10'000'000;
constexpr LONGLONG kSecondsTo1970 = 11'644'473'600;
constexpr std::size_t kGuidLength = 38;

bool is_base(ULONG base) { return base == 0 || base == 2 || base == 8 || base == 10 || base == 16; }

NTSTATUS number_to_string(ULONGLONG value, ULONG base, PUNICODE_STRING string) {
  if (!is_base(base)) return STATUS_INVALID_PARAMETER;
  const ULONG radix = base == 0 ? 10 : base;
  char16_t digits[64];
  std::size_t count = 0;
  do {
    digits[count++] = u"0123456789ABCDEF"[value % radix];
    value /= radix;
  } while (value != 0);
  const std::size_t bytes = count * sizeof(WCHAR);
  if (bytes > string->MaximumLength) return STATUS_BUFFER_OVERFLOW;
  std::reverse_copy(digits, digits + count, string->Buffer);
  string->Length = static_cast<USHORT>(bytes);
  if (bytes + sizeof(WCHAR) <= string->MaximumLength) string->Buffer[count] = UNICODE_NULL;
  return STATUS_SUCCESS;
}

std::optional<ULONG> digit_of(WCHAR unit, ULONG radix) {
  ULONG digit = radix;
  if (unit >= u'0' && unit <= u'9') digit = unit - u'0';
  if (unit >= u'a' && unit <= u'f') digit = unit - u'a' + 10u;
  if (unit >= u'A' && unit <= u'F') digit = unit - u'A' + 10u;
  return digit < radix ? std::optional(digit) : std::nullopt;
}

// A base of 0: taken from a prefix 0x, 0o or 0b, else 10.
ULONG take_radix(std::u16string_view& text, ULONG base) {
  if (base != 0) return base;
  ULONG radix = 10;
  if (text.size() > 1 && text[0] == u'0') {
    if (text[1] == u'x') radix = 16;
    if (text[1] == u'o') radix = 8;
    if (text[1] == u'b') radix = 2;
  }
  if (radix != 10) text.remove_prefix(2);
  return radix;
}

// One code point; a lone surrogate or a bad sequence becomes U+FFFD and `clean` false.
char32_t take_utf16(std::u16string_view& text, bool& clean) {
  const char16_t first = text[0];
  text.remove_prefix(1);
  if (first < 0xD800 || first > 0xDFFF) return first;
  if (first <= 0xDBFF && !text.empty() && text[0] >= 0xDC00 && text[0] <= 0xDFFF) {
    const char32_t point = 0x10000 + ((first - 0xD800u) << 10) + (text[0] - 0xDC00u);
    text.remove_prefix(1);
    return point;
  }
  clean = false;
  return 0xFFFD;
}

char32_t take_utf8(std::string_view& text, bool& clean) {
  const auto first = static_cast<UCHAR>(text[0]);
  text.remove_prefix(1);
  if (first < 0x80) return first;
  const std::size_t more = first >= 0xF0 && first < 0xF5 ? 3 : first >= 0xE0 ? 2 : 1;
  char32_t point = first & (0x3Fu >> more);
  const bool leads = first >= 0xC2 && first < 0xF5 && text.size() >= more;
  for (std::size_t i = 0; leads && i < more; ++i) {
    const auto next = static_cast<UCHAR>(text[i]);
    if ((next & 0xC0) != 0x80) {
      clean = false;
      return 0xFFFD;
    }
    point = point << 6 | (next & 0x3Fu);
  }
  const bool valid = leads && !(point >= 0xD800 && point <= 0xDFFF) && point <= 0x10FFFF &&
                     point >= (more == 3   ? 0x10000u
                               : more == 2 ? 0x800u
                                           : 0x80u);
  if (!valid) {
    clean = false;
    return 0xFFFD;
  }
  text.remove_prefix(more);
  return point;
}

std::string to_utf8(char32_t point) {
  const auto trail = [&](int shift) { return static_cast<char>(0x80 | (point >> shift & 0x3F)); };
  if (point < 0x80) return {static_cast<char>(point)};
  if (point < 0x800) return {static_cast<char>(0xC0 | point >> 6), trail(0)};
  if (point < 0x10000) return {static_cast<char>(0xE0 | point >> 12), trail(6), trail(0)};
  return {static_cast<char>(0xF0 | point >> 18), trail(12), trail(6), trail(0)};
}

std::u16string to_utf16(char32_t point) {
  if (point < 0x10000) return {static_cast<char16_t>(point)};
  return {static_cast<char16_t>(0xD800 + ((point - 0x10000) >> 10)),
          static_cast<char16_t>(0xDC00 + ((point - 0x10000) & 0x3FF))};
}

// Writes `whole` as far as it fits in units that belong together; null destination: only the size is wanted.
template <class Unit, class Text, class Take, class Encode>
NTSTATUS convert(Unit* destination, ULONG bytes_max, PULONG bytes, Text text, Take take, Encode encode) {
  bool clean = true;
  std::size_t used = 0;
  const std::size_t units_max = bytes_max / sizeof(Unit);
  NTSTATUS status = STATUS_SUCCESS;
  while (!text.empty()) {
    const auto piece = encode(take(text, clean));
    if (destination != nullptr && used + piece.size() > units_max) {
      status = STATUS_BUFFER_TOO_SMALL;
      break;
    }
    if (destination != nullptr) std::copy(piece.begin(), piece.end(), destination + used);
    used += piece.size();
  }
  if (bytes != nullptr) *bytes = static_cast<ULONG>(used * sizeof(Unit));
  return status == STATUS_SUCCESS && !clean ? STATUS_SOME_NOT_MAPPED : status;
}

// Days since 1601-01-01 to a civil date, and back (Howard Hinnant's era arithmetic, shifted to 1601).
struct Date {
  LONGLONG year;
  unsigned month;
  unsigned day;
};

constexpr LONGLONG kDaysTo1601FromEra = 584'694;  // days from 0000-03-01 to 1601-01-01

Date date_of(LONGLONG days) {
  days += kDaysTo1601FromEra;
  const LONGLONG era = days / 146'097;
  const auto day_of_era = static_cast<unsigned>(days - era * 146'097);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted_month = (5 * day_of_year + 2) / 153;
  const unsigned day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  const unsigned month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  return {static_cast<LONGLONG>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

LONGLONG days_of(const Date& date) {
  const LONGLONG year = date.year - (date.month <= 2 ? 1 : 0);
  const LONGLONG era = year / 400;
  const auto year_of_era = static_cast<unsigned>(year - era * 400);
  const unsigned shifted_month = date.month > 2 ? date.month - 3 : date.month + 9;
  const unsigned day_of_year = (153 * shifted_month + 2) / 5 + date.day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + static_cast<LONGLONG>(day_of_era) - kDaysTo1601FromEra;
}

bool take_hex(std::u16string_view& text, std::size_t digits, ULONGLONG& value) {
  value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const auto digit = digit_of(text[i], 16);
    if (!digit) return false;
    value = value << 4 | *digit;
  }
  text.remove_prefix(digits);
  return true;
}

}  // namespace
}  // namespace fltsim::nt

using namespace fltsim;
using nt::touch;

extern "C" {

NTSTATUS RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String) {
  touch("RtlIntegerToUnicodeString", nt::kApc);
  return nt::number_to_string(Value, Base, String);
}

NTSTATUS RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String) {
  touch("RtlInt64ToUnicodeString", nt::kApc);
  return nt::number_to_string(Value, Base, String);
}

NTSTATUS RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value) {
  touch("RtlUnicodeStringToInteger", nt::kApc);
  if (!nt::is_base(Base)) return STATUS_INVALID_PARAMETER;
  std::u16string_view text = nt::view(String);
  while (!text.empty() && text[0] <= u' ') text.remove_prefix(1);
  const bool negative = !text.empty() && text[0] == u'-';
  if (negative || (!text.empty() && text[0] == u'+')) text.remove_prefix(1);
  const ULONG radix = nt::take_radix(text, Base);
  ULONG value = 0;
  for (const WCHAR unit : text) {
    const auto digit = nt::digit_of(unit, radix);
    if (!digit) break;
    value = value * radix + *digit;
  }
  *Value = negative ? 0 - value : value;
  return STATUS_SUCCESS;
}

NTSTATUS RtlGUIDFromString(PCUNICODE_STRING GuidString, GUID* Guid) {
  touch("RtlGUIDFromString", nt::kApc);
  std::u16string_view text = nt::view(GuidString);
  if (text.size() != nt::kGuidLength || text.front() != u'{' || text.back() != u'}')
    return STATUS_INVALID_PARAMETER;
  static constexpr std::size_t kDigits[] = {8, 4, 4, 2, 2, 2, 2, 2, 2, 2, 2};
  ULONGLONG parts[11];
  text.remove_prefix(1);
  for (std::size_t i = 0; i < 11; ++i) {
    if (!nt::take_hex(text, kDigits[i], parts[i])) return STATUS_INVALID_PARAMETER;
    if (i >= 3 && i != 4) continue;
    if (text[0] != u'-') return STATUS_INVALID_PARAMETER;
    text.remove_prefix(1);
  }
  Guid->Data1 = static_cast<ULONG>(parts[0]);
  Guid->Data2 = static_cast<USHORT>(parts[1]);
  Guid->Data3 = static_cast<USHORT>(parts[2]);
  for (std::size_t i = 0; i < 8; ++i) Guid->Data4[i] = static_cast<UCHAR>(parts[3 + i]);
  return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeToUTF8N(PCHAR UTF8StringDestination, ULONG UTF8StringMaxByteCount,
                           PULONG UTF8StringActualByteCount, PCWCH UnicodeStringSource,
                           ULONG UnicodeStringByteCount) {
  touch("RtlUnicodeToUTF8N", nt::kApc);
  if (UnicodeStringSource == nullptr) return STATUS_INVALID_PARAMETER_4;
  return nt::convert(UTF8StringDestination, UTF8StringMaxByteCount, UTF8StringActualByteCount,
                     std::u16string_view(UnicodeStringSource, UnicodeStringByteCount / sizeof(WCHAR)),
                     nt::take_utf16, nt::to_utf8);
}

NTSTATUS RtlUTF8ToUnicodeN(PWSTR UnicodeStringDestination, ULONG UnicodeStringMaxByteCount,
                           PULONG UnicodeStringActualByteCount, PCCH UTF8StringSource,
                           ULONG UTF8StringByteCount) {
  touch("RtlUTF8ToUnicodeN", nt::kApc);
  if (UTF8StringSource == nullptr) return STATUS_INVALID_PARAMETER_4;
  return nt::convert(UnicodeStringDestination, UnicodeStringMaxByteCount, UnicodeStringActualByteCount,
                     std::string_view(UTF8StringSource, UTF8StringByteCount), nt::take_utf8, nt::to_utf16);
}

SIZE_T RtlCompareMemory(const VOID* Source1, const VOID* Source2, SIZE_T Length) {
  const auto* a = static_cast<const UCHAR*>(Source1);
  const auto* b = static_cast<const UCHAR*>(Source2);
  return static_cast<SIZE_T>(std::mismatch(a, a + Length, b).first - a);
}

PVOID RtlSecureZeroMemory(PVOID Pointer, SIZE_T Count) {
  volatile auto* bytes = static_cast<volatile UCHAR*>(Pointer);
  for (SIZE_T i = 0; i < Count; ++i) bytes[i] = 0;
  return Pointer;
}

VOID RtlTimeToTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields) {
  touch("RtlTimeToTimeFields", nt::kAnyIrql);
  const LONGLONG days = Time->QuadPart / nt::kTicksPerDay;
  LONGLONG rest = Time->QuadPart % nt::kTicksPerDay / sched::kTicksPerMillisecond;
  const auto take = [&](LONGLONG unit) {
    const LONGLONG count = rest / unit;
    rest %= unit;
    return static_cast<CSHORT>(count);
  };
  const nt::Date date = nt::date_of(days);
  TimeFields->Year = static_cast<CSHORT>(date.year);
  TimeFields->Month = static_cast<CSHORT>(date.month);
  TimeFields->Day = static_cast<CSHORT>(date.day);
  TimeFields->Hour = take(3'600'000);
  TimeFields->Minute = take(60'000);
  TimeFields->Second = take(1000);
  TimeFields->Milliseconds = static_cast<CSHORT>(rest);
  TimeFields->Weekday = static_cast<CSHORT>((days + 1) % 7);  // 1601-01-01 was a Monday
}

BOOLEAN RtlTimeFieldsToTime(PTIME_FIELDS TimeFields, PLARGE_INTEGER Time) {
  touch("RtlTimeFieldsToTime", nt::kAnyIrql);
  const TIME_FIELDS& f = *TimeFields;
  if (f.Year < 1601 || f.Month < 1 || f.Month > 12 || f.Day < 1 || f.Hour < 0 || f.Hour > 23 ||
      f.Minute < 0 || f.Minute > 59 || f.Second < 0 || f.Second > 59 || f.Milliseconds < 0 ||
      f.Milliseconds > 999) {
    return FALSE;
  }
  const nt::Date date{f.Year, static_cast<unsigned>(f.Month), static_cast<unsigned>(f.Day)};
  const LONGLONG days = nt::days_of(date);
  if (nt::date_of(days).day != date.day) return FALSE;  // no such day in that month
  const LONGLONG seconds = (f.Hour * 60LL + f.Minute) * 60 + f.Second;
  Time->QuadPart = days * nt::kTicksPerDay + (seconds * 1000 + f.Milliseconds) * 10'000;
  return TRUE;
}

BOOLEAN RtlTimeToSecondsSince1970(PLARGE_INTEGER Time, PULONG ElapsedSeconds) {
  touch("RtlTimeToSecondsSince1970", nt::kApc);
  const LONGLONG seconds = Time->QuadPart / 10'000'000 - nt::kSecondsTo1970;
  if (seconds < 0 || seconds > MAXULONG) return FALSE;
  *ElapsedSeconds = static_cast<ULONG>(seconds);
  return TRUE;
}

VOID RtlSecondsSince1970ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time) {
  touch("RtlSecondsSince1970ToTime", nt::kApc);
  Time->QuadPart = (ElapsedSeconds + nt::kSecondsTo1970) * 10'000'000;
}

// The machine's time zone is UTC.
VOID ExSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime) {
  *LocalTime = *SystemTime;
}
VOID ExLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime) {
  *SystemTime = *LocalTime;
}

ULONG RtlRandomEx(PULONG Seed) {
  constexpr ULONGLONG kModulus = 0x7FFFFFFF;
  *Seed = static_cast<ULONG>((*Seed * 0x7FFFFFEDull + 0x7FFFFFC3ull) % kModulus);
  return *Seed;
}

ULONG RtlRandom(PULONG Seed) { return RtlRandomEx(Seed); }

NTSTATUS RtlGetVersion(PRTL_OSVERSIONINFOW VersionInformation) {
  touch("RtlGetVersion", nt::kPassive);
  VersionInformation->dwMajorVersion = 10;
  VersionInformation->dwMinorVersion = 0;
  VersionInformation->dwBuildNumber = nt::kBuildNumber;
  VersionInformation->dwPlatformId = 2;
  VersionInformation->szCSDVersion[0] = UNICODE_NULL;
  if (VersionInformation->dwOSVersionInfoSize != sizeof(RTL_OSVERSIONINFOEXW)) return STATUS_SUCCESS;
  auto* extended = reinterpret_cast<PRTL_OSVERSIONINFOEXW>(VersionInformation);
  extended->wServicePackMajor = 0;
  extended->wServicePackMinor = 0;
  extended->wSuiteMask = 0x100;
  extended->wProductType = 1;
  return STATUS_SUCCESS;
}

}  // extern "C"
