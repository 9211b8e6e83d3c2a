#include "io/reparse_point.hpp"

#include <cstring>
#include <string_view>

namespace fltsim::io {

namespace {

// What both kinds of data begin with; the text follows, behind the flags of a symbolic link.
struct Names {
  USHORT substitute_offset;
  USHORT substitute_length;
  USHORT print_offset;
  USHORT print_length;
};

// `path` below `directory`, with "." and ".." taken out.
std::u16string join(std::u16string_view directory, std::u16string_view path) {
  std::u16string joined(directory);
  while (!path.empty()) {
    const std::size_t end = std::min(path.find(u'\\'), path.size());
    const std::u16string_view component = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (component.empty() || component == u".") continue;
    if (component == u"..") {
      joined.resize(joined.find_last_of(u'\\') == std::u16string::npos ? 0 : joined.find_last_of(u'\\'));
    } else {
      joined.append(1, u'\\').append(component);
    }
  }
  return joined;
}

}  // namespace

NTSTATUS follow_reparse_point(const FileObject& file, const FileObject* root, ULONG tag,
                              const std::vector<std::byte>& tag_data, std::u16string& name) {
  const bool link = tag == IO_REPARSE_TAG_SYMLINK;
  if (!link && tag != IO_REPARSE_TAG_MOUNT_POINT) return STATUS_IO_REPARSE_TAG_NOT_HANDLED;
  constexpr std::size_t kHeader = REPARSE_DATA_BUFFER_HEADER_SIZE;
  const std::size_t text = kHeader + sizeof(Names) + (link ? sizeof(ULONG) : 0);
  if (tag_data.size() < text) return STATUS_IO_REPARSE_DATA_INVALID;
  Names names;
  ULONG flags = 0;
  USHORT unparsed = 0;
  std::memcpy(&names, tag_data.data() + kHeader, sizeof names);
  if (link) std::memcpy(&flags, tag_data.data() + kHeader + sizeof names, sizeof flags);
  std::memcpy(&unparsed, tag_data.data() + offsetof(FLT_TAG_DATA_BUFFER, UnparsedNameLength),
              sizeof unparsed);
  const std::size_t end = std::size_t{names.substitute_offset} + names.substitute_length;
  if (names.substitute_length == 0 || names.substitute_length % 2 != 0 || end > tag_data.size() - text) {
    return STATUS_IO_REPARSE_DATA_INVALID;
  }
  std::u16string target(names.substitute_length / sizeof(char16_t), u'\0');
  std::memcpy(target.data(), tag_data.data() + text + names.substitute_offset, names.substitute_length);

  const std::u16string_view asked = file.name();
  const std::size_t rest = unparsed / sizeof(char16_t);
  if (rest > asked.size()) return STATUS_IO_REPARSE_DATA_INVALID;
  const std::u16string_view behind = asked.substr(asked.size() - rest);
  if (!link || (flags & SYMLINK_FLAG_RELATIVE) == 0) {
    if (!behind.empty() && behind.front() == u'\\' && target.back() == u'\\') target.pop_back();
    name = target.append(behind);
    return STATUS_SUCCESS;
  }
  std::u16string path;
  if (root != nullptr && root->opened()) {
    const NTSTATUS status = root->file_system().query_name(*root->open, path);
    if (!NT_SUCCESS(status)) return status;
    if (path == u"\\") path.clear();
    path += u'\\';
  }
  path.append(asked.substr(0, asked.size() - rest));
  while (path.size() > 1 && path.back() == u'\\') path.pop_back();
  path.resize(path.find_last_of(u'\\') == std::u16string::npos ? 0 : path.find_last_of(u'\\'));
  const bool from_root = target.front() == u'\\';
  name = file.volume->names().device +
         join(from_root ? std::u16string_view() : std::u16string_view(path), target);
  name.append(behind);
  return STATUS_SUCCESS;
}

}  // namespace fltsim::io
