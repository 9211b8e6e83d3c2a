// The buffers of an operation: where they are, their MDLs, and memory for uncached transfers (CB-37, CB-38, IRQL-3,
// IRQL-5).
#include <cstring>
#include <vector>

#include "fltmgr/api.hpp"
#include "fltmgr/decode.hpp"
#include "nt/pool.hpp"

using namespace fltsim;
using namespace fltsim::fltmgr;

namespace fltsim::fltmgr {
namespace {

// One layout for both kinds of control.
DecodedParameters decode_control(FLT_IO_PARAMETER_BLOCK& block) {
  auto& control = block.Parameters.DeviceIoControl;
  switch (METHOD_FROM_CTL_CODE(control.Common.IoControlCode)) {
    case METHOD_BUFFERED:
      return {nullptr, &control.Buffered.SystemBuffer, &control.Buffered.OutputBufferLength, IoWriteAccess};
    case METHOD_NEITHER:
      return {&control.Neither.OutputMdlAddress, &control.Neither.OutputBuffer,
              &control.Neither.OutputBufferLength, IoWriteAccess};
    case METHOD_IN_DIRECT:
      return {&control.Direct.OutputMdlAddress, &control.Direct.OutputBuffer,
              &control.Direct.OutputBufferLength, IoReadAccess};
    default:
      return {&control.Direct.OutputMdlAddress, &control.Direct.OutputBuffer,
              &control.Direct.OutputBufferLength, IoWriteAccess};
  }
}

DecodedParameters decode_directory(FLT_IO_PARAMETER_BLOCK& block) {
  if (block.MinorFunction == IRP_MN_QUERY_DIRECTORY) {
    auto& query = block.Parameters.DirectoryControl.QueryDirectory;
    return {&query.MdlAddress, &query.DirectoryBuffer, &query.Length, IoWriteAccess};
  }
  auto& notify = block.Parameters.DirectoryControl.NotifyDirectory;
  return {&notify.MdlAddress, &notify.DirectoryBuffer, &notify.Length, IoWriteAccess};
}

}  // namespace

DecodedParameters decode_parameters(FLT_IO_PARAMETER_BLOCK& block) {
  FLT_PARAMETERS& p = block.Parameters;
  switch (block.MajorFunction) {
    case IRP_MJ_READ:
      return {&p.Read.MdlAddress, &p.Read.ReadBuffer, &p.Read.Length, IoWriteAccess};
    case IRP_MJ_WRITE:
      return {&p.Write.MdlAddress, &p.Write.WriteBuffer, &p.Write.Length, IoReadAccess};
    case IRP_MJ_QUERY_EA:
      return {&p.QueryEa.MdlAddress, &p.QueryEa.EaBuffer, &p.QueryEa.Length, IoWriteAccess};
    case IRP_MJ_SET_EA:
      return {&p.SetEa.MdlAddress, &p.SetEa.EaBuffer, &p.SetEa.Length, IoReadAccess};
    case IRP_MJ_QUERY_QUOTA:
      return {&p.QueryQuota.MdlAddress, &p.QueryQuota.QuotaBuffer, &p.QueryQuota.Length, IoWriteAccess};
    case IRP_MJ_SET_QUOTA:
      return {&p.SetQuota.MdlAddress, &p.SetQuota.QuotaBuffer, &p.SetQuota.Length, IoReadAccess};
    case IRP_MJ_QUERY_SECURITY:
      return {&p.QuerySecurity.MdlAddress, &p.QuerySecurity.SecurityBuffer, &p.QuerySecurity.Length,
              IoWriteAccess};
    case IRP_MJ_DIRECTORY_CONTROL:
      return decode_directory(block);
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
    case IRP_MJ_FILE_SYSTEM_CONTROL:
      return decode_control(block);
    case IRP_MJ_QUERY_INFORMATION:
      return {nullptr, &p.QueryFileInformation.InfoBuffer, &p.QueryFileInformation.Length, IoWriteAccess};
    case IRP_MJ_SET_INFORMATION:
      return {nullptr, &p.SetFileInformation.InfoBuffer, &p.SetFileInformation.Length, IoReadAccess};
    case IRP_MJ_QUERY_VOLUME_INFORMATION:
      return {nullptr, &p.QueryVolumeInformation.VolumeBuffer, &p.QueryVolumeInformation.Length,
              IoWriteAccess};
    case IRP_MJ_SET_VOLUME_INFORMATION:
      return {nullptr, &p.SetVolumeInformation.VolumeBuffer, &p.SetVolumeInformation.Length, IoReadAccess};
    default:
      return {};
  }
}

namespace {

constexpr std::uint32_t kMdlTag = 0x6C644D46;  // "FMdl"

// The others that see the operation with the same buffer see its MDL, too. The request itself stays as it is: the MDL
// goes with the walk.
void share_descriptor(const nt::Thread& thread, ActiveOperation& operation, const void* buffer,
                      PMDL descriptor) {
  const FLT_IO_PARAMETER_BLOCK* const asked = &operation.request->parameters;
  auto& changes = operation.make_extras().changes;
  WalkSlot& slot = *operation.data.slot;
  const SlotVisit visit(slot, thread.walk_slot == &slot);
  changes.push_front({.parameters = *asked, .by = nullptr, .instance = nullptr});
  const FLT_IO_PARAMETER_BLOCK* const copy = &changes.front().parameters;
  if (operation.parameters == asked) operation.parameters = copy;
  for (Frame& frame : operation.frames()) {
    if (frame.received == asked) frame.received = copy;
  }
  for (ActiveOperation::Change& change : changes) {
    const DecodedParameters decoded = decode_parameters(change.parameters);
    if (decoded.mdl != nullptr && *decoded.mdl == nullptr && *decoded.buffer == buffer)
      *decoded.mdl = descriptor;
  }
}

NTSTATUS lock_buffer(nt::Thread& thread, fltmgr::CallbackData& data) {
  const FLT_IO_PARAMETER_BLOCK& block = *data.Iopb;
  const bool transfers = block.MajorFunction == IRP_MJ_READ || block.MajorFunction == IRP_MJ_WRITE;
  if (transfers && (block.MinorFunction & IRP_MN_MDL) != 0) return STATUS_INVALID_PARAMETER;
  const DecodedParameters decoded = decode_parameters(*data.Iopb);
  if (decoded.mdl == nullptr || *decoded.buffer == nullptr) return STATUS_INVALID_PARAMETER;
  if (*decoded.mdl != nullptr) return STATUS_SUCCESS;
  if (!thread.system.nt().user_space().is_present(*decoded.buffer, *decoded.length))
    return STATUS_ACCESS_VIOLATION;
  auto* descriptor = static_cast<PMDL>(thread.system.nt().pool().allocate(
      nullptr, nt::Pool::Kind::kNonPaged, nt::Pool::Fill::kZero, sizeof(MDL), kMdlTag));
  if (descriptor == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  MmInitializeMdl(descriptor, *decoded.buffer, *decoded.length);
  descriptor->Process = reinterpret_cast<PEPROCESS>(&thread.process);
  descriptor->MdlFlags |= MDL_PAGES_LOCKED;
  if (decoded.access != IoReadAccess) descriptor->MdlFlags |= MDL_WRITE_OPERATION;
  ActiveOperation& operation = *data.operation;
  operation.make_extras().locked_buffers.push_back(descriptor);
  *decoded.mdl = descriptor;
  share_descriptor(thread, operation, *decoded.buffer, descriptor);
  if (operation.phase == ActiveOperation::Phase::kPre) data.Flags |= FLTFL_CALLBACK_DATA_DIRTY;
  return STATUS_SUCCESS;
}

// Where the running callback's filter has swapped the MDL; null when it has not.
ActiveOperation::Change* swapping_change(nt::Thread& thread, PFLT_CALLBACK_DATA data, const char* routine) {
  ActiveOperation& operation = *fltmgr::CallbackData::of(data).operation;
  if (operation.phase == ActiveOperation::Phase::kPost && operation.running != nullptr)
    return operation.change_by(*operation.running);
  nt::report(thread, "VER-9", Severity::kError, std::string(routine) + " belongs into a post callback.");
  return nullptr;
}

}  // namespace
}  // namespace fltsim::fltmgr

extern "C" {

NTSTATUS FltDecodeParameters(PFLT_CALLBACK_DATA CallbackData, PMDL** MdlAddressPointer, PVOID** Buffer,
                             PULONG* Length, LOCK_OPERATION* DesiredAccess) {
  nt::enter("FltDecodeParameters", nt::kAnyIrql);
  const DecodedParameters decoded = decode_parameters(*CallbackData->Iopb);
  if (decoded.buffer == nullptr) return STATUS_INVALID_PARAMETER;
  if (MdlAddressPointer != nullptr) *MdlAddressPointer = decoded.mdl;
  if (Buffer != nullptr) *Buffer = decoded.buffer;
  if (Length != nullptr) *Length = decoded.length;
  if (DesiredAccess != nullptr) *DesiredAccess = decoded.access;
  return STATUS_SUCCESS;
}

NTSTATUS FltLockUserBuffer(PFLT_CALLBACK_DATA CallbackData) {
  nt::Thread& thread = nt::enter("FltLockUserBuffer", nt::kApc);
  if (nt::fails_now(thread, "FltLockUserBuffer")) return STATUS_INSUFFICIENT_RESOURCES;
  return lock_buffer(thread, fltmgr::CallbackData::of(CallbackData));
}

PVOID FltGetSwappedBufferMdlAddress(PFLT_CALLBACK_DATA CallbackData) {
  nt::Thread& thread = nt::enter("FltGetSwappedBufferMdlAddress", nt::kAnyIrql);
  const auto* change = swapping_change(thread, CallbackData, "FltGetSwappedBufferMdlAddress");
  return change != nullptr ? change->swapped_mdl : nullptr;
}

VOID FltRetainSwappedBufferMdlAddress(PFLT_CALLBACK_DATA CallbackData) {
  nt::Thread& thread = nt::enter("FltRetainSwappedBufferMdlAddress", nt::kAnyIrql);
  auto* change = swapping_change(thread, CallbackData, "FltRetainSwappedBufferMdlAddress");
  if (change != nullptr) change->retains_swapped_mdl = true;
}

// Any pool memory has the alignment that the simulated disks ask for.
PVOID FltAllocatePoolAlignedWithTag(PFLT_INSTANCE Instance, POOL_TYPE PoolType, SIZE_T NumberOfBytes,
                                    ULONG Tag) {
  nt::Thread& thread = nt::enter("FltAllocatePoolAlignedWithTag", nt::kDispatch);
  if (thread.system.fltmgr().live(Instance, "FltAllocatePoolAlignedWithTag") == nullptr) return nullptr;
  return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

VOID FltFreePoolAlignedWithTag(PFLT_INSTANCE Instance, PVOID Buffer, ULONG Tag) {
  nt::Thread& thread = nt::enter("FltFreePoolAlignedWithTag", nt::kDispatch);
  static_cast<void>(thread.system.fltmgr().live(Instance, "FltFreePoolAlignedWithTag"));
  thread.system.nt().pool().free(thread, "FltFreePoolAlignedWithTag", Buffer, Tag);
}

}  // extern "C"
