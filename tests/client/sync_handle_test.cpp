// Handles opened with FLT_PORT_FLAG_SYNC_HANDLE: one request at a time (CONN-15, CONN-16).
#include "client/port_machine.hpp"

namespace fltsim {
namespace {

// A client with a synchronous handle, and a thread that receives on it.
struct Synchronous {
  explicit Synchronous(const Options& options) : m(options) {
    m.port = m.try_connect(m.client, {}, FLT_PORT_FLAG_SYNC_HANDLE).port;
  }
  ThreadHandle start_receive() {
    Parked& parked = m.receives.emplace_back(24);
    return m.client.start_thread("receiver", [this, &parked] {
      parked.result = FilterGetMessage(m.port, reinterpret_cast<PFILTER_MESSAGE_HEADER>(parked.bytes.data()),
                                       24, &parked.overlapped);
    });
  }
  ThreadHandle start_message() {
    return m.client.start_thread("caller", [this] {
      DWORD returned = 0;
      EXPECT_EQ(FilterSendMessage(m.port, nullptr, 0, nullptr, 0, &returned), S_OK);
    });
  }
  std::size_t warnings() { return m.machine.verifier().count("VER-46"); }
  PortMachine m;
};

TEST(SyncHandleTest, MessageBehindAReceiveWaitsWithAWarning) {  // CONN-15, CONN-16, VER-46
  under_every_scheduler(
      [](const Options& options) {
        Synchronous s(options);
        auto receiver = s.start_receive();
        s.m.settle();
        auto caller = s.start_message();
        s.m.settle();
        EXPECT_FALSE(caller.done());
        EXPECT_EQ(s.warnings(), 1u);
        EXPECT_EQ(s.m.finish(s.m.start_send(kEight)), STATUS_SUCCESS);
        EXPECT_EQ(receiver.join(), Outcome::kDone);
        EXPECT_EQ(caller.join(), Outcome::kDone);
        EXPECT_EQ(s.m.receives[0].result, S_OK);
        EXPECT_EQ(s.m.receives[0].overlapped.InternalHigh, 24u);
      },
      50);
}

TEST(SyncHandleTest, ReplyBehindAReceiveWaitsWithAWarning) {  // CONN-16, VER-46
  under_every_scheduler(
      [](const Options& options) {
        Synchronous s(options);
        auto first = s.start_receive();
        Sending& asked = s.m.start_send(kEight, 4, kNoTimeout);
        EXPECT_EQ(first.join(), Outcome::kDone);
        auto second = s.start_receive();
        s.m.settle();
        HRESULT replied = E_FAIL;
        auto replier = s.m.client.start_thread("replier", [&] {
          FILTER_REPLY_HEADER reply{STATUS_SUCCESS, s.m.receives[0].header().MessageId};
          replied = FilterReplyMessage(s.m.port, &reply, sizeof reply);
        });
        s.m.settle();
        EXPECT_FALSE(asked.done());
        EXPECT_EQ(s.warnings(), 1u);
        EXPECT_EQ(s.m.finish(s.m.start_send(kEight)), STATUS_SUCCESS);
        EXPECT_EQ(s.m.finish(asked), STATUS_SUCCESS);
        EXPECT_EQ(second.join(), Outcome::kDone);
        EXPECT_EQ(replier.join(), Outcome::kDone);
        EXPECT_EQ(replied, S_OK);
      },
      50);
}

TEST(SyncHandleTest, RequestBehindAMessageWaitsWithoutAWarning) {  // CONN-16
  under_every_scheduler(
      [](const Options& options) {
        Synchronous s(options);
        KEVENT leave;
        s.m.in_kernel([&] {
          KeInitializeEvent(&leave, SynchronizationEvent, FALSE);
          return 0;
        });
        s.m.driver.on_message = [&](const void*, ULONG, void*, ULONG, ULONG*) {
          return KeWaitForSingleObject(&leave, Executive, KernelMode, FALSE, nullptr);
        };
        const auto let_one_go = [&] { s.m.in_kernel([&] { return KeSetEvent(&leave, 0, FALSE); }); };
        auto callers = std::array{s.start_message(), s.start_message()};
        s.m.settle();
        let_one_go();
        s.m.settle();
        EXPECT_NE(callers[0].done(), callers[1].done());
        let_one_go();
        for (ThreadHandle& caller : callers) EXPECT_EQ(caller.join(), Outcome::kDone);
        EXPECT_EQ(s.warnings(), 0u);
      },
      50);
}

}  // namespace
}  // namespace fltsim
