// Extended attributes and security descriptors at the bottom of the stack.
#include <algorithm>
#include <cctype>
#include <cstring>
#include <string>

#include "io/file_system_call.hpp"
#include "nt/descriptor_parts.hpp"

namespace fltsim::io {

namespace {

constexpr std::size_t kFullEaFixed = offsetof(FILE_FULL_EA_INFORMATION, EaName);
constexpr std::size_t kGetEaFixed = offsetof(FILE_GET_EA_INFORMATION, EaName);

// What a name of FAT may hold, without wildcards.
bool is_valid_name(std::string_view name) {
  constexpr std::string_view kForbidden = "\\/:*?\"<>|,+=[];";
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && kForbidden.find(c) == std::string_view::npos;
  });
}

std::string upper(std::string_view name) {
  std::string result(name);
  for (char& c : result) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return result;
}

std::size_t size_of(const fs::ExtendedAttribute& one) {
  return kFullEaFixed + one.name.size() + 1 + one.value.size();
}

// FILE_FULL_EA_INFORMATION entries, 4-aligned, in what room there is.
class EaWriter {
 public:
  EaWriter(void* buffer, std::size_t length) : output_(buffer, length) {}

  // False: no room, and nothing written.
  bool add(const fs::ExtendedAttribute& one) {
    const std::size_t start = (output_.used() + 3) / 4 * 4;
    if (start + size_of(one) > output_.used() + output_.left()) return false;
    output_.align(4);
    FILE_FULL_EA_INFORMATION entry{};
    entry.Flags = one.flags;
    entry.EaNameLength = static_cast<UCHAR>(one.name.size());
    entry.EaValueLength = static_cast<USHORT>(one.value.size());
    std::byte* here = output_.at(output_.used());
    output_.append(&entry, kFullEaFixed);
    output_.append(one.name.c_str(), one.name.size() + 1);
    output_.append(one.value.data(), one.value.size());
    if (previous_ != nullptr) {
      const auto distance = static_cast<ULONG>(here - previous_);
      std::memcpy(previous_, &distance, sizeof distance);  // NextEntryOffset
    }
    previous_ = here;
    return true;
  }
  bool empty() const { return previous_ == nullptr; }
  std::size_t used() const { return output_.used(); }

 private:
  OutputBuffer output_;
  std::byte* previous_ = nullptr;
};

// The names that FILE_GET_EA_INFORMATION asks for.
NTSTATUS parse_names(const void* list, std::size_t length, std::vector<std::string>& names,
                     std::size_t& wrong_at) {
  const auto* bytes = static_cast<const std::byte*>(list);
  for (std::size_t at = 0;;) {
    wrong_at = at;
    FILE_GET_EA_INFORMATION entry{};
    if (length - at < kGetEaFixed) return STATUS_EA_LIST_INCONSISTENT;
    std::memcpy(&entry, bytes + at, kGetEaFixed);
    if (length - at - kGetEaFixed < entry.EaNameLength) return STATUS_EA_LIST_INCONSISTENT;
    const std::string_view name(reinterpret_cast<const char*>(bytes + at + kGetEaFixed), entry.EaNameLength);
    if (!is_valid_name(name)) return STATUS_INVALID_EA_NAME;
    names.push_back(upper(name));
    if (entry.NextEntryOffset == 0) return STATUS_SUCCESS;
    if (entry.NextEntryOffset % 4 != 0 || entry.NextEntryOffset >= length - at)
      return STATUS_EA_LIST_INCONSISTENT;
    at += entry.NextEntryOffset;
  }
}

// One that the file does not have is answered with an empty value.
IO_STATUS_BLOCK query_named(const std::vector<fs::ExtendedAttribute>& held,
                            const std::vector<std::string>& names, EaWriter& writer, bool single) {
  for (const std::string& name : names) {
    const auto found = std::ranges::find(held, name, &fs::ExtendedAttribute::name);
    const bool written =
        writer.add(found != held.end() ? *found : fs::ExtendedAttribute{.name = name, .value = {}});
    if (!written)
      return answer(writer.empty() ? STATUS_BUFFER_TOO_SMALL : STATUS_BUFFER_OVERFLOW, writer.used());
    if (single) break;
  }
  return answer(STATUS_SUCCESS, writer.used());
}

}  // namespace

NTSTATUS parse_extended_attributes(const void* buffer, std::size_t length,
                                   std::vector<fs::ExtendedAttribute>& attributes, std::size_t& wrong_at) {
  const auto* bytes = static_cast<const std::byte*>(buffer);
  for (std::size_t at = 0;;) {
    wrong_at = at;
    FILE_FULL_EA_INFORMATION entry{};
    if (length - at < kFullEaFixed) return STATUS_EA_LIST_INCONSISTENT;
    std::memcpy(&entry, bytes + at, kFullEaFixed);
    const std::size_t size = kFullEaFixed + entry.EaNameLength + 1u + entry.EaValueLength;
    if (length - at < size) return STATUS_EA_LIST_INCONSISTENT;
    const char* text = reinterpret_cast<const char*>(bytes + at + kFullEaFixed);
    if (text[entry.EaNameLength] != '\0') return STATUS_EA_LIST_INCONSISTENT;
    const std::string_view name(text, entry.EaNameLength);
    if (!is_valid_name(name) || (entry.Flags & ~FILE_NEED_EA) != 0) return STATUS_INVALID_EA_NAME;
    attributes.push_back(
        {upper(name), std::string(text + entry.EaNameLength + 1, entry.EaValueLength), entry.Flags});
    if (entry.NextEntryOffset == 0) return STATUS_SUCCESS;
    if (entry.NextEntryOffset % 4 != 0 || entry.NextEntryOffset < size ||
        entry.NextEntryOffset >= length - at)
      return STATUS_EA_LIST_INCONSISTENT;
    at += entry.NextEntryOffset;
  }
}

