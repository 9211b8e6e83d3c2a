// Deleting, renaming, linking and truncating open files.
#include "files.hpp"
#include "judge.hpp"
#include "name_changes.hpp"
#include "operations.hpp"
#include "reporting.hpp"

namespace drmfilter {
namespace {

[[nodiscard]] bool is_rename(FILE_INFORMATION_CLASS information_class) {
  return information_class == FileRenameInformation || information_class == FileRenameInformationEx ||
         information_class == FileRenameInformationBypassAccessCheck ||
         information_class == FileRenameInformationExBypassAccessCheck;
}

// Their structures have flags where the plain classes have a BOOLEAN.
[[nodiscard]] bool is_extended(FILE_INFORMATION_CLASS information_class) {
  return information_class == FileRenameInformationEx ||
         information_class == FileRenameInformationExBypassAccessCheck ||
         information_class == FileLinkInformationEx ||
         information_class == FileLinkInformationExBypassAccessCheck;
}

[[nodiscard]] bool is_link(FILE_INFORMATION_CLASS information_class) {
  return information_class == FileLinkInformation || information_class == FileLinkInformationEx ||
         information_class == FileLinkInformationBypassAccessCheck ||
         information_class == FileLinkInformationExBypassAccessCheck;
}

// Gives the file a name, or another one. Whether or not a policy cares: one may come before the
// operation has ended.
[[nodiscard]] bool gives_name(FILE_INFORMATION_CLASS information_class) {
  return is_rename(information_class) || is_link(information_class);
}

// After these, names lead to other files than before.
[[nodiscard]] bool changes_names(FILE_INFORMATION_CLASS information_class) {
  return gives_name(information_class) || information_class == FileDispositionInformation ||
         information_class == FileDispositionInformationEx || information_class == FileShortNameInformation;
}

// What the classes without a target need. InfoBuffer is the system's copy, and the I/O manager has checked
// its length.
[[nodiscard]] ProtectionFlags needed_for(const FLT_PARAMETERS& parameters) {
  const auto& set = parameters.SetFileInformation;
  switch (static_cast<int>(set.FileInformationClass)) {
    case FileEndOfFileInformation:
      // The cache manager carries a file's length to the disk; that changes nothing that anybody can see.
      return set.AdvanceOnly ? ProtectionFlags::kNone : ProtectionFlags::kWrite;
    case FileAllocationInformation:
    case FileValidDataLengthInformation:
      return ProtectionFlags::kWrite;
    case FileShortNameInformation:
      return ProtectionFlags::kRename;
    case FileDispositionInformation:
      return static_cast<const FILE_DISPOSITION_INFORMATION*>(set.InfoBuffer)->DeleteFile
                 ? ProtectionFlags::kDelete
                 : ProtectionFlags::kNone;
    case FileDispositionInformationEx: {
      const ULONG flags = static_cast<const FILE_DISPOSITION_INFORMATION_EX*>(set.InfoBuffer)->Flags;
      return (flags & FILE_DISPOSITION_DELETE) != 0 ? ProtectionFlags::kDelete : ProtectionFlags::kNone;
    }
    default:
      return ProtectionFlags::kNone;
  }
}

// A rename or a link, as its buffer says.
struct NewName {
  bool valid = false;
  bool replaces = false;
  HANDLE root = nullptr;
  PWSTR name = nullptr;
  ULONG length = 0;  // bytes

