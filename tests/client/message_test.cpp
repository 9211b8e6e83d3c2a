// FilterSendMessage and MessageNotify (MSG-*).
#include "client/port_machine.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"

namespace fltsim {
namespace {

TEST(MessageTest, StatusOfTheCallbackIsTheResult) {  // T-27: MSG-7
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.driver.on_message = [](const void*, ULONG, void*, ULONG, ULONG*) { return STATUS_NO_MORE_ENTRIES; };
    m.connect();
    EXPECT_EQ(m.message({1}), hr(0x80070103));
  });
}

TEST(MessageTest, BytesGoInAndComeBack) {  // MSG-1, MSG-8
  PortMachine m;
  m.driver.on_message = [](const void* in, ULONG size, void* out, ULONG, ULONG* returned) {
    std::memcpy(out, in, size);
    *returned = size;
    return STATUS_SUCCESS;
  };
  m.connect();
  Bytes out(4, 0xEE);
  DWORD returned = 0;
  EXPECT_EQ(m.in_client([&] {
    unsigned char in[2] = {7, 8};
    return FilterSendMessage(m.port, in, 2, out.data(), 4, &returned);
  }),
            S_OK);
  EXPECT_EQ(returned, 2u);
  EXPECT_EQ(out, (Bytes{7, 8, 0xEE, 0xEE}));
}

TEST(MessageTest, BufferOfNoBytesIsNotProbed) {  // MSG-3
  PortMachine m;
  m.connect();
  auto* nowhere = reinterpret_cast<void*>(0xFFFF'8000'0000'0000);
  DWORD returned = 0;
  EXPECT_EQ(m.in_client([&] { return FilterSendMessage(m.port, nowhere, 0, nowhere, 0, &returned); }), S_OK);
  EXPECT_EQ(m.in_client([&] { return FilterSendMessage(m.port, nowhere, 1, nullptr, 0, &returned); }),
            hr(0x800703E6));
}

TEST(MessageTest, OverlappingBuffersAreOneInTheDriver) {  // MSG-2, MSG-3
  PortMachine m;
  bool same = false;
  m.driver.on_message = [&](const void* in, ULONG size, void* out, ULONG, ULONG* returned) {
    same = static_cast<const char*>(in) + 2 == out;
    static_cast<unsigned char*>(out)[0] = 9;
    EXPECT_EQ(static_cast<const unsigned char*>(in)[2], 9) << "the question is overwritten by its answer";
    *returned = size;
    return STATUS_SUCCESS;
  };
  m.connect();
  Bytes bytes = {1, 2, 3, 4, 5, 6};
  DWORD returned = 0;
  EXPECT_EQ(m.in_client([&] { return FilterSendMessage(m.port, bytes.data(), 4, &bytes[2], 4, &returned); }),
            S_OK);
  EXPECT_TRUE(same);
  EXPECT_EQ(bytes, (Bytes{1, 2, 9, 4, 5, 6}));
}

// An address where the program has nothing, and no page of the machine's either.
TEST(MessageTest, AddressWhereNothingIsIsABadBuffer) {  // MSG-3, REPLY-8, GET-14
  PortMachine m;
  m.connect();
  auto* nowhere = reinterpret_cast<unsigned char*>(0x10000);
  DWORD returned = 0;
  EXPECT_EQ(m.in_client([&] { return FilterSendMessage(m.port, nullptr, 0, nowhere, 8, &returned); }),
            hr(0x800703E6));
  EXPECT_EQ(m.in_client([&] {
    return FilterReplyMessage(m.port, reinterpret_cast<PFILTER_REPLY_HEADER>(nowhere), 24);
  }),
            hr(0x800703E6));
  EXPECT_EQ(m.in_client([&] {
    return FilterGetMessage(m.port, reinterpret_cast<PFILTER_MESSAGE_HEADER>(nowhere), 24, nullptr);
  }),
            hr(0x800703E6));
}

TEST(MessageTest, CallbacksRunAtPassiveLevel) {  // MSG-1, DISC-1
  PortMachine m;
  std::vector<KIRQL> levels;
  m.driver.on_message = [&](const void*, ULONG, void*, ULONG, ULONG*) {
    levels.push_back(KeGetCurrentIrql());
    return STATUS_SUCCESS;
  };
  m.driver.on_disconnect = [&](PortDriver::Slot&) { levels.push_back(KeGetCurrentIrql()); };
  m.connect();
  EXPECT_EQ(m.message({1}), S_OK);
  m.close_client();
  EXPECT_EQ(levels, (std::vector<KIRQL>{PASSIVE_LEVEL, PASSIVE_LEVEL}));
}

TEST(MessageTest, CallbackRunsInTheClientsProcessOnUserAddresses) {  // MSG-2, MSG-3
  PortMachine m;
  HANDLE process = nullptr;
  bool user_address = false;
  m.driver.on_message = [&](const void* in, ULONG size, void*, ULONG, ULONG*) {
    process = PsGetCurrentProcessId();
    user_address = m.machine.system().nt().user_space().is_mapped(in, size);
    return STATUS_SUCCESS;
  };
  m.connect();
  EXPECT_EQ(m.message({1, 2, 3}), S_OK);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(process), m.client.id());
  EXPECT_TRUE(user_address);
}

