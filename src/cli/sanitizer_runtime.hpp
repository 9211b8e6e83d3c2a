// Drivers that were built with a sanitizer need its runtime in the process before anything else is there. Where this
// program has none, it starts itself again with the compiler's runtime preloaded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fltlink::cli {

// Which runtimes a module needs, as the compiler calls the files: "libasan.so"; and the compilers to ask for them, the
// best first. Both empty for a module without sanitizers, or no module.
struct SanitizerNeeds {
  std::vector<std::string> libraries;
  std::vector<std::string> compilers;
  bool whole_program = false;  // the simulator must have been built with it
};
[[nodiscard]] SanitizerNeeds sanitizer_needs(const std::string& module);
// The same from what the module imports, names with a blank before each, and all of its bytes.
[[nodiscard]] SanitizerNeeds sanitizer_needs(std::string_view imports, std::string_view bytes);

// Comes back where nothing is needed or it is there: empty; and where it cannot be had: a sentence. Otherwise this
// program begins anew, with the same arguments.
[[nodiscard]] std::string start_again_with_sanitizers(const std::vector<std::string>& modules);

}  // namespace fltlink::cli
