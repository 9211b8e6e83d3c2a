#include "client/process_state.hpp"

#include "client/program.hpp"

namespace fltsim::client {
namespace {

// What a program finds in its environment; names are upper case.
const std::map<std::u16string, std::u16string>& initial_environment() {
  static const std::map<std::u16string, std::u16string> kVariables{{u"COMPUTERNAME", u"FLTSIM"},
                                                                   {u"OS", u"Windows_NT"},
                                                                   {u"PROGRAMFILES", u"C:\\Program Files"},
                                                                   {u"SYSTEMDRIVE", u"C:"},
                                                                   {u"SYSTEMROOT", u"C:\\Windows"},
                                                                   {u"TEMP", u"C:\\Windows\\Temp"},
                                                                   {u"TMP", u"C:\\Windows\\Temp"},
                                                                   {u"WINDIR", u"C:\\Windows"}};
  return kVariables;
}

}  // namespace

ProcessState::ProcessState(nt::Process& process)
    : console(process.system),
      heap(process),
      environment(initial_environment()),
      current_directory(u"C:\\") {}

ProcessState::~ProcessState() = default;

ProcessState& state_of(nt::Process& process) {
  const std::lock_guard lock(process.user_mode_mutex);
  if (!process.user_mode) process.user_mode = std::make_shared<ProcessState>(process);
  return *process.user_mode;
}

}  // namespace fltsim::client
