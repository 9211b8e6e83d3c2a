// One loaded driver image: a shared object built by fltlink_add_driver.
//
// Every load maps a private copy of the file, so that two loads are two images with data of their own;
// unloading really unmaps it. While it is loaded, faults in its code become structured exceptions
// (nt/seh.hpp).
#pragma once

#include <ntifs.h>

#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace fltsim::loader {

class Module {
 public:
  struct LoadError {
    std::string text;  // one line: what is wrong with which file
  };

  // `exports` are the values of the kernel's data exports for this image.
  static std::variant<std::unique_ptr<Module>, LoadError> load(const std::string& path,
                                                               const fltsim_module_exports& exports);
  // The image of a client program: a module without a DriverEntry, for which nothing is filled in.
  static std::variant<std::unique_ptr<Module>, LoadError> load_program(const std::string& path);
  ~Module();
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  using DriverEntry = NTSTATUS (*)(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path);
  DriverEntry driver_entry() const { return driver_entry_; }

  // Any function or variable that the image exports, or null.
  void* symbol(const char* name) const;

  // The image stays in memory when this object goes: threads of the driver may still run in it.
  void keep_mapped();

  // The image in memory.
  void* begin() const { return begin_; }
  std::size_t size() const { return size_; }
  bool contains(const void* address) const;
  // The calling thread's thread-local variables have their initial values again.
  void renew_thread_storage() const;

 private:
  Module() = default;
  // Maps a private copy; what is wrong with the file, or nothing.
  std::optional<LoadError> map(const std::string& path, const char* kind);
  // Faults in the image are exceptions from now on.
  std::optional<LoadError> watch(const std::string& path);

  // Open while the image is loaded: its number makes the name of the copy unique in the process, and
  // debuggers and sanitizers read symbols through it.
  int file_ = -1;
  void* handle_ = nullptr;
  DriverEntry driver_entry_ = nullptr;
  void* begin_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace fltsim::loader