IO_STATUS_BLOCK query_ea_below(FileObject& file, const FLT_IO_PARAMETER_BLOCK& block) {
  const auto& asked = block.Parameters.QueryEa;
  void* const buffer = data_buffer(asked.MdlAddress, asked.EaBuffer);
  if (!is_present(file, buffer, asked.Length)) return answer(STATUS_INVALID_USER_BUFFER);
  std::vector<fs::ExtendedAttribute> held;
  const NTSTATUS status = file.file_system().query_extended_attributes(*file.open, held);
  if (!NT_SUCCESS(status)) return answer(status);
  const bool single = (block.OperationFlags & SL_RETURN_SINGLE_ENTRY) != 0;
  EaWriter writer(buffer, asked.Length);
  if (asked.EaList != nullptr && asked.EaListLength != 0) {
    std::vector<std::string> names;
    std::size_t wrong_at = 0;
    const NTSTATUS parsed = parse_names(asked.EaList, asked.EaListLength, names, wrong_at);
    return NT_SUCCESS(parsed) ? query_named(held, names, writer, single) : answer(parsed, wrong_at);
  }
  std::size_t next = file.next_extended_attribute;
  if ((block.OperationFlags & SL_INDEX_SPECIFIED) != 0) {  // counted from 1
    if (asked.EaIndex == 0 || asked.EaIndex > held.size()) return answer(STATUS_NONEXISTENT_EA_ENTRY);
    next = asked.EaIndex - 1;
  } else if ((block.OperationFlags & SL_RESTART_SCAN) != 0) {
    next = 0;
  }
  if (held.empty()) return answer(STATUS_NO_EAS_ON_FILE);
  if (next >= held.size()) return answer(STATUS_NO_MORE_EAS);
  bool full = false;
  while (next < held.size() && !full) {
    full = !writer.add(held[next]);
    if (!full) ++next;
    if (single) break;
  }
  file.next_extended_attribute = static_cast<std::uint32_t>(next);
  if (writer.empty()) return answer(STATUS_BUFFER_TOO_SMALL);
  return answer(full ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS, writer.used());
}

IO_STATUS_BLOCK set_ea_below(FileObject& file, const FLT_PARAMETERS& parameters) {
  const auto& set = parameters.SetEa;
  const void* const buffer = data_buffer(set.MdlAddress, set.EaBuffer);
  if (!is_present(file, buffer, set.Length)) return answer(STATUS_INVALID_USER_BUFFER);
  std::vector<fs::ExtendedAttribute> changes;
  std::size_t wrong_at = 0;
  const NTSTATUS parsed = parse_extended_attributes(buffer, set.Length, changes, wrong_at);
  if (!NT_SUCCESS(parsed)) return answer(parsed, wrong_at);
  return answer(file.file_system().set_extended_attributes(*file.open, changes));
}

namespace {

NTSTATUS descriptor_of(FileObject& file, nt::Descriptor& descriptor) {
  if (file.open->kind() == fs::OpenKind::kVolume) {
    descriptor = nt::default_file_descriptor();
    return STATUS_SUCCESS;
  }
  const NTSTATUS status = file.file_system().query_security(*file.open, descriptor);
  if (NT_SUCCESS(status) && descriptor.empty()) descriptor = nt::default_file_descriptor();
  return status;
}

}  // namespace

// BUFFER_OVERFLOW says how much room it takes; the system call makes BUFFER_TOO_SMALL of it.
IO_STATUS_BLOCK query_security_below(FileObject& file, const FLT_PARAMETERS& parameters) {
  const auto& asked = parameters.QuerySecurity;
  nt::Descriptor whole;
  const NTSTATUS status = descriptor_of(file, whole);
  if (!NT_SUCCESS(status)) return answer(status);
  const nt::Descriptor selected = nt::select_parts(whole, asked.SecurityInformation);
  if (selected.size() > asked.Length) return answer(STATUS_BUFFER_OVERFLOW, selected.size());
  void* const buffer = data_buffer(asked.MdlAddress, asked.SecurityBuffer);
  if (!is_present(file, buffer, selected.size())) return answer(STATUS_INVALID_USER_BUFFER);
  std::memcpy(buffer, selected.data(), selected.size());
  return answer(STATUS_SUCCESS, selected.size());
}

IO_STATUS_BLOCK set_security_below(FileObject& file, const FLT_PARAMETERS& parameters) {
  const auto& set = parameters.SetSecurity;
  if (file.open->kind() == fs::OpenKind::kVolume) return answer(STATUS_INVALID_DEVICE_REQUEST);
  const nt::Descriptor changes = nt::copy_descriptor(set.SecurityDescriptor);
  if (changes.empty()) return answer(STATUS_INVALID_SECURITY_DESCR);
  nt::Descriptor whole;
  const NTSTATUS status = descriptor_of(file, whole);
  if (!NT_SUCCESS(status)) return answer(status);
  return answer(file.file_system().set_security(*file.open,
                                                nt::replace_parts(whole, changes, set.SecurityInformation)));
}

}  // namespace fltsim::io
