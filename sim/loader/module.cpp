#include "loader/module.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "loader/file_kind.hpp"
#include "nt/seh.hpp"

namespace fltsim::loader {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  const int value_;
};

Module::LoadError error(const std::string& path, const std::string& what) { return {path + ": " + what}; }

bool copy_all(int from, int to) {
  for (;;) {
    const ssize_t copied = sendfile(to, from, nullptr, std::size_t{1} << 30);
    if (copied == 0) return true;
    if (copied < 0 && errno != EINTR) return false;
  }
}

struct Range {
  const link_map* map;
  std::uintptr_t begin = UINTPTR_MAX;
  std::uintptr_t end = 0;
};

int find_range(dl_phdr_info* info, std::size_t, void* raw) {
  auto& range = *static_cast<Range*>(raw);
  if (info->dlpi_addr != range.map->l_addr) return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD) continue;
    range.begin = std::min<std::uintptr_t>(range.begin, info->dlpi_addr + segment.p_vaddr);
    range.end = std::max<std::uintptr_t>(range.end, info->dlpi_addr + segment.p_vaddr + segment.p_memsz);
  }
  return 1;
}

}  // namespace

std::optional<Module::LoadError> Module::map(const std::string& path, const char* kind) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return error(path, std::string("cannot be read: ") + std::strerror(errno));
  if (const std::string reason = why_no_module(file.get(), kind); !reason.empty()) return error(path, reason);
  file_ = memfd_create("module", MFD_CLOEXEC);
  if (file_ < 0 || !copy_all(file.get(), file_)) {
    return error(path, std::string("cannot be copied to memory: ") + std::strerror(errno));
  }
  const std::string image = "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(file_);
  handle_ = dlopen(image.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle_ != nullptr) return std::nullopt;
  std::string reason = dlerror();
  if (const auto at = reason.find(image); at != std::string::npos) reason.replace(at, image.size(), path);
  return LoadError{why_not_linked(reason, path)};
}

std::optional<Module::LoadError> Module::watch(const std::string& path) {
  link_map* map = nullptr;
  dlinfo(handle_, RTLD_DI_LINKMAP, &map);
  Range range{map};
  dl_iterate_phdr(find_range, &range);
  begin_ = reinterpret_cast<void*>(range.begin);
  size_ = range.end - range.begin;
  if (nt::watch_faults(begin_, reinterpret_cast<void*>(range.end))) return std::nullopt;
  begin_ = nullptr;
  return error(path, "too many modules are loaded at once");
}

std::variant<std::unique_ptr<Module>, Module::LoadError> Module::load(const std::string& path,
                                                                      const fltsim_module_exports& exports) {
  std::unique_ptr<Module> module(new Module);
  if (auto failed = module->map(path, "driver module")) return *std::move(failed);
  module->driver_entry_ = reinterpret_cast<DriverEntry>(module->symbol("DriverEntry"));
  if (module->driver_entry_ == nullptr)
    return error(path, "has no DriverEntry: is it in none of the sources, or declared static?");
  const auto table =
      reinterpret_cast<fltsim_module_exports* (*)()>(module->symbol("fltsim_module_exports_table"));
  if (table == nullptr) return error(path, "was built neither by fltlink-cc nor by fltlink_add_driver");
  const auto* size = static_cast<const unsigned*>(module->symbol("fltsim_module_exports_size"));
  if (size == nullptr || *size != sizeof exports)
    return error(path, "was built by another version of fltlink: build it again");
  *table() = exports;
  if (auto failed = module->watch(path)) return *std::move(failed);
  return module;
}

std::variant<std::unique_ptr<Module>, Module::LoadError> Module::load_program(const std::string& path) {
  std::unique_ptr<Module> module(new Module);
  if (auto failed = module->map(path, "client program")) return *std::move(failed);
  if (module->symbol("fltsim_program_start") == nullptr)
    return error(path, "is no client program: build it with fltlink-cc --client or fltlink_add_client");
  if (auto failed = module->watch(path)) return *std::move(failed);
  return module;
}

Module::~Module() {
  if (begin_ != nullptr) nt::unwatch_faults(begin_);
  if (handle_ != nullptr) dlclose(handle_);
  if (file_ >= 0) close(file_);
}

void Module::keep_mapped() {
  handle_ = nullptr;
  begin_ = nullptr;
  file_ = -1;
}

void* Module::symbol(const char* name) const { return dlsym(handle_, name); }

bool Module::contains(const void* address) const {
  const auto value = reinterpret_cast<std::uintptr_t>(address);
  const auto begin = reinterpret_cast<std::uintptr_t>(begin_);
  return value >= begin && value < begin + size_;
}

void Module::renew_thread_storage() const {
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* raw) {
        if (!static_cast<const Module*>(raw)->contains(info->dlpi_phdr)) return 0;
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const ElfW(Phdr)& segment = info->dlpi_phdr[i];
          if (segment.p_type != PT_TLS || info->dlpi_tls_data == nullptr) continue;
          auto* const storage = static_cast<std::byte*>(info->dlpi_tls_data);
          std::memcpy(storage, reinterpret_cast<const void*>(info->dlpi_addr + segment.p_vaddr),
                      segment.p_filesz);
          std::memset(storage + segment.p_filesz, 0, segment.p_memsz - segment.p_filesz);
        }
        return 1;
      },
      const_cast<Module*>(this));
}

}  // namespace fltsim::loader
