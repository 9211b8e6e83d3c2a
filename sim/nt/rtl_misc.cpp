// Rtl: strings, bit maps, identifiers, versions and stacks that other files have no place for.
#include <ntifs.h>

#include <execinfo.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "fs/upcase.hpp"
#include "nt/identity.hpp"
#include "nt/wdk.hpp"

using namespace fltsim;
using nt::enter;

namespace {

constexpr ULONG kStringTag = 0x67727453;  // "Strg"

// The units in order, folded or not.
LONG compare(std::u16string_view left, std::u16string_view right, bool insensitive) {
  const std::size_t common = std::min(left.size(), right.size());
  for (std::size_t i = 0; i < common; ++i) {
    const int a = insensitive ? fs::upcase(left[i]) : left[i];
    const int b = insensitive ? fs::upcase(right[i]) : right[i];
    if (a != b) return a - b;
  }
  return static_cast<LONG>(left.size()) - static_cast<LONG>(right.size());
}

// --- bit maps: bit n is bit n % 32 of word n / 32 ---

bool bit(const RTL_BITMAP& map, ULONG at) { return (map.Buffer[at / 32] >> (at % 32) & 1) != 0; }

void put(const RTL_BITMAP& map, ULONG from, ULONG count, bool value) {
  for (ULONG at = from; at < from + count; ++at) {
    const ULONG mask = 1u << (at % 32);
    if (value) {
      map.Buffer[at / 32] |= mask;
    } else {
      map.Buffer[at / 32] &= ~mask;
    }
  }
}

bool all_are(const RTL_BITMAP& map, ULONG from, ULONG count, bool value) {
  if (from >= map.SizeOfBitMap || count == 0 || count > map.SizeOfBitMap - from) return false;
  for (ULONG at = from; at < from + count; ++at) {
    if (bit(map, at) != value) return false;
  }
  return true;
}

ULONG length_of_run(const RTL_BITMAP& map, ULONG from, bool value) {
  ULONG length = 0;
  while (from + length < map.SizeOfBitMap && bit(map, from + length) == value) ++length;
  return length;
}

// From the hint to the end, then from the beginning; ~0 when there is no such run.
ULONG find_run(const RTL_BITMAP& map, ULONG count, ULONG hint, bool value) {
  if (count == 0) return hint < map.SizeOfBitMap ? hint & ~7u : 0;
  if (hint >= map.SizeOfBitMap) hint = 0;
  for (int pass = 0; pass < 2; ++pass) {
    for (ULONG at = pass == 0 ? hint : 0; at < map.SizeOfBitMap;) {
      const ULONG run = length_of_run(map, at, value);
      if (run >= count) return at;
      at += run + 1;
    }
    if (hint == 0) break;
  }
  return ~0u;
}

// Where a frame of the calling driver lies; not those of the simulator's own routine.
USHORT walk(ULONG skip, ULONG count, PVOID* frames) {
  void* all[64];
  const int found = backtrace(all, 64);
  ULONG taken = 0;
  for (int i = static_cast<int>(skip) + 2; i < found && taken < count; ++i) frames[taken++] = all[i];
  return static_cast<USHORT>(taken);
}

// What VerSetConditionMask packs, three bits for each part.
enum Condition : UCHAR {
  kEqual = 1,
  kGreater,
  kGreaterEqual,
  kLess,
  kLessEqual,
  kAnd,
  kOr
};

bool holds(ULONG actual, ULONG wanted, UCHAR condition) {
  switch (condition) {
    case kEqual:
      return actual == wanted;
    case kGreater:
      return actual > wanted;
    case kGreaterEqual:
      return actual >= wanted;
    case kLess:
      return actual < wanted;
    case kLessEqual:
      return actual <= wanted;
    case kAnd:
      return (actual & wanted) == wanted;
    case kOr:
      return (actual & wanted) != 0;
    default:
      return false;
  }
}

}  // namespace

