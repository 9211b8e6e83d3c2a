// A machine with a driver that owns the port \TestPort, and clients of it. Test verbs run in the machine:
// each returns when its thread is done. The port's arithmetic is checked at every switch point of every test.
#pragma once

#include <fltKernel.h>
#include <fltUser.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "fltsim/driver.hpp"
#include "fltsim/lambda_driver.hpp"
#include "fltsim/machine.hpp"
#include "machine/system.hpp"
#include "support/scale.hpp"

namespace fltsim {

using Bytes = std::vector<unsigned char>;

inline constexpr ULONG kTestTag = 0x74736554;
inline const char16_t* const kPortName = u"\\TestPort";
inline const Bytes kEight = {1, 2, 3, 4, 5, 6, 7, 8};
inline const Bytes kFour = {9, 8, 7, 6};
inline constexpr std::int64_t kMillisecond = 10'000;  // 100 ns units

using fltlink::test::scaled;

inline void under_seeds(const std::function<void(const Options&)>& scenario, std::uint64_t seeds = 200) {
  for (std::uint64_t seed = 1; seed <= scaled(seeds) && !testing::Test::HasFailure(); ++seed) {
    Options options;
    options.seed = seed;
    scenario(options);
  }
}

// Runs a scenario under many seeds, and once on the operating system's threads.
inline void under_every_scheduler(const std::function<void(const Options&)>& scenario,
                                  std::uint64_t seeds = 200) {
  under_seeds(scenario, seeds);
  if (testing::Test::HasFailure()) return;
  Options options;
  options.scheduler = SchedulerKind::kHost;
  scenario(options);
}

// The driver. Its callbacks do what the hooks say; without a hook they accept and close, as a right driver
// does.
class PortDriver {
 public:
  struct Slot {
    PFLT_PORT port = nullptr;
    PortDriver* driver = nullptr;
  };
  struct Settings {
    LONG connections_max = 1;
    bool answers_messages = true;
    bool closes_client_ports = true;
    bool closes_server_port = true;
    ULONG attributes = OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE;
    bool null_dacl = false;
    bool default_security = false;  // no descriptor at all
    bool has_connect_notify = true;
    bool has_disconnect_notify = true;
    ACCESS_MASK access = FLT_PORT_ALL_ACCESS;
  };

  Settings settings;
  std::function<NTSTATUS(Slot&, const void* context, ULONG size)> on_connect;
  std::function<void(Slot&)> on_disconnect;  // before the port is closed
  std::function<NTSTATUS(const void* in, ULONG in_size, void* out, ULONG out_size, ULONG* returned)>
      on_message;
  std::function<NTSTATUS(FLT_FILTER_UNLOAD_FLAGS)> on_unload;
  std::function<void()> on_created;  // in DriverEntry, behind the port, before the start
  std::function<void()> on_instance_setup;
  std::function<void()> on_instance_teardown;
  std::vector<LambdaDriver::Operation> operations;

  PFLT_FILTER filter = nullptr;
  PFLT_PORT server = nullptr;
  std::deque<Slot> slots;  // one per ConnectNotify
  std::atomic<int> connects{0};
  std::atomic<int> disconnects{0};

  NTSTATUS create_port(PFLT_PORT* port, const char16_t* name = kPortName) {
    UNICODE_STRING text;
    RtlInitUnicodeString(&text, name);
    PSECURITY_DESCRIPTOR descriptor = nullptr;
    EXPECT_EQ(FltBuildDefaultSecurityDescriptor(&descriptor, settings.access), STATUS_SUCCESS);
    if (settings.null_dacl) {
      EXPECT_EQ(RtlSetDaclSecurityDescriptor(absolute(), TRUE, nullptr, FALSE), STATUS_SUCCESS);
    }
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &text, settings.attributes, nullptr,
                               settings.null_dacl          ? &absolute_
                               : settings.default_security ? nullptr
                                                           : descriptor);
    const NTSTATUS status = FltCreateCommunicationPort(
        filter, port, &attributes, this, settings.has_connect_notify ? &connect_notify : nullptr,
        settings.has_disconnect_notify ? &disconnect_notify : nullptr,
        settings.answers_messages ? &message_notify : nullptr, settings.connections_max);
    FltFreeSecurityDescriptor(descriptor);
    return status;
  }

  LambdaDriver lambdas() {
    LambdaDriver driver;
    driver.registered = [this](PFLT_FILTER given) {
      filter = given;
      const NTSTATUS status = create_port(&server);
      if (on_created) on_created();
      return status;
    };
    driver.operations = operations;
    driver.instance_setup = [this](PCFLT_RELATED_OBJECTS, FLT_INSTANCE_SETUP_FLAGS) {
      if (on_instance_setup) on_instance_setup();
      return STATUS_SUCCESS;
    };
    driver.teardown_start = [this](PCFLT_RELATED_OBJECTS, FLT_INSTANCE_TEARDOWN_FLAGS) {
      if (on_instance_teardown) on_instance_teardown();
    };
    driver.unload = [this](PFLT_FILTER, FLT_FILTER_UNLOAD_FLAGS flags) {
      if (on_unload) {
        const NTSTATUS status = on_unload(flags);
        if (!NT_SUCCESS(status) && (flags & FLTFL_FILTER_UNLOAD_MANDATORY) == 0) return status;
      }
      if (settings.closes_server_port && server != nullptr) FltCloseCommunicationPort(server);
      server = nullptr;
      return STATUS_SUCCESS;
    };
    return driver;
  }

