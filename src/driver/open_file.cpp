// Reads, writes, controls, sections and cleanups of open files.
//
// Paging reads and writes are not registered for: they belong to the cache and memory managers, carry out
// what was decided when the file was written or mapped, and a failed paging write would lose data that nobody
// objected to. A mapping is decided when its section is made.
#include "judge.hpp"
#include "operations.hpp"
#include "reporting.hpp"

namespace drmfilter {
namespace {

[[nodiscard]] FLT_PREOP_CALLBACK_STATUS decide(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                               ProtectionFlags operation) {
  const Judgement judgement = judge_open_file(data, objects, operation);
  return judgement.denied() ? complete_denied(data, judgement.status) : allow_and_report(data);
}

// What a mapping with this protection lets its process do. Copy-on-write pages change no file.
[[nodiscard]] ProtectionFlags needed_for_protection(ULONG protection) {
  ProtectionFlags needed = ProtectionFlags::kRead;
  if ((protection & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE)) != 0) needed |= ProtectionFlags::kWrite;
  constexpr ULONG kExecutable =
      PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
  if ((protection & kExecutable) != 0) needed |= ProtectionFlags::kExecute;
  return needed;
}

// What a control code does to the content of a file, or to what its name leads to. Bits 14 and 15 of a code
// say which access its handle must have; these need none and do harm all the same.
[[nodiscard]] ProtectionFlags needed_for_control(ULONG code) {
  switch (code) {
    case FSCTL_SET_REPARSE_POINT:
    case FSCTL_DELETE_REPARSE_POINT:
    case FSCTL_SET_ENCRYPTION:
    case FSCTL_WRITE_RAW_ENCRYPTED:
    case FSCTL_SET_EXTERNAL_BACKING:
    case FSCTL_DELETE_EXTERNAL_BACKING:
      return ProtectionFlags::kWrite;
    case FSCTL_READ_RAW_ENCRYPTED:
      return ProtectionFlags::kRead;
    default:
      break;
  }
  constexpr unsigned kAccessBit = 14;
  ProtectionFlags needed = ProtectionFlags::kNone;
  if ((code & (ULONG{FILE_READ_ACCESS} << kAccessBit)) != 0) needed |= ProtectionFlags::kRead;
  if ((code & (ULONG{FILE_WRITE_ACCESS} << kAccessBit)) != 0) needed |= ProtectionFlags::kWrite;
  return needed;
}

}  // namespace

FLT_PREOP_CALLBACK_STATUS pre_read(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID*) {
  return decide(data, objects, ProtectionFlags::kRead);
}

FLT_PREOP_CALLBACK_STATUS pre_write(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID*) {
  return decide(data, objects, ProtectionFlags::kWrite);
}

FLT_PREOP_CALLBACK_STATUS pre_control(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID*) {
  const UCHAR minor = data->Iopb->MinorFunction;
  const bool by_code = minor == IRP_MN_USER_FS_REQUEST || minor == IRP_MN_KERNEL_CALL;
  if (!by_code || (objects->FileObject->Flags & FO_VOLUME_OPEN) != 0) return FLT_PREOP_SUCCESS_NO_CALLBACK;
  const ProtectionFlags needed =
      needed_for_control(data->Iopb->Parameters.FileSystemControl.Common.FsControlCode);
  if (needed == ProtectionFlags::kNone) return FLT_PREOP_SUCCESS_NO_CALLBACK;
  const Judgement judgement = judge_open_file(data, objects, needed);
  return judgement.denied() ? complete_denied(data, judgement.status) : FLT_PREOP_SUCCESS_NO_CALLBACK;
}

FLT_PREOP_CALLBACK_STATUS pre_acquire_for_section(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                                  PVOID* completion) {
  const auto& parameters = data->Iopb->Parameters.AcquireForSectionSynchronization;
  if (parameters.SyncType != SyncTypeCreateSection) return FLT_PREOP_SUCCESS_NO_CALLBACK;
  const Judgement judgement =
      judge_open_file(data, objects, needed_for_protection(parameters.PageProtection));
  return judgement.denied() ? complete_denied(data, judgement.status)
                            : allow_and_report_named(data, objects, completion);
}

FLT_PREOP_CALLBACK_STATUS pre_cleanup(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                      PVOID* completion) {
  return allow_and_report_named(data, objects, completion);
}

}  // namespace drmfilter
