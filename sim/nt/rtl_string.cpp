// Rtl: counted strings. Comparison and case follow the machine's one upcase table (fs/upcase.hpp); the ANSI
// code page is Windows-1252's Latin-1 part, and what does not fit becomes a question mark.
#include <algorithm>

#include "fs/upcase.hpp"
#include "nt/downcase.hpp"
#include "nt/wdk.hpp"

namespace fltsim::nt {
namespace {

constexpr ULONG kStringTag = 0x72745352;  // 'RStr'
constexpr std::size_t kBytesMax = 0xFFFE;

// Where an Rtl routine allocates the destination, RtlFree*String gives it back. Null when the test asked for
// a failure.
PVOID allocate_string(const char* routine, std::size_t bytes) {
  Thread& thread = current_thread(routine);
  if (fails_now(thread, routine)) return nullptr;
  return thread.system.nt().pool().allocate(thread.driver, Pool::Kind::kPaged, Pool::Fill::kPattern, bytes,
                                            kStringTag);
}

void free_string(const char* routine, PVOID buffer) {
  Thread& thread = current_thread(routine);
  thread.system.nt().pool().free(thread, routine, buffer, 0);
}

// As touch(), for a routine that reads and writes what its caller gave it and does nothing else: a fault until the end of
// the scope is the driver's, as a fault in the kernel's own code would be for its caller. Nothing inside owns anything.
class TextCall {
 public:
  TextCall(const char* routine, Irql max) : thread_(current_thread_or_null()) {
    touch(routine, max);
    if (thread_ != nullptr) thread_->reads_for_driver = true;
  }
  ~TextCall() {
    if (thread_ != nullptr) thread_->reads_for_driver = false;
  }
  TextCall(const TextCall&) = delete;
  TextCall& operator=(const TextCall&) = delete;

 private:
  Thread* const thread_;
};

WCHAR folded(WCHAR unit, bool insensitive) { return insensitive ? fs::upcase(unit) : unit; }

bool equal(std::u16string_view a, std::u16string_view b, bool insensitive) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](WCHAR x, WCHAR y) { return folded(x, insensitive) == folded(y, insensitive); });
}

std::size_t length_of(PCWSTR text) { return std::char_traits<char16_t>::length(text); }

// Text behind the destination's; a null too where there is room for one.
NTSTATUS append(PUNICODE_STRING destination, std::u16string_view text) {
  const std::size_t bytes = text.size() * sizeof(WCHAR);
  if (bytes > static_cast<std::size_t>(destination->MaximumLength - destination->Length)) {
    return STATUS_BUFFER_TOO_SMALL;
  }
  std::copy(text.begin(), text.end(), destination->Buffer + destination->Length / sizeof(WCHAR));
  destination->Length = static_cast<USHORT>(destination->Length + bytes);
  if (destination->Length + sizeof(WCHAR) <= destination->MaximumLength) {
    destination->Buffer[destination->Length / sizeof(WCHAR)] = UNICODE_NULL;
  }
  return STATUS_SUCCESS;
}

template <class Map>
NTSTATUS map_string(const char* routine, PUNICODE_STRING destination, PCUNICODE_STRING source,
                    BOOLEAN allocate, Map map) {
  touch(routine, kApc);
  if (allocate != FALSE) {
    destination->Buffer =
        static_cast<PWCH>(allocate_string(routine, std::max<std::size_t>(source->Length, 2)));
    if (destination->Buffer == nullptr) return STATUS_NO_MEMORY;
    destination->MaximumLength = source->Length;
  } else if (source->Length > destination->MaximumLength) {
    return STATUS_BUFFER_OVERFLOW;
  }
  std::transform(source->Buffer, source->Buffer + source->Length / sizeof(WCHAR), destination->Buffer, map);
  destination->Length = source->Length;
  return STATUS_SUCCESS;
}

CHAR narrow(WCHAR unit) { return unit < 0x100 ? static_cast<CHAR>(unit) : '?'; }
WCHAR widen(CHAR character) { return static_cast<UCHAR>(character); }
CHAR upper(CHAR character) {
  const WCHAR unit = fs::upcase(widen(character));
  return unit < 0x100 ? static_cast<CHAR>(unit) : character;
}

}  // namespace
}  // namespace fltsim::nt