 private:
  PSECURITY_DESCRIPTOR absolute() {
    EXPECT_EQ(RtlCreateSecurityDescriptor(&absolute_, SECURITY_DESCRIPTOR_REVISION), STATUS_SUCCESS);
    return &absolute_;
  }

  static NTSTATUS connect_notify(PFLT_PORT port, PVOID cookie, PVOID context, ULONG size,
                                 PVOID* connection_cookie) {
    auto* self = static_cast<PortDriver*>(cookie);
    Slot* slot = nullptr;
    {
      const std::lock_guard lock(self->mutex_);
      slot = &self->slots.emplace_back(Slot{port, self});
    }
    *connection_cookie = slot;
    ++self->connects;
    return self->on_connect ? self->on_connect(*slot, context, size) : STATUS_SUCCESS;
  }
  static VOID disconnect_notify(PVOID cookie) {
    auto* slot = static_cast<Slot*>(cookie);
    PortDriver* self = slot->driver;
    ++self->disconnects;
    if (self->on_disconnect) self->on_disconnect(*slot);
    if (self->settings.closes_client_ports && slot->port != nullptr)
      FltCloseClientPort(self->filter, &slot->port);
  }
  static NTSTATUS message_notify(PVOID cookie, PVOID in, ULONG in_size, PVOID out, ULONG out_size,
                                 PULONG returned) {
    PortDriver* self = static_cast<Slot*>(cookie)->driver;
    return self->on_message ? self->on_message(in, in_size, out, out_size, returned) : STATUS_SUCCESS;
  }

  std::mutex mutex_;  // slots
  SECURITY_DESCRIPTOR absolute_{};
};

// One FltSendMessage in a thread of its own.
struct Sending {
  ThreadHandle thread{nullptr};
  Bytes message;
  Bytes reply;  // as big as the reply wanted, plus a guard of 8 bytes
  ULONG reply_length = 0;
  NTSTATUS status = STATUS_PENDING;
  static constexpr unsigned char kUntouched = 0xEE;

  bool done() const { return thread.done(); }
  Bytes reply_room() const { return Bytes(reply.begin(), reply.end()); }
};

inline constexpr std::optional<std::int64_t> kNoTimeout = std::nullopt;

// One receive: the port header, then the message.
struct Parked {
  explicit Parked(DWORD size) : bytes(size, 0xEE) {}
  FILTER_MESSAGE_HEADER header() const {
    FILTER_MESSAGE_HEADER read;
    std::memcpy(&read, bytes.data(), sizeof read);
    return read;
  }
  Bytes payload(DWORD count) const { return Bytes(bytes.begin() + 16, bytes.begin() + count); }

  Bytes bytes;
  OVERLAPPED overlapped{};
  HRESULT result = S_OK;  // of FilterGetMessage
};

struct Completed {
  BOOL ok;
  DWORD error;
  DWORD count;
  OVERLAPPED* overlapped;
};

class PortMachine {
 public:
  explicit PortMachine(const Options& options = {}, PortDriver::Settings settings = {}, bool load = true)
      : machine(options),
        client(machine.start_process({.image = u"C:\\App\\service.exe", .user = User::kSystem})) {
    driver.settings = settings;
    machine.always("every send is accounted for", [this] { return machine.sends().balanced(); });
    if (load) load_driver();
  }
  // The senders that still wait are woken, and write their result, before `sends` goes.
  ~PortMachine() { machine.system().shut_down(); }
  PortMachine(const PortMachine&) = delete;
  PortMachine& operator=(const PortMachine&) = delete;

  void load_driver() {
    loaded.emplace(machine.load_driver(driver.lambdas(), {.name = u"porter"}));
    EXPECT_EQ(loaded->status(), STATUS_SUCCESS);
  }