extern "C" {

// --- strings ---

BOOLEAN RtlCreateUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString) {
  enter("RtlCreateUnicodeString", nt::kPassive);
  const std::size_t size = (std::u16string_view(SourceString).size() + 1) * sizeof(WCHAR);
  if (size > 0xFFFE) return FALSE;
  auto* buffer = static_cast<PWCH>(ExAllocatePoolWithTag(PagedPool, size, kStringTag));
  if (buffer == nullptr) return FALSE;
  std::memcpy(buffer, SourceString, size);
  *DestinationString = {static_cast<USHORT>(size - sizeof(WCHAR)), static_cast<USHORT>(size), buffer};
  return TRUE;
}

NTSTATUS RtlValidateUnicodeString(ULONG Flags, PCUNICODE_STRING String) {
  nt::touch("RtlValidateUnicodeString", nt::kPassive);
  if (Flags != 0) return STATUS_INVALID_PARAMETER;
  if (String == nullptr) return STATUS_SUCCESS;
  const bool odd = String->Length % 2 != 0 || String->MaximumLength % 2 != 0;
  const bool hollow = String->Buffer == nullptr && (String->Length != 0 || String->MaximumLength != 0);
  return odd || hollow || String->Length > String->MaximumLength ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

LONG RtlCompareUnicodeStrings(PCWCH String1, SIZE_T String1Length, PCWCH String2, SIZE_T String2Length,
                              BOOLEAN CaseInSensitive) {
  nt::touch("RtlCompareUnicodeStrings", nt::kPassive);
  return compare({String1, String1Length}, {String2, String2Length}, CaseInSensitive != FALSE);
}

BOOLEAN RtlPrefixString(const STRING* String1, const STRING* String2, BOOLEAN CaseInSensitive) {
  nt::touch("RtlPrefixString", nt::kPassive);
  if (String1->Length > String2->Length) return FALSE;
  for (USHORT i = 0; i < String1->Length; ++i) {
    const CHAR a = CaseInSensitive ? RtlUpperChar(String1->Buffer[i]) : String1->Buffer[i];
    const CHAR b = CaseInSensitive ? RtlUpperChar(String2->Buffer[i]) : String2->Buffer[i];
    if (a != b) return FALSE;
  }
  return TRUE;
}

NTSTATUS RtlAppendStringToString(PSTRING Destination, const STRING* Source) {
  nt::touch("RtlAppendStringToString", nt::kPassive);
  if (Source->Length > Destination->MaximumLength - Destination->Length) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(Destination->Buffer + Destination->Length, Source->Buffer, Source->Length);
  Destination->Length = static_cast<USHORT>(Destination->Length + Source->Length);
  return STATUS_SUCCESS;
}

VOID RtlUpperString(PSTRING DestinationString, const STRING* SourceString) {
  nt::touch("RtlUpperString", nt::kPassive);
  const USHORT length = std::min(SourceString->Length, DestinationString->MaximumLength);
  for (USHORT i = 0; i < length; ++i) DestinationString->Buffer[i] = RtlUpperChar(SourceString->Buffer[i]);
  DestinationString->Length = length;
}

NTSTATUS RtlStringFromGUID(REFGUID Guid, PUNICODE_STRING GuidString) {
  enter("RtlStringFromGUID", nt::kPassive);
  char text[40];
  std::snprintf(text, sizeof text, "{%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", Guid.Data1,
                Guid.Data2, Guid.Data3, Guid.Data4[0], Guid.Data4[1], Guid.Data4[2], Guid.Data4[3],
                Guid.Data4[4], Guid.Data4[5], Guid.Data4[6], Guid.Data4[7]);
  std::u16string wide;
  for (const char* at = text; *at != '\0'; ++at) wide += static_cast<char16_t>(*at);
  return RtlCreateUnicodeString(GuidString, wide.c_str()) ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

// "a name that DOS would take": at most 8 and 3 characters of its alphabet.
BOOLEAN RtlIsNameLegalDOS8Dot3(PCUNICODE_STRING Name, POEM_STRING OemName, PBOOLEAN NameContainsSpaces) {
  nt::touch("RtlIsNameLegalDOS8Dot3", nt::kPassive);
  const std::u16string_view name = nt::view(Name);
  if (name == u"." || name == u"..") {
    if (NameContainsSpaces != nullptr) *NameContainsSpaces = FALSE;
    return TRUE;
  }
  if (name.empty() || name.size() > 12) return FALSE;
  const std::size_t dot = name.find(u'.');
  const std::u16string_view base = name.substr(0, dot);
  const std::u16string_view extension =
      dot == std::u16string_view::npos ? std::u16string_view() : name.substr(dot + 1);
  if (base.empty() || base.size() > 8 || extension.size() > 3) return FALSE;
  if (dot != std::u16string_view::npos &&
      (extension.empty() || extension.find(u'.') != std::u16string_view::npos))
    return FALSE;
  constexpr std::u16string_view kForbidden = u"\"*+,/:;<=>?[\\]|";
  bool spaces = false;
  for (const char16_t unit : name) {
    if (unit < 0x20 || kForbidden.find(unit) != std::u16string_view::npos) return FALSE;
    if (unit == u' ') spaces = true;
  }
  if (base.back() == u' ' || (!extension.empty() && extension.back() == u' ')) return FALSE;
  if (NameContainsSpaces != nullptr) *NameContainsSpaces = spaces;
  if (OemName != nullptr && OemName->Buffer != nullptr && OemName->MaximumLength >= name.size()) {
    OemName->Length = static_cast<USHORT>(name.size());
    for (std::size_t i = 0; i < name.size(); ++i) {
      const char16_t upper = fs::upcase(name[i]);
      OemName->Buffer[i] = upper < 0x80 ? static_cast<CHAR>(upper) : '_';
    }
  }
  return TRUE;
}

// --- bit maps ---

VOID RtlInitializeBitMap(PRTL_BITMAP BitMapHeader, PULONG BitMapBuffer, ULONG SizeOfBitMap) {
  BitMapHeader->SizeOfBitMap = SizeOfBitMap;
  BitMapHeader->Buffer = BitMapBuffer;
}

VOID RtlSetBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber) { put(*BitMapHeader, BitNumber, 1, true); }
VOID RtlClearBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber) { put(*BitMapHeader, BitNumber, 1, false); }
BOOLEAN RtlTestBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber) { return bit(*BitMapHeader, BitNumber); }
VOID RtlSetBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToSet) {
  put(*BitMapHeader, StartingIndex, NumberToSet, true);
}
VOID RtlClearBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToClear) {
  put(*BitMapHeader, StartingIndex, NumberToClear, false);
}
// Whole words, as the documentation has it.
VOID RtlSetAllBits(PRTL_BITMAP BitMapHeader) {
  std::memset(BitMapHeader->Buffer, 0xFF, (BitMapHeader->SizeOfBitMap + 31) / 32 * sizeof(ULONG));
}
VOID RtlClearAllBits(PRTL_BITMAP BitMapHeader) {
  std::memset(BitMapHeader->Buffer, 0, (BitMapHeader->SizeOfBitMap + 31) / 32 * sizeof(ULONG));
}

