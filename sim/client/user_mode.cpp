// What all user-mode functions share: a program's own faults, text, new handles and threads.
#include <cstring>

#include "client/client.hpp"
#include "client/process_state.hpp"
#include "client/program.hpp"
#include "nt/seh.hpp"
#include "nt/text.hpp"

namespace fltsim::client {
namespace {

constexpr std::size_t kPage = 4096;

nt::Thread* program_thread() {
  nt::Thread* thread = nt::current_thread_or_null();
  return thread != nullptr && thread->program_guard != nullptr && thread->kernel_depth == 0 ? thread
                                                                                            : nullptr;
}

template <class Touch>
void touch_pages(const void* address, std::size_t size, Touch touch) {
  const auto begin = reinterpret_cast<std::uintptr_t>(address);
  for (std::uintptr_t at = begin; at < begin + size; at = (at / kPage + 1) * kPage) touch(at);
}

template <class Unit>
void touch_units(const Unit* text) {
  nt::Thread* thread = program_thread();
  if (thread == nullptr || text == nullptr) return;
  const nt::DriverReads reads(*thread);
  for (const volatile Unit* at = text; *at != 0; ++at) {
  }
}

template <class Unit>
DWORD put(std::basic_string_view<Unit> text, void* buffer, DWORD room) {
  if (room <= text.size() || buffer == nullptr) return static_cast<DWORD>(text.size() + 1);
  std::memcpy(buffer, text.data(), text.size() * sizeof(Unit));
  static_cast<Unit*>(buffer)[text.size()] = 0;
  return static_cast<DWORD>(text.size());
}

}  // namespace

void touch_input(const void* address, std::size_t size) {
  nt::Thread* thread = program_thread();
  if (thread == nullptr) return;
  const nt::DriverReads reads(*thread);
  touch_pages(address, size, [](std::uintptr_t at) {
    static_cast<void>(__atomic_load_n(reinterpret_cast<const unsigned char*>(at), __ATOMIC_RELAXED));
  });
}

void touch_output(void* address, std::size_t size) {
  nt::Thread* thread = program_thread();
  if (thread == nullptr) return;
  const nt::DriverReads reads(*thread);
  touch_pages(address, size, [](std::uintptr_t at) {
    __atomic_fetch_or(reinterpret_cast<unsigned char*>(at), 0, __ATOMIC_RELAXED);
  });
}

void touch_text(LPCWSTR text) { touch_units(text); }
void touch_text(LPCSTR text) { touch_units(text); }

std::u16string wide(LPCSTR text) { return text != nullptr ? nt::from_utf8(text) : std::u16string(); }

DWORD put_text(std::u16string_view text, LPWSTR buffer, DWORD room) { return put(text, buffer, room); }
DWORD put_text(std::u16string_view text, LPSTR buffer, DWORD room) {
  return put(std::string_view(nt::to_utf8(text)), buffer, room);
}

HANDLE handle_for(nt::Thread& thread, void* body, const nt::ObjectType& type,
                  const SECURITY_ATTRIBUTES* attributes) {
  const bool inheritable = attributes != nullptr && attributes->bInheritHandle;
  HANDLE handle = nt::make_handle(body, type.mapping.all, false, inheritable);
  if (handle == nullptr) static_cast<void>(win32_result(thread, STATUS_PROCESS_IS_TERMINATING));
  return handle;
}

nt::Ref<nt::Thread> start_user_thread(nt::Thread& caller, std::function<std::uint32_t()> code,
                                      bool suspended) {
  nt::Process& process = caller.process;
  Program* const program = program_of(process);
  AddressWaits& waits = state_of(process).waits;
  const auto body = [code = std::move(code), program, &waits, suspended] {
    nt::Thread& self = nt::current_thread();
    if (suspended) {
      static_cast<void>(waits.wait(
          self, &self.suspended, [&] { return self.suspended != 0; }, sched::kForever, "ResumeThread"));
      if (self.terminated()) return;
    }
    const auto run = [&] {
      const auto exit_code = static_cast<std::int32_t>(code());
      std::int32_t running = STATUS_PENDING;
      self.exit_status.compare_exchange_strong(running, exit_code);
    };
    if (program != nullptr) {
      program->run(self, run);
    } else {
      run();
    }
  };
  return caller.system.nt().start_thread(process, process.short_name + " thread", body, nullptr,
                                         suspended ? 1u : 0u);
}

}  // namespace fltsim::client
