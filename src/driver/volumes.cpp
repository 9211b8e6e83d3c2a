#include "volumes.hpp"

#include <array>

namespace drmfilter {
namespace {

constexpr size_t kDeviceNameUnitsMax = 260;

// The link's name with a letter to fill in. \GLOBAL?? and not \??: the latter would show a caller's own
// links, so that an ordinary user could give the volume another letter.
class DriveLinkName {
 public:
  explicit DriveLinkName(unsigned index) {
    units_[kLetterAt] = static_cast<WCHAR>('A' + index);
    name_.Buffer = units_.data();
    name_.Length = name_.MaximumLength = static_cast<USHORT>(units_.size() * sizeof(WCHAR));
    InitializeObjectAttributes(&attributes_, &name_, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
  }
  DriveLinkName(const DriveLinkName&) = delete;
  DriveLinkName& operator=(const DriveLinkName&) = delete;

  [[nodiscard]] POBJECT_ATTRIBUTES attributes() { return &attributes_; }

 private:
  static constexpr size_t kLetterAt = 10;
  std::array<WCHAR, 12> units_{'\\', 'G', 'L', 'O', 'B', 'A', 'L', '?', '?', '\\', 'A', ':'};
  UNICODE_STRING name_{};
  OBJECT_ATTRIBUTES attributes_{};
};

// Whether the drive letter leads to `device`.
[[nodiscard]] bool leads_to(unsigned index, const UNICODE_STRING& device) {
  DriveLinkName link(index);
  HANDLE handle = nullptr;
  if (!NT_SUCCESS(ZwOpenSymbolicLinkObject(&handle, GENERIC_READ, link.attributes()))) return false;
  std::array<WCHAR, kDeviceNameUnitsMax> buffer;
  UNICODE_STRING target;
  RtlInitEmptyUnicodeString(&target, buffer.data(), static_cast<USHORT>(buffer.size() * sizeof(WCHAR)));
  const NTSTATUS status = ZwQuerySymbolicLinkObject(handle, &target, NULL);
  ZwClose(handle);
  return NT_SUCCESS(status) && RtlEqualUnicodeString(&target, &device, TRUE);
}

[[nodiscard]] NTSTATUS look_up(PFLT_VOLUME volume, uint32_t& letters) {
  std::array<WCHAR, kDeviceNameUnitsMax> buffer;
  UNICODE_STRING device;
  RtlInitEmptyUnicodeString(&device, buffer.data(), static_cast<USHORT>(buffer.size() * sizeof(WCHAR)));
  const NTSTATUS status = FltGetVolumeName(volume, &device, NULL);
  if (!NT_SUCCESS(status)) return status;
  letters = 0;
  for (unsigned index = 0; index < 26; ++index) {
    if (leads_to(index, device)) letters |= uint32_t{1} << index;
  }
  return STATUS_SUCCESS;
}

// The context of the instance, made if it has none. The caller releases it.
[[nodiscard]] NTSTATUS context_of(PCFLT_RELATED_OBJECTS objects, InstanceContext*& context) {
  PFLT_CONTEXT found = nullptr;
  if (NT_SUCCESS(FltGetInstanceContext(objects->Instance, &found))) {
    context = static_cast<InstanceContext*>(found);
    return STATUS_SUCCESS;
  }
  PFLT_CONTEXT made = nullptr;
  NTSTATUS status = FltAllocateContext(objects->Filter, FLT_INSTANCE_CONTEXT, sizeof(InstanceContext),
                                       NonPagedPoolNx, &made);
  if (!NT_SUCCESS(status)) return status;
  RtlZeroMemory(made, sizeof(InstanceContext));
  status = FltSetInstanceContext(objects->Instance, FLT_SET_CONTEXT_KEEP_IF_EXISTS, made, &found);
  if (status == STATUS_FLT_CONTEXT_ALREADY_DEFINED) {
    FltReleaseContext(made);
    made = found;
    status = STATUS_SUCCESS;
  }
  if (!NT_SUCCESS(status)) {
    FltReleaseContext(made);
    return status;
  }
  context = static_cast<InstanceContext*>(made);
  return STATUS_SUCCESS;
}

[[nodiscard]] uint64_t system_time() {
  LARGE_INTEGER now;
  KeQuerySystemTime(&now);
  return static_cast<uint64_t>(now.QuadPart);
}

[[nodiscard]] NTSTATUS refresh(PCFLT_RELATED_OBJECTS objects, InstanceContext& context, uint64_t now) {
  uint32_t letters = 0;
  const NTSTATUS status = look_up(objects->Volume, letters);
  if (!NT_SUCCESS(status)) return status;
  context.letters.store(letters, MemoryOrder::kRelaxed);
  // Pairs with the acquire in letters_of(): who sees the time sees the letters.
  context.looked_up_at.store(now, MemoryOrder::kRelease);
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS letters_of(PCFLT_RELATED_OBJECTS objects, uint32_t& letters) {
  InstanceContext* context = nullptr;
  NTSTATUS status = context_of(objects, context);
  if (!NT_SUCCESS(status)) return status;
  const uint64_t now = system_time();
  const uint64_t looked_up_at = context->looked_up_at.load(MemoryOrder::kAcquire);
  const bool fresh = looked_up_at != 0 && now - looked_up_at < kLettersLifetime;
  if (!fresh) {
    if (KeGetCurrentIrql() == PASSIVE_LEVEL) {
      status = refresh(objects, *context, now);
    } else if (looked_up_at == 0) {
      status = STATUS_FLT_INVALID_NAME_REQUEST;
    }
  }
  letters = context->letters.load(MemoryOrder::kRelaxed);
  FltReleaseContext(context);
  return status;
}

}  // namespace drmfilter
