// Win32 paths as NT names.
#pragma once

#include <string>
#include <string_view>

namespace fltsim::client {

// C:\a\..\b, relative to `current` (C:\dir), with either slash: a full DOS path.
std::u16string full_path(std::u16string_view path, std::u16string_view current);
// What CreateFile asks for: \??\C:\b; \\.\Device and \\?\C:\b as \??\..., taken as they are.
std::u16string nt_path(std::u16string_view path, std::u16string_view current);

}  // namespace fltsim::client