ULONG RtlFindClearBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex) {
  return find_run(*BitMapHeader, NumberToFind, HintIndex, false);
}
ULONG RtlFindSetBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex) {
  return find_run(*BitMapHeader, NumberToFind, HintIndex, true);
}
ULONG RtlFindClearBitsAndSet(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex) {
  const ULONG at = find_run(*BitMapHeader, NumberToFind, HintIndex, false);
  if (at != ~0u) put(*BitMapHeader, at, NumberToFind, true);
  return at;
}
ULONG RtlFindSetBitsAndClear(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex) {
  const ULONG at = find_run(*BitMapHeader, NumberToFind, HintIndex, true);
  if (at != ~0u) put(*BitMapHeader, at, NumberToFind, false);
  return at;
}
ULONG RtlNumberOfSetBits(PRTL_BITMAP BitMapHeader) {
  ULONG count = 0;
  for (ULONG at = 0; at < BitMapHeader->SizeOfBitMap; ++at) count += bit(*BitMapHeader, at);
  return count;
}
ULONG RtlNumberOfClearBits(PRTL_BITMAP BitMapHeader) {
  return BitMapHeader->SizeOfBitMap - RtlNumberOfSetBits(BitMapHeader);
}
ULONG RtlNumberOfSetBitsUlongPtr(ULONG_PTR Target) { return static_cast<ULONG>(std::popcount(Target)); }
BOOLEAN RtlAreBitsClear(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length) {
  return all_are(*BitMapHeader, StartingIndex, Length, false);
}
BOOLEAN RtlAreBitsSet(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length) {
  return all_are(*BitMapHeader, StartingIndex, Length, true);
}
ULONG RtlFindNextForwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex, PULONG StartingRunIndex) {
  ULONG at = FromIndex;
  while (at < BitMapHeader->SizeOfBitMap && bit(*BitMapHeader, at)) ++at;
  *StartingRunIndex = at;
  return length_of_run(*BitMapHeader, at, false);
}
ULONG RtlFindFirstRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex) {
  return RtlFindNextForwardRunClear(BitMapHeader, 0, StartingIndex);
}
ULONG RtlFindLongestRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex) {
  ULONG longest = 0;
  for (ULONG at = 0; at < BitMapHeader->SizeOfBitMap; ++at) {
    const ULONG run = length_of_run(*BitMapHeader, at, false);
    if (run > longest) {
      longest = run;
      *StartingIndex = at;
    }
    at += run;
  }
  return longest;
}
CCHAR RtlFindLeastSignificantBit(ULONGLONG Set) {
  return Set == 0 ? CCHAR{-1} : static_cast<CCHAR>(std::countr_zero(Set));
}
CCHAR RtlFindMostSignificantBit(ULONGLONG Set) {
  return Set == 0 ? CCHAR{-1} : static_cast<CCHAR>(63 - std::countl_zero(Set));
}

