// What a file is that was given for a driver, in words for whoever gave it.
#pragma once

#include <string>

namespace fltsim::loader {

// Empty for a 64-bit shared object, which may be a module; else why the file is no `kind`, "driver module" or "client
// program". `file` is open for reading.
std::string why_no_module(int file, const std::string& kind);

// What the dynamic linker said about a module, as a sentence about the module: `path` is what it is called there.
std::string why_not_linked(std::string linker_error, const std::string& path);

}  // namespace fltsim::loader