using namespace fltsim;
using nt::touch;
using nt::view;

extern "C" {

VOID RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString) {
  const nt::TextCall call("RtlInitUnicodeString", nt::kDispatch);
  *DestinationString = {0, 0, const_cast<PWCH>(SourceString)};
  if (SourceString == nullptr) return;
  // Longer text is cut; RtlInitUnicodeStringEx refuses it.
  const std::size_t bytes =
      std::min(nt::length_of(SourceString) * sizeof(WCHAR), nt::kBytesMax - sizeof(WCHAR));
  DestinationString->Length = static_cast<USHORT>(bytes);
  DestinationString->MaximumLength = static_cast<USHORT>(bytes + sizeof(WCHAR));
}

NTSTATUS RtlInitUnicodeStringEx(PUNICODE_STRING DestinationString, PCWSTR SourceString) {
  if (SourceString != nullptr && nt::length_of(SourceString) > UNICODE_STRING_MAX_CHARS - 1) {
    return STATUS_NAME_TOO_LONG;
  }
  RtlInitUnicodeString(DestinationString, SourceString);
  return STATUS_SUCCESS;
}

VOID RtlInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString) {
  const nt::TextCall call("RtlInitAnsiString", nt::kDispatch);
  *DestinationString = {0, 0, const_cast<PCHAR>(SourceString)};
  if (SourceString == nullptr) return;
  const std::size_t bytes = std::min(std::strlen(SourceString), nt::kBytesMax);
  DestinationString->Length = static_cast<USHORT>(bytes);
  DestinationString->MaximumLength = static_cast<USHORT>(bytes + 1);
}

VOID RtlInitString(PSTRING DestinationString, PCSZ SourceString) {
  RtlInitAnsiString(DestinationString, SourceString);
}

VOID RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString) {
  const nt::TextCall call("RtlCopyUnicodeString", nt::kDispatch);
  DestinationString->Length = 0;
  if (SourceString == nullptr) return;
  const std::size_t bytes =
      std::min<std::size_t>(SourceString->Length, DestinationString->MaximumLength & ~1u);
  static_cast<void>(nt::append(DestinationString, view(SourceString).substr(0, bytes / sizeof(WCHAR))));
}

NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source) {
  const nt::TextCall call("RtlAppendUnicodeToString", nt::kDispatch);
  return Source == nullptr ? STATUS_SUCCESS : nt::append(Destination, {Source, nt::length_of(Source)});
}

NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source) {
  const nt::TextCall call("RtlAppendUnicodeStringToString", nt::kDispatch);
  return nt::append(Destination, view(Source));
}

LONG RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
  const nt::TextCall call("RtlCompareUnicodeString", nt::kApc);
  const std::u16string_view a = view(String1);
  const std::u16string_view b = view(String2);
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const LONG difference = nt::folded(a[i], CaseInSensitive) - nt::folded(b[i], CaseInSensitive);
    if (difference != 0) return difference;
  }
  return static_cast<LONG>(a.size()) - static_cast<LONG>(b.size());
}

BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
  const nt::TextCall call("RtlEqualUnicodeString", nt::kApc);
  return nt::equal(view(String1), view(String2), CaseInSensitive);
}

BOOLEAN RtlPrefixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
  const nt::TextCall call("RtlPrefixUnicodeString", nt::kApc);
  const std::u16string_view prefix = view(String1);
  return nt::equal(prefix, view(String2).substr(0, prefix.size()), CaseInSensitive);
}

BOOLEAN RtlSuffixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
  const nt::TextCall call("RtlSuffixUnicodeString", nt::kApc);
  const std::u16string_view suffix = view(String1);
  const std::u16string_view whole = view(String2);
  return suffix.size() <= whole.size() &&
         nt::equal(suffix, whole.substr(whole.size() - suffix.size()), CaseInSensitive);
}