// --- versions ---

BOOLEAN PsGetVersion(PULONG MajorVersion, PULONG MinorVersion, PULONG BuildNumber,
                     PUNICODE_STRING CSDVersion) {
  nt::touch("PsGetVersion", nt::kAnyIrql);
  RTL_OSVERSIONINFOW version{};
  version.dwOSVersionInfoSize = sizeof version;
  RtlGetVersion(&version);
  if (MajorVersion != nullptr) *MajorVersion = version.dwMajorVersion;
  if (MinorVersion != nullptr) *MinorVersion = version.dwMinorVersion;
  if (BuildNumber != nullptr) *BuildNumber = version.dwBuildNumber;
  if (CSDVersion != nullptr) CSDVersion->Length = 0;
  return FALSE;  // no checked build
}

// Major and minor version, and the service pack, are compared as one number when several are asked for.
NTSTATUS RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW VersionInfo, ULONG TypeMask, ULONGLONG ConditionMask) {
  enter("RtlVerifyVersionInfo", nt::kPassive);
  if (TypeMask == 0 || ConditionMask == 0) return STATUS_INVALID_PARAMETER;
  RTL_OSVERSIONINFOEXW own{};
  own.dwOSVersionInfoSize = sizeof own;
  RtlGetVersion(reinterpret_cast<PRTL_OSVERSIONINFOW>(&own));
  const auto condition = [&](unsigned index) { return static_cast<UCHAR>(ConditionMask >> (index * 3) & 7); };
  struct Part {
    ULONG mask;
    unsigned index;
    ULONG actual;
    ULONG wanted;
  };
  const Part simple[] = {
      {0x04, 2, own.dwBuildNumber, VersionInfo->dwBuildNumber},
      {0x08, 3, own.dwPlatformId, VersionInfo->dwPlatformId},
      {0x40, 6, own.wSuiteMask, VersionInfo->wSuiteMask},
      {0x80, 7, own.wProductType, VersionInfo->wProductType},
  };
  for (const Part& part : simple) {
    if ((TypeMask & part.mask) == 0) continue;
    if (!holds(part.actual, part.wanted, condition(part.index))) return STATUS_REVISION_MISMATCH;
  }
  const Part order[] = {{0x02, 1, own.dwMajorVersion, VersionInfo->dwMajorVersion},
                        {0x01, 0, own.dwMinorVersion, VersionInfo->dwMinorVersion},
                        {0x20, 5, own.wServicePackMajor, VersionInfo->wServicePackMajor},
                        {0x10, 4, own.wServicePackMinor, VersionInfo->wServicePackMinor}};
  UCHAR last = 0;
  for (const Part& part : order) {
    if ((TypeMask & part.mask) == 0) continue;
    last = condition(part.index);
    if (part.actual == part.wanted) continue;
    // The most significant part that differs decides.
    return holds(part.actual, part.wanted, last) ? STATUS_SUCCESS : STATUS_REVISION_MISMATCH;
  }
  if (last == 0 || last == kEqual || last == kGreaterEqual || last == kLessEqual) return STATUS_SUCCESS;
  return STATUS_REVISION_MISMATCH;
}

