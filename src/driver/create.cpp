// Opening and making files.
//
// What an open destroys or makes is decided before it happens: after it, it could not be undone. What an open
// only asks for, access to data, is decided after it, when the file system has said which file it is, by
// whatever name or id it was asked for; a denied open is then taken back, and nothing has changed.
#include "events.hpp"
#include "files.hpp"
#include "judge.hpp"
#include "operations.hpp"

namespace drmfilter {
namespace {

// The upper 8 bits of Options.
[[nodiscard]] ULONG disposition_of(const FLT_IO_PARAMETER_BLOCK& parameters) {
  return parameters.Parameters.Create.Options >> 24;
}

[[nodiscard]] bool is_outside_our_view(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects) {
  const PFILE_OBJECT file = objects->FileObject;
  const bool is_volume = file->FileName.Length == 0 && file->RelatedFileObject == nullptr;
  // The I/O manager's look at the directory that a rename leads to: the rename itself is decided.
  const UCHAR special = SL_OPEN_PAGING_FILE | SL_OPEN_TARGET_DIRECTORY;
  return is_volume || (data->Iopb->OperationFlags & special) != 0;
}

// What the open does to a file that exists, before anybody could object.
[[nodiscard]] ProtectionFlags destroys(const FLT_IO_PARAMETER_BLOCK& parameters) {
  ProtectionFlags destroyed = ProtectionFlags::kNone;
  const ULONG disposition = disposition_of(parameters);
  if (disposition == FILE_SUPERSEDE || disposition == FILE_OVERWRITE || disposition == FILE_OVERWRITE_IF)
    destroyed |= ProtectionFlags::kWrite;
  if ((parameters.Parameters.Create.Options & FILE_DELETE_ON_CLOSE) != 0)
    destroyed |= ProtectionFlags::kDelete;
  return destroyed;
}

// Whether the open makes the file if there is none.
[[nodiscard]] bool may_make(const FLT_IO_PARAMETER_BLOCK& parameters) {
  const ULONG disposition = disposition_of(parameters);
  return disposition != FILE_OPEN && disposition != FILE_OVERWRITE;
}

[[nodiscard]] ProtectionFlags needed_for_access(ACCESS_MASK access) {
  ProtectionFlags needed = ProtectionFlags::kNone;
  if ((access & (FILE_READ_DATA | GENERIC_READ | GENERIC_ALL)) != 0) needed |= ProtectionFlags::kRead;
  if ((access & (FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_WRITE_EA | GENERIC_WRITE | GENERIC_ALL)) != 0)
    needed |= ProtectionFlags::kWrite;
  if ((access & (FILE_EXECUTE | GENERIC_EXECUTE | GENERIC_ALL)) != 0) needed |= ProtectionFlags::kExecute;
  return needed;
}

[[nodiscard]] ACCESS_MASK access_of(PFLT_CALLBACK_DATA data) {
  return data->Iopb->Parameters.Create.SecurityContext->DesiredAccess;
}

// A name that leads to no file yet.
[[nodiscard]] bool means_no_file(NTSTATUS status) {
  return status == STATUS_OBJECT_NAME_NOT_FOUND || status == STATUS_OBJECT_PATH_NOT_FOUND;
}

// The file that is there now is what the open would destroy; it is looked at under all of its names.
[[nodiscard]] Judgement judge_existing(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                       const OpenFile& file, ProtectionFlags operation) {
  if (operation == ProtectionFlags::kNone) return {};
  FileName name;
  NTSTATUS status = name.query_open(file.object(), objects);
  if (!NT_SUCCESS(status)) return deny_unnamed(status);
  Verdict verdict;
  status = find_policy(objects, file.object(), name.file(), operation, verdict);
  if (!NT_SUCCESS(status)) return deny_unnamed(status);
  return verdict.forbidden ? report_violation(data, name.file(), verdict) : Judgement{};
}

[[nodiscard]] Judgement judge_open(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects) {
  const FLT_IO_PARAMETER_BLOCK& parameters = *data->Iopb;
  const ProtectionFlags destroyed = destroys(parameters);
  const bool makes = may_make(parameters);
  const ProtectionFlags needed = makes ? destroyed | ProtectionFlags::kWrite : destroyed;
  if (needed == ProtectionFlags::kNone || !policies.concern(needed)) return {};

  FileName name;
  NTSTATUS status = name.query(data, objects);
  if (!NT_SUCCESS(status)) return deny_unnamed(status);
  OpenFile existing;
  UNICODE_STRING base = name.without_stream();
  status = existing.open(objects, &base, parameters.Parameters.Create.Options & FILE_OPEN_REPARSE_POINT);
  if (NT_SUCCESS(status)) {
    // A stream may be new where its file is not.
    const bool makes_stream = makes && name.names_a_stream();
    return judge_existing(data, objects, existing, makes_stream ? needed : destroyed);
  }
  if (!means_no_file(status)) return deny_unnamed(status);
  // New content under a protected name.
  return makes ? judge_name(data, name.file(), ProtectionFlags::kWrite, Policies::Where::kFile) : Judgement{};
}

[[nodiscard]] Judgement judge_access(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects) {
  // Whoever has just made or emptied the file was judged before, and taking that back would not undo it.
  if (data->IoStatus.Information != FILE_OPENED) return {};
  const ProtectionFlags needed = needed_for_access(access_of(data));
  if (!policies.concern(needed)) return {};
  BOOLEAN is_directory = FALSE;
  const NTSTATUS status = FltIsDirectory(objects->FileObject, objects->Instance, &is_directory);
  if (!NT_SUCCESS(status)) return deny_unnamed(status);
  // The same bits mean other things for a directory; what happens in it is judged when it happens.
  return is_directory ? Judgement{} : judge_open_file(data, objects, needed);
}

void take_back(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, NTSTATUS status) {
  FltCancelFileOpen(objects->Instance, objects->FileObject);
  data->IoStatus.Status = status;
  data->IoStatus.Information = 0;
}

void report(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects) {
  if (!wants_file_event(data)) return;
  FileName name;
  if (NT_SUCCESS(name.query(data, objects))) send_file_event(data, name.file());
}

}  // namespace

FLT_PREOP_CALLBACK_STATUS pre_create(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID*) {
  if (is_outside_our_view(data, objects)) return FLT_PREOP_SUCCESS_NO_CALLBACK;
  const Judgement judgement = judge_open(data, objects);
  return judgement.denied() ? complete_denied(data, judgement.status) : FLT_PREOP_SUCCESS_WITH_CALLBACK;
}

FLT_POSTOP_CALLBACK_STATUS post_create(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID,
                                       FLT_POST_OPERATION_FLAGS flags) {
  if ((flags & FLTFL_POST_OPERATION_DRAINING) != 0) return FLT_POSTOP_FINISHED_PROCESSING;
  // STATUS_REPARSE is of the success class and opened nothing; the open comes again (CB-41).
  if (data->IoStatus.Status == STATUS_REPARSE) return FLT_POSTOP_FINISHED_PROCESSING;
  if (NT_SUCCESS(data->IoStatus.Status)) {
    count(state.files_scanned);
    const Judgement judgement = judge_access(data, objects);
    if (judgement.denied()) {
      take_back(data, objects, judgement.status);
      return FLT_POSTOP_FINISHED_PROCESSING;
    }
  }
  report(data, objects);
  return FLT_POSTOP_FINISHED_PROCESSING;
}

}  // namespace drmfilter