NTSTATUS RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN CaseInSensitive, ULONG HashAlgorithm,
                              PULONG HashValue) {
  const nt::TextCall call("RtlHashUnicodeString", nt::kApc);
  if (String == nullptr || HashValue == nullptr || HashAlgorithm > HASH_STRING_ALGORITHM_X65599)
    return STATUS_INVALID_PARAMETER;
  ULONG hash = 0;
  for (const WCHAR unit : view(String)) hash = hash * 65599 + nt::folded(unit, CaseInSensitive);
  *HashValue = hash;
  return STATUS_SUCCESS;
}

NTSTATUS RtlUpcaseUnicodeString(PUNICODE_STRING Destination, PCUNICODE_STRING Source,
                                BOOLEAN AllocateDestination) {
  return nt::map_string("RtlUpcaseUnicodeString", Destination, Source, AllocateDestination,
                        [](WCHAR unit) { return fs::upcase(unit); });
}

NTSTATUS RtlDowncaseUnicodeString(PUNICODE_STRING Destination, PCUNICODE_STRING Source,
                                  BOOLEAN AllocateDestination) {
  return nt::map_string("RtlDowncaseUnicodeString", Destination, Source, AllocateDestination, nt::downcase);
}

WCHAR RtlUpcaseUnicodeChar(WCHAR SourceCharacter) { return fs::upcase(SourceCharacter); }
WCHAR RtlDowncaseUnicodeChar(WCHAR SourceCharacter) { return nt::downcase(SourceCharacter); }
CHAR RtlUpperChar(CHAR Character) { return nt::upper(Character); }

VOID RtlFreeUnicodeString(PUNICODE_STRING UnicodeString) {
  touch("RtlFreeUnicodeString", nt::kApc);
  if (UnicodeString->Buffer != nullptr) nt::free_string("RtlFreeUnicodeString", UnicodeString->Buffer);
  *UnicodeString = {};
}

VOID RtlFreeAnsiString(PANSI_STRING AnsiString) {
  touch("RtlFreeAnsiString", nt::kApc);
  if (AnsiString->Buffer != nullptr) nt::free_string("RtlFreeAnsiString", AnsiString->Buffer);
  *AnsiString = {};
}

NTSTATUS RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING StringIn, PUNICODE_STRING StringOut) {
  touch("RtlDuplicateUnicodeString", nt::kApc);
  const bool terminate = (Flags & RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE) != 0;
  const bool allocate_empty = (Flags & RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING) != 0;
  constexpr ULONG kKnown =
      RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE | RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING;
  if ((Flags & ~kKnown) != 0 || (allocate_empty && !terminate)) return STATUS_INVALID_PARAMETER;
  const std::size_t bytes = StringIn->Length + (terminate ? sizeof(WCHAR) : 0);
  if (bytes > nt::kBytesMax) return STATUS_NAME_TOO_LONG;
  *StringOut = {};
  if (StringIn->Length == 0 && !allocate_empty) return STATUS_SUCCESS;
  auto* buffer = static_cast<PWCH>(nt::allocate_string("RtlDuplicateUnicodeString", bytes));
  if (buffer == nullptr) return STATUS_NO_MEMORY;
  *StringOut = {0, static_cast<USHORT>(bytes), buffer};
  return nt::append(StringOut, view(StringIn));
}

NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING Destination, PCUNICODE_STRING Source,
                                      BOOLEAN AllocateDestination) {
  touch("RtlUnicodeStringToAnsiString", nt::kApc);
  const std::size_t length = Source->Length / sizeof(WCHAR);
  if (AllocateDestination != FALSE) {
    Destination->Buffer = static_cast<PCHAR>(nt::allocate_string("RtlUnicodeStringToAnsiString", length + 1));
    if (Destination->Buffer == nullptr) return STATUS_NO_MEMORY;
    Destination->MaximumLength = static_cast<USHORT>(length + 1);
  } else if (length + 1 > Destination->MaximumLength) {
    return STATUS_BUFFER_OVERFLOW;
  }
  std::transform(Source->Buffer, Source->Buffer + length, Destination->Buffer, nt::narrow);
  Destination->Buffer[length] = ANSI_NULL;
  Destination->Length = static_cast<USHORT>(length);
  return STATUS_SUCCESS;
}

NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING Destination, PCANSI_STRING Source,
                                      BOOLEAN AllocateDestination) {
  touch("RtlAnsiStringToUnicodeString", nt::kApc);
  const std::size_t bytes = (Source->Length + std::size_t{1}) * sizeof(WCHAR);
  if (bytes > nt::kBytesMax) return STATUS_INVALID_PARAMETER_2;
  if (AllocateDestination != FALSE) {
    Destination->Buffer = static_cast<PWCH>(nt::allocate_string("RtlAnsiStringToUnicodeString", bytes));
    if (Destination->Buffer == nullptr) return STATUS_NO_MEMORY;
    Destination->MaximumLength = static_cast<USHORT>(bytes);
  } else if (bytes > Destination->MaximumLength) {
    return STATUS_BUFFER_OVERFLOW;
  }
  std::transform(Source->Buffer, Source->Buffer + Source->Length, Destination->Buffer, nt::widen);
  Destination->Buffer[Source->Length] = UNICODE_NULL;
  Destination->Length = static_cast<USHORT>(bytes - sizeof(WCHAR));
  return STATUS_SUCCESS;
}

LONG RtlCompareString(const STRING* String1, const STRING* String2, BOOLEAN CaseInSensitive) {
  const nt::TextCall call("RtlCompareString", nt::kApc);
  const auto folded = [&](CHAR character) {
    return static_cast<UCHAR>(CaseInSensitive != FALSE ? nt::upper(character) : character);
  };
  for (USHORT i = 0; i < std::min(String1->Length, String2->Length); ++i) {
    const LONG difference = folded(String1->Buffer[i]) - folded(String2->Buffer[i]);
    if (difference != 0) return difference;
  }
  return String1->Length - String2->Length;
}

BOOLEAN RtlEqualString(const STRING* String1, const STRING* String2, BOOLEAN CaseInSensitive) {
  return String1->Length == String2->Length && RtlCompareString(String1, String2, CaseInSensitive) == 0;
}

VOID RtlCopyString(PSTRING DestinationString, const STRING* SourceString) {
  const nt::TextCall call("RtlCopyString", nt::kDispatch);
  DestinationString->Length = 0;
  if (SourceString == nullptr) return;
  DestinationString->Length = std::min(SourceString->Length, DestinationString->MaximumLength);
  std::copy_n(SourceString->Buffer, DestinationString->Length, DestinationString->Buffer);
}

ULONG RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING UnicodeString) {
  return UnicodeString->Length / sizeof(WCHAR) + 1;
}
ULONG RtlxAnsiStringToUnicodeSize(PCANSI_STRING AnsiString) {
  return (AnsiString->Length + 1u) * sizeof(WCHAR);
}

NTSTATUS RtlUnicodeToMultiByteN(PCHAR MultiByteString, ULONG MaxBytesInMultiByteString,
                                PULONG BytesInMultiByteString, PCWCH UnicodeString,
                                ULONG BytesInUnicodeString) {
  const nt::TextCall call("RtlUnicodeToMultiByteN", nt::kApc);
  const ULONG count = std::min<ULONG>(BytesInUnicodeString / sizeof(WCHAR), MaxBytesInMultiByteString);
  std::transform(UnicodeString, UnicodeString + count, MultiByteString, nt::narrow);
  if (BytesInMultiByteString != nullptr) *BytesInMultiByteString = count;
  return STATUS_SUCCESS;
}

NTSTATUS RtlMultiByteToUnicodeN(PWCH UnicodeString, ULONG MaxBytesInUnicodeString,
                                PULONG BytesInUnicodeString, const CHAR* MultiByteString,
                                ULONG BytesInMultiByteString) {
  const nt::TextCall call("RtlMultiByteToUnicodeN", nt::kApc);
  const ULONG count = std::min<ULONG>(BytesInMultiByteString, MaxBytesInUnicodeString / sizeof(WCHAR));
  std::transform(MultiByteString, MultiByteString + count, UnicodeString, nt::widen);
  if (BytesInUnicodeString != nullptr) *BytesInUnicodeString = count * static_cast<ULONG>(sizeof(WCHAR));
  return STATUS_SUCCESS;
}

}  // extern "C"
