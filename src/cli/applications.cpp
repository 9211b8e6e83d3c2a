#include "cli/applications.hpp"

#include <utility>

#include "cli/interrupt.hpp"
#include "cli/statuses.hpp"

namespace fltlink::cli {

namespace {

using fltsim::FileHandle;

constexpr std::uint32_t kAttributeDirectory = 0x10;
constexpr std::string_view kEditedLine = "\r\nedited\r\n";

bool read_whole(Program& program, std::u16string_view path, std::string& content) {
  const Program::Opened file = program.open_to_read(path);
  if (file.handle == FileHandle::kNone) return false;
  const std::int32_t status = program.read(file.handle, kBytesOfAFileMax, content);
  program.close(file.handle);
  return status == kStatusSuccess;
}

void remove(Program& program, std::u16string_view path) {
  const Program::Opened file = program.open_to_remove(path);
  if (file.handle != FileHandle::kNone) program.mark_deleted(file.handle);
  program.close(file.handle);
}

// Beside the file, as editors do, so that the rename stays within the directory.
std::u16string temporary_name(std::u16string_view path) { return std::u16string(path) + u".~tmp"; }

bool save_through_temporary(Program& editor, const TargetFile& file, std::string_view content) {
  const Program::Opened temporary = editor.create(temporary_name(file.path));
  if (temporary.handle == FileHandle::kNone) return false;
  bool saved = editor.write(temporary.handle, content, 0) == kStatusSuccess &&
               editor.rename_over(temporary.handle, file.path) == kStatusSuccess;
  if (!saved) editor.mark_deleted(temporary.handle);
  editor.close(temporary.handle);
  return saved;
}

void save_in_place(Program& editor, const TargetFile& file, std::string_view content) {
  const Program::Opened target = editor.open_to_change(file.path);
  if (target.handle != FileHandle::kNone) editor.write(target.handle, content, 0);
  editor.close(target.handle);
}

}  // namespace

void read_file(Program& reader, const TargetFile& file) {
  std::string content;
  static_cast<void>(read_whole(reader, file.path, content));
}

void copy_file(Program& copier, const TargetFile& file) {
  std::string content;
  if (!read_whole(copier, file.path, content)) return;
  const Program::Opened copy = copier.create(file.copy);
  if (copy.handle != FileHandle::kNone) copier.write(copy.handle, content, 0);
  copier.close(copy.handle);
}

void edit_file(Program& editor, const TargetFile& file) {
  std::string content;
  if (!read_whole(editor, file.path, content)) return;
  content += kEditedLine;
  if (!save_through_temporary(editor, file, content)) save_in_place(editor, file, content);
}

void delete_file(Program& deleter, const TargetFile& file) {
  remove(deleter, file.path);
  remove(deleter, file.copy);
}

Survey walk(Program& walker, std::u16string_view root) {
  Survey survey;
  survey.directories.emplace_back(root);
  for (std::size_t next = 0; next < survey.directories.size() && !interrupted(); ++next) {
    // Not a reference: the vector grows below.
    const std::u16string directory = survey.directories[next];
    fltsim::ListResult listed;
    walker.list(directory, listed);
    for (const fltsim::ListEntry& entry : listed.entries) {
      std::u16string path = directory + (directory.ends_with(u'\\') ? u"" : u"\\") + entry.name;
      if ((entry.attributes & kAttributeDirectory) != 0) {
        survey.directories.push_back(std::move(path));
      } else {
        survey.files.push_back({.path = std::move(path), .size = entry.size, .copy = {}});
      }
    }
  }
  return survey;
}

}  // namespace fltlink::cli
