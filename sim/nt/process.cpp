#include "nt/process.hpp"

#include "machine/system.hpp"
#include "nt/thread.hpp"

namespace fltsim::nt {
namespace {

// The last component, at most 15 characters; what is not ASCII becomes a question mark.
std::string short_name_of(const std::u16string& image) {
  constexpr std::size_t kLengthMax = 15;
  const std::size_t slash = image.find_last_of(u'\\');
  std::string name;
  for (const char16_t unit : image.substr(slash == std::u16string::npos ? 0 : slash + 1)) {
    if (name.size() == kLengthMax) break;
    name += unit < 0x80 ? static_cast<char>(unit) : '?';
  }
  return name;
}

}  // namespace

Process::Process(System& owner, std::u16string dos, std::u16string device, Ref<Token> primary,
                 bool system_process)
    : system(owner),
      command_line(u'"' + dos + u'"'),
      dos_image(std::move(dos)),
      device_image(std::move(device)),
      short_name(short_name_of(dos_image)),
      is_system(system_process),
      create_time(owner.scheduler().now()),
      token(std::move(primary)),
      handles(*this, system_process) {
  Dispatcher::initialize(header, DispatcherType::kProcess, 0);
}

std::vector<Ref<Thread>> Process::threads() const {
  const std::lock_guard lock(mutex_);
  std::vector<Ref<Thread>> all;
  for (Thread* thread : threads_) all.push_back(Ref<Thread>::retain(thread));
  return all;
}

}  // namespace fltsim::nt
