// FsRtl: names and patterns, statuses that are expected, sizes of files.
#include <ntifs.h>

#include "fs/name_expression.hpp"
#include "fs/upcase.hpp"
#include "io/io_manager.hpp"
#include "nt/wdk.hpp"

using namespace fltsim;
using fltsim::fs::Folding;

namespace {

// A table of the caller's own has one entry for each of the 65,536 units.
void check_table(const char* routine, const WCHAR* table) {
  if (table != nullptr) nt::unsupported((std::string(routine) + " with an upcase table").c_str());
}

BOOLEAN matches(const UNICODE_STRING& expression, const UNICODE_STRING& name, Folding folding) {
  if (expression.Length == 0 || name.Length == 0) return expression.Length == name.Length;
  return fs::is_name_in_expression(nt::view(&expression), nt::view(&name), folding);
}

UNICODE_STRING part(const UNICODE_STRING& path, std::size_t from, std::size_t to) {
  if (from >= to) return {};
  const auto size = static_cast<USHORT>((to - from) * sizeof(WCHAR));
  return {size, size, path.Buffer + from};
}

}  // namespace

extern "C" {

// The expression is expected to be upcased where case is ignored: a small letter in it matches nothing.
BOOLEAN FsRtlIsNameInExpression(PUNICODE_STRING Expression, PUNICODE_STRING Name, BOOLEAN IgnoreCase,
                                PWCH UpcaseTable) {
  nt::touch("FsRtlIsNameInExpression", nt::kPassive);
  check_table("FsRtlIsNameInExpression", UpcaseTable);
  return matches(*Expression, *Name, IgnoreCase != FALSE ? Folding::kNameOnly : Folding::kNeither);
}

BOOLEAN FsRtlIsNameInUnUpcasedExpression(PUNICODE_STRING Expression, PUNICODE_STRING Name, BOOLEAN IgnoreCase,
                                         PWCH UpcaseTable) {
  nt::touch("FsRtlIsNameInUnUpcasedExpression", nt::kPassive);
  check_table("FsRtlIsNameInUnUpcasedExpression", UpcaseTable);
  return matches(*Expression, *Name, IgnoreCase != FALSE ? Folding::kBoth : Folding::kNeither);
}

BOOLEAN FsRtlDoesNameContainWildCards(PUNICODE_STRING Name) {
  nt::touch("FsRtlDoesNameContainWildCards", nt::kPassive);
  return fs::has_wildcards(nt::view(Name));
}

BOOLEAN FsRtlAreNamesEqual(PCUNICODE_STRING ConstantNameA, PCUNICODE_STRING ConstantNameB, BOOLEAN IgnoreCase,
                           PCWCH UpcaseTable) {
  nt::touch("FsRtlAreNamesEqual", nt::kPassive);
  check_table("FsRtlAreNamesEqual", UpcaseTable);
  const std::u16string_view a = nt::view(ConstantNameA);
  const std::u16string_view b = nt::view(ConstantNameB);
  return IgnoreCase != FALSE ? fs::equal_names(a, b) : a == b;
}

// Both results lie in the buffer of `Path`.
VOID FsRtlDissectName(UNICODE_STRING Path, PUNICODE_STRING FirstName, PUNICODE_STRING RemainingName) {
  nt::touch("FsRtlDissectName", nt::kPassive);
  const std::u16string_view path = nt::view(&Path);
  const std::size_t begin = path.starts_with(u'\\') ? 1 : 0;
  const std::size_t end = std::min(path.find(u'\\', begin), path.size());
  *FirstName = part(Path, begin, end);
  *RemainingName = part(Path, end + 1, path.size());
}

BOOLEAN FsRtlIsNtstatusExpected(NTSTATUS Exception) {
  return Exception != STATUS_DATATYPE_MISALIGNMENT && Exception != STATUS_ACCESS_VIOLATION &&
         Exception != STATUS_ILLEGAL_INSTRUCTION && Exception != STATUS_INSTRUCTION_MISALIGNMENT;
}

NTSTATUS FsRtlNormalizeNtstatus(NTSTATUS Exception, NTSTATUS GenericException) {
  return FsRtlIsNtstatusExpected(Exception) != FALSE ? Exception : GenericException;
}

NTSTATUS FsRtlGetFileSize(PFILE_OBJECT FileObject, PLARGE_INTEGER FileSize) {
  nt::Thread& thread = nt::enter("FsRtlGetFileSize", nt::kPassive);
  FILE_STANDARD_INFORMATION information{};
  const NTSTATUS status = thread.system.io()
                              .query_information({thread, KernelMode}, io::FileObject::of(*FileObject),
                                                 FileStandardInformation, &information, sizeof information)
                              .Status;
  if (!NT_SUCCESS(status)) return status;
  if (information.Directory != FALSE) return STATUS_FILE_IS_A_DIRECTORY;
  *FileSize = information.EndOfFile;
  return STATUS_SUCCESS;
}

// No simulated machine pages to a file.
ULONG FsRtlIsPagingFile(PFILE_OBJECT) {
  nt::touch("FsRtlIsPagingFile", nt::kApc);
  return FALSE;
}

BOOLEAN FsRtlIsSystemPagingFile(PFILE_OBJECT) {
  nt::touch("FsRtlIsSystemPagingFile", nt::kApc);
  return FALSE;
}

}  // extern "C"