TEST(MessageTest, NullBuffersPassAsNull) {  // T-28: MSG-5
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    bool null_in = false;
    bool null_out = false;
    m.driver.on_message = [&](const void* in, ULONG, void* out, ULONG, ULONG*) {
      null_in = in == nullptr;
      null_out = out == nullptr;
      return STATUS_SUCCESS;
    };
    m.connect();
    DWORD returned = 0;
    EXPECT_EQ(m.in_client([&] { return FilterSendMessage(m.port, nullptr, 0, nullptr, 0, &returned); }),
              S_OK);
    EXPECT_TRUE(null_in && null_out);
  });
}

TEST(MessageTest, AddressOfTheKernelIsRefusedBeforeTheCallback) {  // MSG-3
  PortMachine m;
  bool called = false;
  m.driver.on_message = [&](const void*, ULONG, void*, ULONG, ULONG*) {
    called = true;
    return STATUS_SUCCESS;
  };
  m.connect();
  void* const kernel = reinterpret_cast<void*>(std::uintptr_t{0xFFFF'8000'0000'0000});
  DWORD returned = 0;
  EXPECT_EQ(m.in_client([&] { return FilterSendMessage(m.port, kernel, 8, nullptr, 0, &returned); }),
            hr(0x800703E6));
  EXPECT_EQ(m.in_client([&] { return FilterSendMessage(m.port, nullptr, 0, kernel, 8, &returned); }),
            hr(0x800703E6));
  EXPECT_FALSE(called);
}

TEST(MessageTest, OddAddressStaysOddForTheCallback) {  // T-28: MSG-4
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.driver.on_message = [](const void* in, ULONG, void*, ULONG, ULONG*) {
      return reinterpret_cast<std::uintptr_t>(in) % 8 == 0 ? STATUS_SUCCESS : STATUS_DATATYPE_MISALIGNMENT;
    };
    m.connect();
    alignas(16) static unsigned char buffer[32];
    DWORD returned = 0;
    EXPECT_EQ(m.in_client([&] { return FilterSendMessage(m.port, buffer + 1, 8, nullptr, 0, &returned); }),
              hr(0x800703E6));
    EXPECT_EQ(m.in_client([&] { return FilterSendMessage(m.port, buffer, 8, nullptr, 0, &returned); }), S_OK);
  });
}

TEST(MessageTest, TakingAMessageFromAnOddAddressIsAWarning) {  // MSG-4, VER-25
  PortMachine m;
  m.connect();
  alignas(16) static unsigned char buffer[32];
  DWORD returned = 0;
  for (const int shift : {0, 4, 1}) {
    EXPECT_EQ(
        m.in_client([&] { return FilterSendMessage(m.port, buffer + shift, 8, nullptr, 0, &returned); }),
        S_OK);
    EXPECT_EQ(m.machine.verifier().count("VER-25"), shift == 1 ? 1u : 0u);
  }
}

TEST(MessageTest, UnmappedOutputFailsTheProbe) {  // MSG-3
  PortMachine m;
  m.connect();
  nt::UserSpace& space = m.machine.system().nt().user_space();
  void* page = space.allocate(nullptr, 4096);
  space.unmap(page, 4096);
  DWORD returned = 0;
  EXPECT_EQ(m.in_client([&] { return FilterSendMessage(m.port, nullptr, 0, page, 8, &returned); }),
            hr(0x800703E6));
}

TEST(MessageTest, WithoutACallbackItFailsAsTheOptionSays) {  // MSG-6, H-5
  PortMachine m({}, {.answers_messages = false});
  m.connect();
  EXPECT_EQ(m.message({1}), hr(0x80070032));
}

