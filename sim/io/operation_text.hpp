// How the trace names an operation.
#pragma once

#include <string>
#include <string_view>

#include "io/operation.hpp"

namespace fltsim::io {

class FileObject;

// "create \dir\file.txt", "paging write \dir\file.txt", "set rename \dir\file.txt". Deterministic. Any
// thread.
std::string operation_text(const Operation& operation);

// UTF-16 to UTF-8; a lone surrogate becomes U+FFFD.
std::string to_utf8(std::u16string_view text);

// What a new file object is called: its name as asked for, below the name of the one that it is relative to.
std::string trace_name(std::u16string_view name, const FileObject* related, bool by_id);

}  // namespace fltsim::io
