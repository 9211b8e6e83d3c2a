// What drivers print with DbgPrint, per machine. Any thread; nothing blocks but for a leaf mutex.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

namespace fltsim::nt {

class DebugLog {
 public:
  void append(std::string_view text) {
    const std::lock_guard lock(mutex_);
    text_ += text;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    text_.clear();
  }
  // Everything so far, UTF-8, as printed: DbgPrint adds no line end of its own.
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

}  // namespace fltsim::nt