  [[nodiscard]] bool is_stream() const { return length >= sizeof(WCHAR) && name[0] == ':'; }
};

// The two structures have one layout.
static_assert(FIELD_OFFSET(FILE_RENAME_INFORMATION, FileName) ==
              FIELD_OFFSET(FILE_LINK_INFORMATION, FileName));
static_assert(FILE_RENAME_REPLACE_IF_EXISTS == FILE_LINK_REPLACE_IF_EXISTS);

[[nodiscard]] NewName read_new_name(const FLT_PARAMETERS& parameters) {
  const auto& set = parameters.SetFileInformation;
  constexpr ULONG kFixed = FIELD_OFFSET(FILE_RENAME_INFORMATION, FileName);
  NewName target;
  if (set.Length < kFixed) return target;
  auto* buffer = static_cast<FILE_RENAME_INFORMATION*>(set.InfoBuffer);
  if (buffer->FileNameLength > set.Length - kFixed || buffer->FileNameLength % sizeof(WCHAR) != 0)
    return target;
  target.valid = true;
  target.replaces = is_extended(set.FileInformationClass)
                        ? (buffer->Flags & FILE_RENAME_REPLACE_IF_EXISTS) != 0
                        : buffer->ReplaceIfExists != 0;
  target.root = buffer->RootDirectory;
  target.name = buffer->FileName;
  target.length = buffer->FileNameLength;
  return target;
}

// What arriving at a protected name needs: the content under that name becomes another one.
[[nodiscard]] ProtectionFlags needed_at_target(ProtectionFlags way, bool replaces) {
  const ProtectionFlags needed = way | ProtectionFlags::kWrite;
  return replaces ? needed | ProtectionFlags::kDelete : needed;
}

// The source of a rename: the file itself, and for a directory every file below it, whose path changes with
// it. For those it is a move, whatever it is for the directory.
[[nodiscard]] Judgement judge_source(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                     const FileName& source, ProtectionFlags way, bool is_directory) {
  const Judgement own = judge_open_file(data, objects, way);
  if (own.denied() || !is_directory) return own;
  return judge_name(data, source.file(), ProtectionFlags::kRename | ProtectionFlags::kMove,
                    Policies::Where::kBelow);
}

// The file that a replacing rename or link takes the name from: to it, that is a deletion, by whatever other
// name it is protected.
[[nodiscard]] Judgement judge_replaced(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                       const FileName& target) {
  OpenFile replaced;
  UNICODE_STRING name = target.without_stream();
  const NTSTATUS status = replaced.open(objects, &name, FILE_OPEN_REPARSE_POINT);
  if (means_no_file(status)) return {};
  if (!NT_SUCCESS(status)) return deny_unnamed(data, status);
  return judge_other_file(data, objects, replaced, ProtectionFlags::kDelete);
}

[[nodiscard]] Judgement judge_target(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                     const FileName& target, ProtectionFlags way, bool replaces) {
  const Judgement own =
      judge_name(data, target.file(), needed_at_target(way, replaces), Policies::Where::kFile);
  if (own.denied() || !replaces) return own;
  return judge_replaced(data, objects, target);
}

[[nodiscard]] Judgement judge_rename(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                     const NewName& wanted) {
  BOOLEAN is_directory = FALSE;
  FileName source;
  FileName target;
  NTSTATUS status = FltIsDirectory(objects->FileObject, objects->Instance, &is_directory);
  if (NT_SUCCESS(status)) status = source.query(data, objects);
  if (NT_SUCCESS(status)) status = target.query_destination(objects, wanted.root, wanted.name, wanted.length);
  if (!NT_SUCCESS(status)) return deny_unnamed(data, status);
  const bool same_directory = equal_ignoring_case(source.directory(), target.directory());
  const ProtectionFlags way = same_directory ? ProtectionFlags::kRename : ProtectionFlags::kMove;
  const Judgement from = judge_source(data, objects, source, way, is_directory);
  if (from.denied()) return from;
  const Judgement to = judge_target(data, objects, target, way, wanted.replaces);
  if (to.denied() || !is_directory) return to;
  return judge_name(data, target.file(), ProtectionFlags::kMove | ProtectionFlags::kWrite,
                    Policies::Where::kBelow);
}

// No policy may be left behind through a second name, so a protected file gets none, whatever it is protected
// from.
[[nodiscard]] Judgement judge_link(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                   const NewName& wanted) {
  const Judgement from = judge_open_file(data, objects, ProtectionFlags::kAll);
  if (from.denied()) return from;
  FileName target;
  const NTSTATUS status = target.query_destination(objects, wanted.root, wanted.name, wanted.length);
  if (!NT_SUCCESS(status)) return deny_unnamed(data, status);
  return judge_target(data, objects, target, ProtectionFlags::kWrite, wanted.replaces);
}

[[nodiscard]] Judgement judge_new_name(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                       bool is_a_link) {
  if (!policies.concern(ProtectionFlags::kAll)) return {};
  const NewName wanted = read_new_name(data->Iopb->Parameters);
  if (!wanted.valid) return {};  // the file system refuses it
  // Renaming a stream can put its content in the place of another stream's.
  if (wanted.is_stream()) return judge_open_file(data, objects, ProtectionFlags::kWrite);
  return is_a_link ? judge_link(data, objects, wanted) : judge_rename(data, objects, wanted);
}

[[nodiscard]] Judgement judge(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects) {
  const FILE_INFORMATION_CLASS information_class =
      data->Iopb->Parameters.SetFileInformation.FileInformationClass;
  if (gives_name(information_class)) return judge_new_name(data, objects, is_link(information_class));
  const ProtectionFlags needed = needed_for(data->Iopb->Parameters);
  return needed == ProtectionFlags::kNone ? Judgement{} : judge_open_file(data, objects, needed);
}

}  // namespace

constinit NameChanges name_changes;

// The post callback is needed whether or not somebody wants an event: it tells the policies that names have
// changed, and ends what has begun here.
FLT_PREOP_CALLBACK_STATUS pre_set_information(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                              PVOID* completion) {
  const void* const file = objects->FileObject->FsContext;
  const bool names = gives_name(data->Iopb->Parameters.SetFileInformation.FileInformationClass);
  if (names) {
    const NTSTATUS begun = name_changes.begin(file);
    if (!NT_SUCCESS(begun)) return complete_denied(data, begun);
  }
  const Judgement judgement = judge(data, objects);
  if (judgement.denied()) {
    if (names) name_changes.end(file);
    return complete_denied(data, judgement.status);
  }
  const FLT_PREOP_CALLBACK_STATUS reported = allow_and_report_named(data, objects, completion);
  const bool names_change = changes_names(data->Iopb->Parameters.SetFileInformation.FileInformationClass);
  return reported == FLT_PREOP_SUCCESS_NO_CALLBACK && names_change ? FLT_PREOP_SYNCHRONIZE : reported;
}

FLT_POSTOP_CALLBACK_STATUS post_set_information(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                                PVOID completion, FLT_POST_OPERATION_FLAGS flags) {
  if (changes_names(data->Iopb->Parameters.SetFileInformation.FileInformationClass)) policies.names_changed();
  // Behind the new generation: who judges the file next finds nothing that was kept about its old name.
  if (gives_name(data->Iopb->Parameters.SetFileInformation.FileInformationClass))
    name_changes.end(objects->FileObject->FsContext);
  if (completion == nullptr) return FLT_POSTOP_FINISHED_PROCESSING;
  return post_report_named(data, objects, completion, flags);
}

}  // namespace drmfilter
