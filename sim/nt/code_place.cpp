#include "nt/code_place.hpp"

#include <algorithm>
#include <mutex>

#include "nt/thread.hpp"

namespace fltsim::nt {
namespace {

struct Image {
  std::uintptr_t begin;
  std::uintptr_t end;
  std::string path;
  std::string driver;
};

struct Images {
  std::mutex mutex;  // a leaf
  std::vector<Image> list;
};

Images& images() {
  static Images& instance = *new Images;  // threads outlive main's statics
  return instance;
}

}  // namespace

void image_mapped(const void* begin, const void* end, std::string path, std::string driver) {
  const std::lock_guard lock(images().mutex);
  images().list.push_back({reinterpret_cast<std::uintptr_t>(begin), reinterpret_cast<std::uintptr_t>(end),
                           std::move(path), std::move(driver)});
}

void image_unmapped(const void* begin) {
  const std::lock_guard lock(images().mutex);
  std::erase_if(images().list,
                [&](const Image& image) { return image.begin == reinterpret_cast<std::uintptr_t>(begin); });
}

DriverPlace driver_place(const sched::Stack& stack, std::string_view driver) {
  const std::lock_guard lock(images().mutex);
  for (const std::uintptr_t address : stack) {
    const auto image = std::ranges::find_if(images().list, [&](const Image& candidate) {
      return address >= candidate.begin && address < candidate.end &&
             (driver.empty() || candidate.driver == driver);
    });
    if (image != images().list.end()) return {image->driver, {image->path, address - image->begin}};
  }
  return {};
}

CodePlace locate(const Finding& finding) {
  const Thread* thread = current_thread_or_null();
  if (thread == nullptr || finding.driver.empty()) return {};
  if (thread->judged != nullptr)
    return driver_place({reinterpret_cast<std::uintptr_t>(thread->judged)}, finding.driver).place;
  return driver_place(sched::current_stack(), finding.driver).place;
}

}  // namespace fltsim::nt
