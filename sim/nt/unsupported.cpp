#include "nt/unsupported.hpp"

#include <dlfcn.h>

#define X FLTSIM_DEFINE_UNSUPPORTED
#include "nt/unsupported.inc"
#undef X

// The linker's names for the bounds of the section.
extern "C" {
extern const char __start_fltsim_refusals[] __attribute__((visibility("hidden")));
extern const char __stop_fltsim_refusals[] __attribute__((visibility("hidden")));
}

namespace fltsim::nt {

bool is_refusal(const void* routine) {
  return routine >= __start_fltsim_refusals && routine < __stop_fltsim_refusals;
}

void* routine_address(const std::string& name) {
  if (name.starts_with("fltsim")) return nullptr;  // the simulator's own, no routine of Windows
  Dl_info own{};
  if (dladdr(reinterpret_cast<void*>(&routine_address), &own) == 0) return nullptr;
  void* library = dlopen(own.dli_fname, RTLD_NOW | RTLD_NOLOAD);
  if (library == nullptr) return nullptr;
  void* symbol = dlsym(library, name.c_str());
  dlclose(library);
  // dlsym() looks in what the library depends on, too.
  Dl_info found{};
  if (symbol == nullptr || dladdr(symbol, &found) == 0 || found.dli_fbase != own.dli_fbase) return nullptr;
  return is_refusal(symbol) ? nullptr : symbol;
}

}  // namespace fltsim::nt
