#include "client/program.hpp"

#include <ntifs.h>

#include <csetjmp>
#include <cstdio>

#include "client/process_state.hpp"
#include "client/runtime/program_start.h"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/text.hpp"

namespace fltsim::client {
namespace {

constexpr std::int32_t kUncaughtException = static_cast<std::int32_t>(0xE06D7363);  // as MSVC's C++ raises

std::string hexadecimal(std::uint64_t value, int digits) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%0*llX", digits, static_cast<unsigned long long>(value));
  return text;
}

void report_crash(nt::Thread& thread, const std::string& what) {
  nt::report(thread, "CLI-2", Severity::kError,
             "the client program " + thread.process.short_name + " crashed: " + what +
                 ". Windows ends such a process.",
             thread.name);
}

std::string place_of(const Program& program, const void* address) {
  const loader::Module* module = program.module();
  if (module == nullptr || !module->contains(address))
    return " at " + hexadecimal(reinterpret_cast<std::uintptr_t>(address), 1);
  const auto offset = static_cast<const std::byte*>(address) - static_cast<const std::byte*>(module->begin());
  return " at " + hexadecimal(static_cast<std::uint64_t>(offset), 1) + " in its image";
}

// No frame below holds anything but the program's own code.
void on_exception(nt::Thread& thread, const EXCEPTION_RECORD& record) {
  {
    Program& program = *program_of(thread.process);
    std::string what = "exception " + hexadecimal(static_cast<std::uint32_t>(record.ExceptionCode), 8) +
                       place_of(program, record.ExceptionAddress);
    if (record.ExceptionCode == STATUS_ACCESS_VIOLATION && record.NumberParameters == 2) {
      what += std::string(", which ") + (record.ExceptionInformation[0] != 0 ? "wrote to " : "read from ") +
              hexadecimal(record.ExceptionInformation[1], 1);
    }
    program.crashed = true;
    report_crash(thread, what);
  }
  end_process(thread, record.ExceptionCode);
}

// As CreateProcess takes it and CommandLineToArgvW reads it.
std::u16string quoted(const std::u16string& argument) {
  if (!argument.empty() && argument.find_first_of(u" \t\"") == std::u16string::npos) return argument;
  std::u16string text = u"\"";
  std::size_t slashes = 0;
  for (const char16_t unit : argument) {
    if (unit == u'"') text.append(slashes + 1, u'\\');
    slashes = unit == u'\\' ? slashes + 1 : 0;
    text += unit;
  }
  return text.append(slashes, u'\\') + u"\"";
}

}  // namespace

Program* program_of(nt::Process& process) {
  const std::lock_guard lock(process.user_mode_mutex);
  return process.user_mode ? process.user_mode->program.get() : nullptr;
}

void end_process(nt::Thread& thread, std::int32_t exit_code) {
  static_cast<void>(thread.system.nt().terminate_process(thread.process, exit_code));
  // When another thread ends the process at this moment, this one has been terminated just as well.
  nt::unwind_client(thread);
}

Program::Program(nt::Process& process, const std::vector<std::string>& arguments) : process_(process) {
  wide_.push_back(process.dos_image);
  for (const std::string& argument : arguments) wide_.push_back(nt::from_utf8(argument));
  for (std::size_t i = 0; i < wide_.size(); ++i) {
    narrow_.push_back(nt::to_utf8(wide_[i]));
    if (i != 0) tail_ += (i != 1 ? u" " : u"") + quoted(wide_[i]);
  }
  command_line_ = u"\"" + wide_[0] + u"\"" + (tail_.empty() ? u"" : u" ") + tail_;
  narrow_tail_ = nt::to_utf8(tail_);
  for (std::string& argument : narrow_) narrow_pointers_.push_back(argument.data());
  for (std::u16string& argument : wide_)
    wide_pointers_.push_back(reinterpret_cast<unsigned short*>(argument.data()));
  narrow_pointers_.push_back(nullptr);
  wide_pointers_.push_back(nullptr);
}

Program::~Program() {
  // A thread that never came out of the program's code may still stand in it.
  if (module_ && !process_.threads().empty()) module_->keep_mapped();
}

std::string Program::load(const std::string& path) {
  auto loaded = loader::Module::load_program(path);
  if (const auto* failed = std::get_if<loader::Module::LoadError>(&loaded)) return failed->text;
  module_ = std::move(std::get<0>(loaded));
  return {};
}

void Program::run(nt::Thread& thread, const std::function<void()>& code) {
  std::jmp_buf guard;
  thread.program_guard = &guard;
  thread.program_failed = &on_exception;
  module_->renew_thread_storage();
  if (_setjmp(guard) == 0) {
    try {
      code();
    } catch (...) {
      sched::Scheduler::stay_if_abandoned();
      crashed = true;
      report_crash(thread, "a C++ exception left the program's code");
      static_cast<void>(thread.system.nt().terminate_process(process_, kUncaughtException));
    }
  }
  thread.program_guard = nullptr;
  thread.program_failed = nullptr;
  thread.exception_chain = nullptr;
  thread.filter_call = nullptr;
  sched::Scheduler::stay_if_abandoned();
  // The process ends with its last thread, whose exit code it has.
  if (process_.threads().size() == 1)
    static_cast<void>(thread.system.nt().terminate_process(process_, thread.exit_status.load()));
  if (thread.terminated()) throw nt::ClientUnwind{};
}

void Program::run_main(nt::Thread& thread) {
  const auto start =
      reinterpret_cast<decltype(&fltsim_program_start)>(module_->symbol("fltsim_program_start"));
  const fltsim_program_arguments arguments{
      static_cast<int>(narrow_.size()), narrow_pointers_.data(), wide_pointers_.data(),
      reinterpret_cast<unsigned short*>(tail_.data()), narrow_tail_.data()};
  run(thread, [&] { start(&arguments); });
}

}  // namespace fltsim::client
