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

// What is looked at before an open that destroys must be what the open then finds. Between the two, a
// directory on the way could be renamed and another one take its place, with the hard link of a protected
// file in it; so the directory of the file is pinned from before the look until the open is done. A protected
// file itself can neither be moved nor linked to where the name leads, since that is forbidden too.
[[nodiscard]] NTSTATUS pin_directory(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                     const FileName& name, OpenFile& pinned) {
  UNICODE_STRING directory = name.directory_name();
  const NTSTATUS status = pinned.pin(objects, &directory);
  if (status == STATUS_NOT_A_DIRECTORY) return STATUS_OBJECT_PATH_NOT_FOUND;
  if (!NT_SUCCESS(status) || objects->FileObject->RelatedFileObject == nullptr) return status;
  // The directory that the open is relative to may have been elsewhere when it was pinned.
  FileName now;
  const NTSTATUS asked = now.query(data, objects);
  if (!NT_SUCCESS(asked)) return asked;
  const bool same = equal_ignoring_case(now.file().path, name.file().path);
  return same ? STATUS_SUCCESS : STATUS_SHARING_VIOLATION;
}

[[nodiscard]] NTSTATUS look_by_id(PCFLT_RELATED_OBJECTS objects, const FileName& name, OpenFile& existing) {
  constexpr USHORT kBackslashSize = sizeof(WCHAR);
  const UNICODE_STRING& asked = objects->FileObject->FileName;
  const bool has_backslash = asked.Length % sizeof(LONGLONG) == kBackslashSize;
  const USHORT skipped = has_backslash ? kBackslashSize : 0;
  IdName id(name.file().device, asked.Buffer + skipped / sizeof(WCHAR), asked.Length - skipped);
  return existing.open(objects, id.name(), FILE_OPEN_BY_FILE_ID);
}

// An open that destroys, makes, or both.
struct Breach {
  ProtectionFlags destroyed = ProtectionFlags::kNone;
  bool makes = false;

  [[nodiscard]] ProtectionFlags needed() const {
    return makes ? destroyed | ProtectionFlags::kWrite : destroyed;
  }
};

[[nodiscard]] NTSTATUS look(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, const FileName& name,
                            OpenFile& existing) {
  const ULONG options = data->Iopb->Parameters.Create.Options;
  if ((options & FILE_OPEN_BY_FILE_ID) != 0) return look_by_id(objects, name, existing);
  UNICODE_STRING base = name.without_stream();
  return existing.open(objects, &base, options & FILE_OPEN_REPARSE_POINT);
}

// The way goes on at another volume: the open comes again there, under the name that it has there (CB-41).
[[nodiscard]] bool leads_elsewhere(NTSTATUS status) { return status == STATUS_MOUNT_POINT_NOT_RESOLVED; }

// Whether the directory of the file may be another one when the open finds the file.
[[nodiscard]] bool needs_pin(PFLT_CALLBACK_DATA data, const FileName& name, const Breach& breach) {
  const bool by_id = (data->Iopb->Parameters.Create.Options & FILE_OPEN_BY_FILE_ID) != 0;
  return !by_id && (breach.destroyed != ProtectionFlags::kNone || name.names_a_stream());
}

// `pinned` is to stay open until the open is done.
[[nodiscard]] Judgement judge_breach(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                     const Breach& breach, OpenFile& pinned) {
  FileName name;
  NTSTATUS status = name.query(data, objects);
  if (!NT_SUCCESS(status)) return deny_unnamed(data, status);
  if (needs_pin(data, name, breach)) status = pin_directory(data, objects, name, pinned);
  if (leads_elsewhere(status)) return {};
  // Without a directory there is nothing to open. It ends here, since one could come meanwhile.
  if (means_no_file(status)) return {Decision::kDeny, STATUS_OBJECT_PATH_NOT_FOUND};
  if (!NT_SUCCESS(status)) return deny_unnamed(data, status);
  OpenFile existing;
  status = look(data, objects, name, existing);
  if (leads_elsewhere(status)) return {};
  if (NT_SUCCESS(status)) {
    // The file that is there now is what the open would destroy. A stream may be new where its file is not.
    const ProtectionFlags needed = name.names_a_stream() ? breach.needed() : breach.destroyed;
    if (needed == ProtectionFlags::kNone) return {};
    return judge_other_file(data, objects, existing, needed);
  }
  if (!means_no_file(status)) return deny_unnamed(data, status);
  // New content under a protected name.
  if (!breach.makes) return {};
  return judge_name(data, name.file(), ProtectionFlags::kWrite, Policies::Where::kFile);
}

