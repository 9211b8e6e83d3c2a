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

// What a new file object is called: its name as asked for, below the name of the one that it is relative to.
std::string trace_name(std::u16string_view name, const FileObject* related, bool by_id);

}  // namespace fltsim::io
