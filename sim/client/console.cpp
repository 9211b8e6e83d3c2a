#include "client/console.hpp"

#include <algorithm>
#include <cstring>

#include "machine/system.hpp"
#include "nt/handle_table.hpp"
#include "wdk/shared/status.h"

namespace fltsim::client {

const nt::ObjectType kConsoleType{.name = u"Console",
                                  .mapping = {0x00120089, 0x00120116, 0x001200A0, 0x001F01FF},
                                  .close = nullptr,
                                  .remove = nullptr,
                                  .waitable = nullptr,
                                  .parses = false,
                                  .report_leaks = false};

void Console::write(ConsoleFile::Kind kind, std::string_view text) {
  const std::lock_guard lock(mutex_);
  (kind == ConsoleFile::Kind::kError ? error_ : output_) += text;
}

std::string Console::output() const {
  const std::lock_guard lock(mutex_);
  return output_;
}

std::string Console::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

void Console::type(std::string_view text) {
  const std::lock_guard lock(mutex_);
  input_ += text;
  for (sched::Thread* reader : readers_) system_.scheduler().unpark(*reader);
}

void Console::close_input() {
  const std::lock_guard lock(mutex_);
  input_closed_ = true;
  for (sched::Thread* reader : readers_) system_.scheduler().unpark(*reader);
}

bool Console::read(nt::Thread& thread, char* to, std::size_t size, bool raw, std::size_t& count) {
  const nt::InterruptibleWait interruptible(thread);
  sched::Thread* const self = thread.scheduled.load();
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      const bool ready = !input_.empty() || input_closed_;
      std::erase(readers_, self);
      if (thread.terminated()) return false;
      if (ready) {
        count = std::min(size, input_.size());
        if (const auto line = input_.find('\n'); !raw && line != std::string::npos)
          count = std::min(count, line + 1);
        std::memcpy(to, input_.data(), count);
        input_.erase(0, count);
        if (count == 0 && size != 0) ++ends_read_;
        return true;
      }
      readers_.push_back(self);
    }
    system_.scheduler().park(sched::kForever, {"console input", {}, nullptr});
  }
}

bool Console::readable() const {
  const std::lock_guard lock(mutex_);
  return !input_.empty() || input_closed_;
}

std::uint32_t Console::ends_read() const {
  const std::lock_guard lock(mutex_);
  return ends_read_;
}

void Console::add_handler(Handler handler) {
  const std::lock_guard lock(mutex_);
  handlers_.push_back(handler);
}

bool Console::remove_handler(Handler handler) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find(handlers_.rbegin(), handlers_.rend(), handler);
  if (found == handlers_.rend()) return false;
  handlers_.erase(std::next(found).base());
  return true;
}

void Console::ignore_interrupts(bool ignore) {
  const std::lock_guard lock(mutex_);
  ignores_interrupts_ = ignore;
}

bool Console::ignores_interrupts() const {
  const std::lock_guard lock(mutex_);
  return ignores_interrupts_;
}

std::vector<Console::Handler> Console::handlers() const {
  const std::lock_guard lock(mutex_);
  return {handlers_.rbegin(), handlers_.rend()};
}

nt::Status Console::standard_handle(std::uint32_t which, void*& handle) {
  const std::uint32_t index = std::uint32_t{0} - 10 - which;  // STD_INPUT_HANDLE is -10, then -11 and -12
  if (index > 2) return STATUS_INVALID_HANDLE;
  const std::lock_guard lock(mutex_);
  if (standard_[index] == nullptr) {
    const auto file = nt::Ref<ConsoleFile>::adopt(
        nt::create_object<ConsoleFile>(system_, kConsoleType, static_cast<ConsoleFile::Kind>(index)));
    standard_[index] = nt::make_handle(file.get(), kConsoleType.mapping.all, false, true);
  }
  handle = standard_[index];
  return STATUS_SUCCESS;
}

bool Console::set_standard_handle(std::uint32_t which, void* handle) {
  const std::uint32_t index = std::uint32_t{0} - 10 - which;
  if (index > 2) return false;
  const std::lock_guard lock(mutex_);
  standard_[index] = handle;
  return true;
}

}  // namespace fltsim::client