[[nodiscard]] Judgement judge_open(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, OpenFile& pinned) {
  const Breach breach{destroys(*data->Iopb), may_make(*data->Iopb)};
  const ProtectionFlags needed = breach.needed();
  if (needed == ProtectionFlags::kNone || !policies.concern(needed)) return {};
  return judge_breach(data, objects, breach, pinned);
}

[[nodiscard]] Judgement judge_access(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects) {
  // Whoever has just made or emptied the file was judged before, and taking that back would not undo it.
  if (data->IoStatus.Information != FILE_OPENED) return {};
  const ProtectionFlags needed = needed_for_access(access_of(data));
  if (!policies.concern(needed)) return {};
  BOOLEAN is_directory = FALSE;
  const NTSTATUS status = FltIsDirectory(objects->FileObject, objects->Instance, &is_directory);
  if (!NT_SUCCESS(status)) return deny_unnamed(data, status);
  // The same bits mean other things for a directory; what happens in it is judged when it happens.
  return is_directory ? Judgement{} : judge_open_file(data, objects, needed);
}

// The completion context: the handle of the pinned directory, or null, and in the two bits that the system leaves
// free in every handle (OBJ_HANDLE_TAGBITS) what an authorizer has allowed the open to destroy or make.
constexpr ULONG_PTR kWriteAllowed = 1;
constexpr ULONG_PTR kDeleteAllowed = 2;
constexpr ULONG_PTR kTagBits = kWriteAllowed | kDeleteAllowed;

[[nodiscard]] PVOID completion_of(HANDLE pinned, ProtectionFlags allowed) {
  auto bits = reinterpret_cast<ULONG_PTR>(pinned);
  FLTLINK_ASSERT((bits & kTagBits) == 0);
  if (fltlink::overlap(allowed, ProtectionFlags::kWrite)) bits |= kWriteAllowed;
  if (fltlink::overlap(allowed, ProtectionFlags::kDelete)) bits |= kDeleteAllowed;
  return reinterpret_cast<PVOID>(bits);
}

[[nodiscard]] HANDLE pinned_of(PVOID completion) {
  return reinterpret_cast<HANDLE>(reinterpret_cast<ULONG_PTR>(completion) & ~kTagBits);
}

[[nodiscard]] ProtectionFlags allowed_of(PVOID completion) {
  const auto bits = reinterpret_cast<ULONG_PTR>(completion);
  ProtectionFlags allowed = ProtectionFlags::kNone;
  if ((bits & kWriteAllowed) != 0) allowed |= ProtectionFlags::kWrite;
  if ((bits & kDeleteAllowed) != 0) allowed |= ProtectionFlags::kDelete;
  return allowed;
}

void take_back(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, NTSTATUS status) {
  FltCancelFileOpen(objects->Instance, objects->FileObject);
  data->IoStatus.Status = status;
  data->IoStatus.Information = 0;
}

void report(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects) {
  if (!wants_file_event(data)) return;
  FileName name;
  send_file_event(data, NT_SUCCESS(name.query(data, objects)) ? name.file() : kUnnamed);
}

}  // namespace

FLT_PREOP_CALLBACK_STATUS pre_create(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                     PVOID* completion) {
  if (is_outside_our_view(data, objects)) return FLT_PREOP_SUCCESS_NO_CALLBACK;
  OpenFile pinned;
  const Judgement judgement = judge_open(data, objects, pinned);
  if (judgement.denied()) return complete_denied(data, judgement.status);
  *completion = completion_of(pinned.detach(), judgement.allowed);
  return FLT_PREOP_SUCCESS_WITH_CALLBACK;
}

FLT_POSTOP_CALLBACK_STATUS post_create(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                       PVOID completion, FLT_POST_OPERATION_FLAGS flags) {
  if (const HANDLE pinned = pinned_of(completion); pinned != nullptr) FltClose(pinned);
  if ((flags & FLTFL_POST_OPERATION_DRAINING) != 0) return FLT_POSTOP_FINISHED_PROCESSING;
  // STATUS_REPARSE is of the success class and opened nothing; the open comes again (CB-41).
  if (data->IoStatus.Status == STATUS_REPARSE) return FLT_POSTOP_FINISHED_PROCESSING;
  if (NT_SUCCESS(data->IoStatus.Status)) {
    count(state.files_scanned);
    const ProtectionFlags allowed = allowed_of(completion);
    if (allowed != ProtectionFlags::kNone) allow_handle(objects, allowed);
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
