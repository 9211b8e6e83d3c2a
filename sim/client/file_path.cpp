#include "client/file_path.hpp"

#include <algorithm>
#include <vector>

namespace fltsim::client {
namespace {

bool has_drive(std::u16string_view path) { return path.size() >= 2 && path[1] == u':'; }

}  // namespace

std::u16string full_path(std::u16string_view path, std::u16string_view current) {
  std::u16string whole(path);
  std::replace(whole.begin(), whole.end(), u'/', u'\\');
  if (whole.starts_with(u"\\\\")) return whole;
  if (has_drive(whole)) {
    if (whole.size() == 2 || whole[2] != u'\\') whole.insert(2, u"\\");
  } else if (whole.starts_with(u'\\')) {
    whole.insert(0, current.substr(0, 2));
  } else {
    std::u16string base(current);
    if (!base.ends_with(u'\\')) base += u'\\';
    whole.insert(0, base);
  }
  std::vector<std::u16string_view> parts;
  const std::u16string_view rest = std::u16string_view(whole).substr(3);
  for (std::size_t at = 0; at <= rest.size();) {
    const std::size_t end = std::min(rest.find(u'\\', at), rest.size());
    const std::u16string_view part = rest.substr(at, end - at);
    if (part == u"..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != u".") {
      parts.push_back(part);
    }
    at = end + 1;
  }
  std::u16string full = whole.substr(0, 3);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i != 0) full += u'\\';
    full += parts[i];
  }
  if (!parts.empty() && rest.ends_with(u'\\')) full += u'\\';
  return full;
}

std::u16string nt_path(std::u16string_view path, std::u16string_view current) {
  const bool as_it_is = path.starts_with(u"\\\\?\\") || path.starts_with(u"\\\\.\\");
  if (!as_it_is) {
    const std::u16string full = full_path(path, current);
    if (full.starts_with(u"\\\\")) return u"\\??\\UNC" + full.substr(1);
    return u"\\??\\" + full;
  }
  const std::u16string_view name = path.substr(4);
  constexpr std::u16string_view kRoot = u"GLOBALROOT\\";
  if (name.starts_with(kRoot)) return std::u16string(name.substr(kRoot.size() - 1));
  return u"\\??\\" + std::u16string(name);
}

}  // namespace fltsim::client