  // --- threads ---
  template <class Code>
  auto in(Process process, Code code) {
    std::optional<decltype(code())> result;
    EXPECT_EQ(process.run([&] { result.emplace(code()); }), Outcome::kDone);
    return result.value_or(decltype(code()){});
  }
  template <class Code>
  auto in_client(Code code) {
    return in(client, std::move(code));
  }
  template <class Code>
  auto in_kernel(Code code) {
    return in(machine.system_process(), std::move(code));
  }
  void settle() { EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone); }
  void advance(int milliseconds) {
    EXPECT_EQ(machine.advance(std::chrono::milliseconds(milliseconds)), Outcome::kDone);
  }

  // An unload that the test can watch; it succeeds.
  ThreadHandle start_unload() {
    return machine.system_process().start_thread("unloader", [] {
      UNICODE_STRING name;
      RtlInitUnicodeString(&name, u"porter");
      EXPECT_EQ(FltUnloadFilter(&name), STATUS_SUCCESS);
    });
  }

  // --- the client's side ---
  struct Connected {
    HRESULT result;
    HANDLE port;
  };
  Connected try_connect(Process process, const Bytes& context = {}, DWORD options = 0,
                        const char16_t* name = kPortName) {
    return in(process, [&] {
      Connected made{};
      made.result = FilterConnectCommunicationPort(name, options, context.empty() ? nullptr : context.data(),
                                                   static_cast<WORD>(context.size()), nullptr, &made.port);
      return made;
    });
  }
  // Connects, and ties the handle to a completion port: receives then outlive the thread that posts them.
  void connect() {
    const Connected made = try_connect(client);
    ASSERT_EQ(made.result, S_OK);
    port = made.port;
    completions = in_client([&] { return CreateIoCompletionPort(port, nullptr, 7, 0); });
    ASSERT_NE(completions, nullptr);
  }
  Parked& park(DWORD size) {
    Parked& parked = receives.emplace_back(size);
    parked.result = in_client([&] {
      return FilterGetMessage(port, reinterpret_cast<PFILTER_MESSAGE_HEADER>(parked.bytes.data()), size,
                              &parked.overlapped);
    });
    return parked;
  }
  Completed next(DWORD milliseconds = 0) {
    return in_client([&] {
      Completed taken{};
      ULONG_PTR key = 0;
      taken.ok = GetQueuedCompletionStatus(completions, &taken.count, &key, &taken.overlapped, milliseconds);
      taken.error = taken.ok ? 0 : GetLastError();
      return taken;
    });
  }
  HRESULT reply(std::uint64_t id, const Bytes& payload, NTSTATUS status = STATUS_SUCCESS) {
    Bytes bytes(16 + payload.size());
    const FILTER_REPLY_HEADER header{status, id};
    std::memcpy(bytes.data(), &header, sizeof header);
    std::copy(payload.begin(), payload.end(), bytes.begin() + 16);
    return reply_raw(bytes, static_cast<DWORD>(bytes.size()));
  }
  HRESULT reply_raw(Bytes bytes, DWORD size) {
    auto* header = reinterpret_cast<PFILTER_REPLY_HEADER>(bytes.data());
    return in_client([&] { return FilterReplyMessage(port, header, size); });
  }
  HRESULT message(const Bytes& in_bytes, Bytes* out = nullptr) {
    return in_client([&] {
      DWORD returned = 0;
      return FilterSendMessage(port, const_cast<unsigned char*>(in_bytes.data()),
                               static_cast<DWORD>(in_bytes.size()), out != nullptr ? out->data() : nullptr,
                               out != nullptr ? static_cast<DWORD>(out->size()) : 0, &returned);
    });
  }
  void close_client() {
    EXPECT_TRUE(in_client([&] { return CloseHandle(port); }));
  }

  // --- the driver's side ---
  Sending& start_send(const Bytes& message, std::optional<ULONG> reply_size = {},
                      std::optional<std::int64_t> timeout = -1000 * kMillisecond, std::size_t slot = 0) {
    Sending& sending = sends.emplace_back();
    sending.message = message;
    sending.message.reserve(1);  // an empty message has an address too (SEND-2)
    sending.reply.assign(reply_size.value_or(0) + 8, Sending::kUntouched);
    sending.reply_length = reply_size.value_or(0);
    sending.thread =
        machine.system_process().start_thread("sender", [this, &sending, reply_size, timeout, slot] {
          static PFLT_PORT none = nullptr;
          LARGE_INTEGER limit;
          limit.QuadPart = timeout.value_or(0);
          sending.status =
              FltSendMessage(driver.filter, slot < driver.slots.size() ? &driver.slots[slot].port : &none,
                             sending.message.data(), static_cast<ULONG>(sending.message.size()),
                             reply_size ? sending.reply.data() : nullptr,
                             reply_size ? &sending.reply_length : nullptr, timeout ? &limit : nullptr);
        });
    return sending;
  }
  NTSTATUS finish(Sending& sending) {
    EXPECT_EQ(sending.thread.join(), Outcome::kDone);
    return sending.status;
  }

  PortDriver driver;
  std::deque<Parked> receives;  // before the machine: its end completes those that are outstanding
  Machine machine;
  std::optional<Driver> loaded;
  Process client;
  HANDLE port = INVALID_HANDLE_VALUE;
  HANDLE completions = nullptr;
  std::deque<Sending> sends;
};

inline HRESULT hr(std::uint32_t value) { return static_cast<HRESULT>(value); }

}  // namespace fltsim