ULONGLONG VerSetConditionMask(ULONGLONG ConditionMask, ULONG TypeMask, UCHAR Condition) {
  for (unsigned index = 0; index < 8; ++index) {
    if ((TypeMask >> index & 1) == 0) continue;
    return ConditionMask | static_cast<ULONGLONG>(Condition & 7) << (index * 3);
  }
  return ConditionMask;
}

// --- time: the machine's clock is UTC, and so is its local time ---

NTSTATUS RtlSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime) {
  ExSystemTimeToLocalTime(SystemTime, LocalTime);
  return STATUS_SUCCESS;
}

VOID RtlSecondsSince1980ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time) {
  constexpr LONGLONG k1980 = 11'960'006'400;  // seconds since 1601
  Time->QuadPart = (k1980 + ElapsedSeconds) * 10'000'000;
}

// --- stacks ---

USHORT RtlCaptureStackBackTrace(ULONG FramesToSkip, ULONG FramesToCapture, PVOID* BackTrace,
                                PULONG BackTraceHash) {
  nt::touch("RtlCaptureStackBackTrace", nt::kAnyIrql);
  const USHORT count = walk(FramesToSkip, FramesToCapture, BackTrace);
  if (BackTraceHash != nullptr) {
    *BackTraceHash = 0;
    for (USHORT i = 0; i < count; ++i)
      *BackTraceHash += static_cast<ULONG>(reinterpret_cast<ULONG_PTR>(BackTrace[i]));
  }
  return count;
}

// Frames of programs are none of a driver's business here: flags other than 0 find none.
ULONG RtlWalkFrameChain(PVOID* Callers, ULONG Count, ULONG Flags) {
  nt::touch("RtlWalkFrameChain", nt::kAnyIrql);
  return (Flags & 0xFF) != 0 ? 0 : walk(0, Count, Callers);
}

// --- access masks ---

VOID RtlMapGenericMask(PACCESS_MASK AccessMask, const GENERIC_MAPPING* GenericMapping) {
  *AccessMask = nt::map_generic(*AccessMask, reinterpret_cast<const nt::GenericMapping&>(*GenericMapping));
}
BOOLEAN RtlAreAllAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess) {
  return (~GrantedAccess & DesiredAccess) == 0;
}
BOOLEAN RtlAreAnyAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess) {
  return (GrantedAccess & DesiredAccess) != 0;
}
VOID RtlCopyLuid(PLUID DestinationLuid, PLUID SourceLuid) { *DestinationLuid = *SourceLuid; }

NTSTATUS RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID* Owner,
                                       PBOOLEAN OwnerDefaulted) {
  nt::touch("RtlGetOwnerSecurityDescriptor", nt::kApc);
  const auto* header = static_cast<const SECURITY_DESCRIPTOR_RELATIVE*>(SecurityDescriptor);
  if (header->Revision != SECURITY_DESCRIPTOR_REVISION) return STATUS_UNKNOWN_REVISION;
  if ((header->Control & SE_SELF_RELATIVE) != 0) {
    *Owner = header->Owner == 0 ? nullptr : static_cast<UCHAR*>(SecurityDescriptor) + header->Owner;
  } else {
    *Owner = static_cast<SECURITY_DESCRIPTOR*>(SecurityDescriptor)->Owner;
  }
  *OwnerDefaulted = (header->Control & 1) != 0;  // SE_OWNER_DEFAULTED
  return STATUS_SUCCESS;
}

}  // extern "C"
