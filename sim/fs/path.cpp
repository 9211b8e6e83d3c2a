#include "fs/path.hpp"

#include <ntifs.h>

#include <algorithm>

#include "fs/upcase.hpp"

namespace fltsim::fs {
namespace {

bool is_valid_stream_name(std::u16string_view name) {
  return !name.empty() && name.size() <= kComponentLengthMax &&
         name.find_first_of(std::u16string_view(u"\0/\\:", 4)) == std::u16string_view::npos;
}

// Splits "stream" or "stream:type", what follows the first colon.
Status parse_stream_part(std::u16string_view text, ParsedPath& parsed) {
  std::size_t colon = text.find(u':');
  parsed.stream = text.substr(0, colon);
  if (colon == std::u16string_view::npos) {
    return is_valid_stream_name(parsed.stream) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_INVALID;
  }
  std::u16string_view type = text.substr(colon + 1);
  if (equal_names(type, u"$INDEX_ALLOCATION")) {
    if (!parsed.stream.empty() && !equal_names(parsed.stream, u"$I30")) return STATUS_OBJECT_NAME_INVALID;
    parsed.stream = {};
    parsed.explicit_index = true;
    return STATUS_SUCCESS;
  }
  if (!equal_names(type, u"$DATA")) return STATUS_OBJECT_NAME_INVALID;
  parsed.explicit_data = true;
  return parsed.stream.empty() || is_valid_stream_name(parsed.stream) ? STATUS_SUCCESS
                                                                      : STATUS_OBJECT_NAME_INVALID;
}

}  // namespace

bool is_valid_component(std::u16string_view name) {
  if (name.empty() || name.size() > kComponentLengthMax || name == u"." || name == u"..") return false;
  return std::none_of(name.begin(), name.end(), [](char16_t unit) {
    return unit < 0x20 || std::u16string_view(u"\"*/:<>?|\\").find(unit) != std::u16string_view::npos;
  });
}

Status parse_path(std::u16string_view path, ParsedPath& parsed) {
  if (path.empty()) return STATUS_SUCCESS;
  if (path.back() == u'\\') {
    parsed.trailing_backslash = true;
    path.remove_suffix(1);
  }
  std::size_t last_start = path.rfind(u'\\');
  last_start = last_start == std::u16string_view::npos ? 0 : last_start + 1;
  std::size_t colon = path.find(u':', last_start);
  if (colon != std::u16string_view::npos) {
    Status status = parse_stream_part(path.substr(colon + 1), parsed);
    if (status != STATUS_SUCCESS || parsed.trailing_backslash) return STATUS_OBJECT_NAME_INVALID;
    if (colon == 0) return STATUS_SUCCESS;
    path = path.substr(0, colon);
  }
  for (;;) {
    std::size_t backslash = path.find(u'\\');
    std::u16string_view component = path.substr(0, backslash);
    if (!is_valid_component(component)) return STATUS_OBJECT_NAME_INVALID;
    parsed.components.push_back(component);
    if (backslash == std::u16string_view::npos) return STATUS_SUCCESS;
    path.remove_prefix(backslash + 1);
  }
}

Status parse_stream_name(std::u16string_view text, std::u16string_view& name) {
  ParsedPath parsed;
  if (text.empty() || text.front() != u':') return STATUS_OBJECT_NAME_INVALID;
  if (Status status = parse_stream_part(text.substr(1), parsed); status != STATUS_SUCCESS) return status;
  if (parsed.stream.empty()) return STATUS_OBJECT_NAME_INVALID;
  name = parsed.stream;
  return STATUS_SUCCESS;
}

}  // namespace fltsim::fs