TEST(MessageTest, WarningStatusFailsButGivesTheCount) {  // MSG-9
  PortMachine m;
  m.driver.on_message = [](const void*, ULONG, void*, ULONG, ULONG* returned) {
    *returned = 3;
    return STATUS_BUFFER_OVERFLOW;
  };
  m.connect();
  Bytes out(4);
  DWORD returned = 0;
  EXPECT_EQ(m.in_client([&] { return FilterSendMessage(m.port, nullptr, 0, out.data(), 4, &returned); }),
            hr(0x800700EA));
  EXPECT_EQ(returned, 3u);
}

TEST(MessageTest, ErrorStatusGivesNoCount) {  // MSG-8
  PortMachine m;
  m.driver.on_message = [](const void*, ULONG, void*, ULONG, ULONG* returned) {
    *returned = 3;
    return STATUS_ACCESS_DENIED;
  };
  m.connect();
  Bytes out(4);
  DWORD returned = 77;
  EXPECT_EQ(m.in_client([&] { return FilterSendMessage(m.port, nullptr, 0, out.data(), 4, &returned); }),
            hr(0x80070005));
  EXPECT_EQ(returned, 77u);
}

TEST(MessageTest, CountBeyondTheBufferIsFoundAndClamped) {  // MSG-10, H-13, VER-25
  PortMachine m;
  m.machine.verifier().expect("VER-25");
  m.driver.on_message = [](const void*, ULONG, void*, ULONG, ULONG* returned) {
    *returned = 5;
    return STATUS_SUCCESS;
  };
  m.connect();
  Bytes out(4);
  DWORD returned = 0;
  EXPECT_EQ(m.in_client([&] { return FilterSendMessage(m.port, nullptr, 0, out.data(), 4, &returned); }),
            S_OK);
  EXPECT_EQ(returned, 4u);
  EXPECT_EQ(m.machine.verifier().count("VER-25"), 1u);
}

TEST(MessageTest, MissingBytesReturnedIsRefused) {  // MSG-8
  PortMachine m;
  m.connect();
  EXPECT_EQ(m.in_client([&] { return FilterSendMessage(m.port, nullptr, 0, nullptr, 0, nullptr); }),
            hr(0x80070057));
}

TEST(MessageTest, ExceptionThatEscapesStopsTheMachine) {  // MSG-14
  PortMachine m;
  m.driver.on_message = [](const void*, ULONG, void*, ULONG, ULONG*) -> NTSTATUS {
    ExRaiseStatus(STATUS_ACCESS_VIOLATION);
  };
  m.connect();
  DWORD returned = 0;
  EXPECT_EQ(m.client.run([&] { FilterSendMessage(m.port, nullptr, 0, nullptr, 0, &returned); }),
            Outcome::kStopped);
  const std::vector<Finding> errors = m.machine.verifier().unexpected_errors();
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].severity, Severity::kFatal);
  m.machine.verifier().expect(errors[0].id);
}

TEST(MessageTest, CallbackMaySendOnTheSamePort) {  // MSG-13
  under_every_scheduler(
      [](const Options& options) {
        PortMachine m(options);
        m.connect();
        m.driver.on_message = [&](const void*, ULONG, void*, ULONG, ULONG*) {
          LARGE_INTEGER timeout;
          timeout.QuadPart = -1000 * kMillisecond;
          unsigned char byte = 1;
          return FltSendMessage(m.driver.filter, &m.driver.slots[0].port, &byte, 1, nullptr, nullptr,
                                &timeout);
        };
        m.park(24);
        EXPECT_EQ(m.message({1}), S_OK);
        EXPECT_TRUE(m.next().ok);
      },
      20);
}

TEST(MessageTest, CallsOfSeveralThreadsRunAtOnce) {  // MSG-12
  PortMachine m;
  m.connect();
  KEVENT both;
  std::atomic<int> inside{0};
  m.in_kernel([&] {
    KeInitializeEvent(&both, NotificationEvent, FALSE);
    return 0;
  });
  m.driver.on_message = [&](const void*, ULONG, void*, ULONG, ULONG*) {
    if (++inside == 2) KeSetEvent(&both, 0, FALSE);
    return KeWaitForSingleObject(&both, Executive, KernelMode, FALSE, nullptr);
  };
  std::vector<ThreadHandle> threads;
  for (int i = 0; i < 2; ++i) {
    threads.push_back(m.client.start_thread("caller", [&] {
      DWORD returned = 0;
      EXPECT_EQ(FilterSendMessage(m.port, nullptr, 0, nullptr, 0, &returned), S_OK);
    }));
  }
  for (ThreadHandle& thread : threads) EXPECT_EQ(thread.join(), Outcome::kDone);
}

}  // namespace
}  // namespace fltsim
