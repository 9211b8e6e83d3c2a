// FltSendMessage: delivery, timeouts, and the end of the sender or of the port (SEND-*, WIRE-*).
#include "client/port_machine.hpp"
#include "support/sanitizers.hpp"

namespace fltsim {
namespace {

TEST(SendTest, WithoutAConnectionItFailsAtOnceWhateverTheTimeout) {  // T-1: SEND-3
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    EXPECT_EQ(m.finish(m.start_send(kEight, 4, kNoTimeout)), STATUS_PORT_DISCONNECTED);
    EXPECT_EQ(m.finish(m.start_send(kEight, 4)), STATUS_PORT_DISCONNECTED);
  });
}

TEST(SendTest, TimesOutWhenNobodyReceivesAndTheMessageIsWithdrawn) {  // T-2: SEND-6
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.connect();
    EXPECT_EQ(m.finish(m.start_send(kEight, {}, -20 * kMillisecond)), STATUS_TIMEOUT);
    m.park(24);
    m.settle();
    EXPECT_EQ(m.next().error, static_cast<DWORD>(WAIT_TIMEOUT));
  });
}

TEST(SendTest,
     ParkedReceiveGetsTheMessageAndTheSenderGoesOn) {  // T-3: GET-2, SEND-4, SEND-7, WIRE-9, WIRE-15
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.connect();
    Parked& parked = m.park(24);
    EXPECT_EQ(parked.result, hr(0x800703E5));
    EXPECT_EQ(m.finish(m.start_send(kEight)), STATUS_SUCCESS);
    const Completed done = m.next();
    EXPECT_TRUE(done.ok);
    EXPECT_EQ(done.count, 24u);
    EXPECT_EQ(done.overlapped, &parked.overlapped);
    EXPECT_EQ(parked.header().ReplyLength, 0u);
    EXPECT_EQ(parked.header().MessageId, 0u);
    EXPECT_EQ(parked.payload(24), kEight);
  });
}

// A message that was delivered and waits for a reply of up to four bytes.
struct Asked {
  explicit Asked(const Options& options, std::int64_t timeout = -1000 * kMillisecond) : m(options) {
    m.connect();
    parked = &m.park(24);
    sending = &m.start_send(kEight, 4, timeout);
    EXPECT_TRUE(m.next(5000).ok);
    id = parked->header().MessageId;
  }
  PortMachine m;
  Parked* parked;
  Sending* sending;
  std::uint64_t id = 0;
};

constexpr unsigned char U = Sending::kUntouched;

TEST(SendTest, ReplyWakesTheSender) {  // T-4: WIRE-4, WIRE-5
  under_every_scheduler([](const Options& options) {
    Asked a(options);
    EXPECT_EQ(a.parked->header().ReplyLength, 20u);
    EXPECT_EQ(a.m.reply(a.id, kFour), S_OK);
    EXPECT_EQ(a.m.finish(*a.sending), STATUS_SUCCESS);
    EXPECT_EQ(a.sending->reply_length, 4u);
    EXPECT_EQ(a.sending->reply, (Bytes{9, 8, 7, 6, U, U, U, U, U, U, U, U}));
  });
}

TEST(SendTest, TooLongAReplyOverflowsAtBothEndsAndIsConsumed) {  // T-5: WIRE-11
  under_every_scheduler([](const Options& options) {
    Asked a(options);
    EXPECT_EQ(a.m.reply(a.id, kEight), hr(0x800700EA));
    EXPECT_EQ(a.m.finish(*a.sending), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(a.sending->reply_length, 4u);
    EXPECT_EQ(a.sending->reply, (Bytes{1, 2, 3, 4, U, U, U, U, U, U, U, U}));
    EXPECT_EQ(a.m.reply(a.id, kFour), hr(0x801F0020));
  });
}

TEST(SendTest, ShorterReplySetsTheLengthAndLeavesTheRest) {  // T-6: WIRE-10
  under_every_scheduler([](const Options& options) {
    Asked a(options);
    EXPECT_EQ(a.m.reply(a.id, {9, 8}), S_OK);
    EXPECT_EQ(a.m.finish(*a.sending), STATUS_SUCCESS);
    EXPECT_EQ(a.sending->reply_length, 2u);
    EXPECT_EQ(a.sending->reply, (Bytes{9, 8, U, U, U, U, U, U, U, U, U, U}));
  });
}

TEST(SendTest, StatusOfTheReplyHeaderIsTheResult) {  // T-7: REPLY-5, SEND-16
  under_every_scheduler([](const Options& options) {
    Asked a(options);
    EXPECT_EQ(a.m.reply(a.id, kFour, STATUS_ACCESS_DENIED), S_OK);
    EXPECT_EQ(a.m.finish(*a.sending), STATUS_ACCESS_DENIED);
  });
}

TEST(SendTest, LateReplyHasNoWaiterAndWritesNothing) {  // T-8: REPLY-9, SEND-8
  under_every_scheduler([](const Options& options) {
    Asked a(options, -20 * kMillisecond);
    EXPECT_EQ(a.m.finish(*a.sending), STATUS_TIMEOUT);
    EXPECT_EQ(a.m.reply(a.id, kFour), hr(0x801F0020));
    EXPECT_EQ(a.sending->reply, Bytes(12, U));
  });
}

TEST(SendTest, ReplyAndTimeoutRaceHasOneWinner) {  // REPLY-9
  int won_by_reply = 0;
  int won_by_timeout = 0;
  under_every_scheduler([&](const Options& options) {
    Asked a(options, -20 * kMillisecond);
    HRESULT replied = E_FAIL;
    auto replier = a.m.client.start_thread("replier", [&] {
      Sleep(20);
      Bytes bytes(20, 5);
      const FILTER_REPLY_HEADER header{STATUS_SUCCESS, a.id};
      std::memcpy(bytes.data(), &header, sizeof header);
      replied = FilterReplyMessage(a.m.port, reinterpret_cast<PFILTER_REPLY_HEADER>(bytes.data()), 20);
    });
    const NTSTATUS sent = a.m.finish(*a.sending);
    EXPECT_EQ(replier.join(), Outcome::kDone);
    const bool reply_won = sent == STATUS_SUCCESS;
    EXPECT_EQ(replied, reply_won ? S_OK : hr(0x801F0020));
    EXPECT_EQ(sent, reply_won ? STATUS_SUCCESS : STATUS_TIMEOUT);
    EXPECT_EQ(a.sending->reply[0], reply_won ? 5 : U);
    ++(reply_won ? won_by_reply : won_by_timeout);
  });
  EXPECT_GT(won_by_reply, 0) << "over the seeds";
  EXPECT_GT(won_by_timeout, 0) << "over the seeds";
}

TEST(SendTest, TerminatedThreadLeavesTheWait) {  // T-41: SEND-13
  under_every_scheduler([](const Options& options) {
    Asked a(options);
    a.m.settle();
    a.sending->thread.terminate();
    a.m.settle();
    EXPECT_EQ(a.sending->status, STATUS_THREAD_IS_TERMINATING);
    EXPECT_EQ(a.m.reply(a.id, kFour), hr(0x801F0020));
  });
}

TEST(SendTest, ReplyGoesToTheConnectionItCameFrom) {  // T-42: WIRE-14, REPLY-2
  under_every_scheduler([](const Options& options) {
    PortMachine m(options, {.connections_max = 2});
    m.connect();
    Process other = m.machine.start_process({.image = u"C:\\App\\second.exe", .user = User::kSystem});
    const HANDLE second = m.try_connect(other).port;
    std::array<Bytes, 2> buffers = {Bytes(24), Bytes(24)};
    Parked& mine = m.park(24);
    auto receiver = other.start_thread("receiver", [&] {
      FilterGetMessage(second, reinterpret_cast<PFILTER_MESSAGE_HEADER>(buffers[1].data()), 24, nullptr);
    });
    Sending& first_send = m.start_send(kEight, 4);
    Sending& second_send = m.start_send(kEight, 4, -1000 * kMillisecond, 1);
    m.settle();
    EXPECT_TRUE(receiver.done());
    EXPECT_EQ(mine.header().MessageId, 1u);
    EXPECT_EQ(reinterpret_cast<FILTER_MESSAGE_HEADER*>(buffers[1].data())->MessageId, 1u);
    EXPECT_EQ(m.reply(1, kFour), S_OK);
    m.settle();
    EXPECT_EQ(m.finish(first_send), STATUS_SUCCESS);
    EXPECT_FALSE(second_send.done());
    EXPECT_EQ(other.kill(), Outcome::kDone);
    EXPECT_EQ(m.finish(second_send), STATUS_PORT_DISCONNECTED);
  });
}

TEST(SendTest, ZeroTimeoutPolls) {  // SEND-11, H-1
  PortMachine m;
  m.connect();
  EXPECT_EQ(m.finish(m.start_send(kEight, {}, 0)), STATUS_TIMEOUT);
  m.park(24);
  EXPECT_EQ(m.finish(m.start_send(kEight, {}, 0)), STATUS_SUCCESS);
  m.park(24);
  EXPECT_EQ(m.finish(m.start_send(kEight, 4, 0)), STATUS_TIMEOUT);
  EXPECT_EQ(m.machine.verifier().count("VER-26"), 3u);
}

TEST(SendTest, AbsoluteTimeoutInThePastPolls) {  // SEND-12
  PortMachine m;
  m.connect();
  EXPECT_EQ(m.finish(m.start_send(kEight, {}, 1)), STATUS_TIMEOUT);
}

TEST(SendTest, OneTimeoutCoversDeliveryAndReply) {  // SEND-10, H-2
  for (const auto& [scope, end] : {std::pair{Semantics::TimeoutScope::kTotal, 100},
                                   std::pair{Semantics::TimeoutScope::kPerPhase, 180}}) {
    Options options;
    options.semantics.send_timeout_scope = scope;
    PortMachine m(options);
    m.connect();
    Sending& sending = m.start_send(kEight, 4, -100 * kMillisecond);
    m.advance(80);
    m.park(24);
    EXPECT_TRUE(m.next().ok);
    m.advance(end - 81);
    EXPECT_FALSE(sending.done());
    m.advance(1);
    EXPECT_TRUE(sending.done());
    EXPECT_EQ(m.finish(sending), STATUS_TIMEOUT);
  }
}

TEST(SendTest, EmptyMessageAndEmptyReplyAreLegal) {  // WIRE-17
  PortMachine m;
  m.connect();
  Parked& parked = m.park(16);
  unsigned char nothing = 0;
  NTSTATUS status = STATUS_PENDING;
  ULONG length = 4;
  unsigned char room[4] = {};
  auto sender = m.machine.system_process().start_thread("sender", [&] {
    LARGE_INTEGER timeout;
    timeout.QuadPart = -1000 * kMillisecond;
    status = FltSendMessage(m.driver.filter, &m.driver.slots[0].port, &nothing, 0, room, &length, &timeout);
  });
  EXPECT_EQ(m.next(5000).count, 16u);
  EXPECT_EQ(m.reply(parked.header().MessageId, {}), S_OK);
  EXPECT_EQ(sender.join(), Outcome::kDone);
  EXPECT_EQ(status, STATUS_SUCCESS);
  EXPECT_EQ(length, 0u);
}

TEST(SendTest, OneBufferMayServeForMessageAndReply) {  // WIRE-16
  PortMachine m;
  m.connect();
  Parked& parked = m.park(24);
  Bytes both = kEight;
  ULONG length = 8;
  auto sender = m.machine.system_process().start_thread("sender", [&] {
    LARGE_INTEGER timeout;
    timeout.QuadPart = -1000 * kMillisecond;
    EXPECT_EQ(FltSendMessage(m.driver.filter, &m.driver.slots[0].port, both.data(), 8, both.data(), &length,
                             &timeout),
              STATUS_SUCCESS);
  });
  EXPECT_TRUE(m.next(5000).ok);
  EXPECT_EQ(parked.payload(24), kEight);
  EXPECT_EQ(m.reply(parked.header().MessageId, kFour), S_OK);
  EXPECT_EQ(sender.join(), Outcome::kDone);
  EXPECT_EQ(both, (Bytes{9, 8, 7, 6, 5, 6, 7, 8}));
}

TEST(SendTest, AskedForFailureIsInsufficientResources) {  // SEND-15
  PortMachine m;
  m.connect();
  m.machine.fail_next(routine::kFltSendMessage);
  EXPECT_EQ(m.finish(m.start_send(kEight)), STATUS_INSUFFICIENT_RESOURCES);
}

// A driver that says its reply buffer holds `said` bytes, more than the four between `offset` and the end of the
// pool allocation: the reply stops where the allocation does, and the verifier finds it.
void expect_reply_length_is_found(std::size_t allocated, std::size_t offset, ULONG said) {
  PortMachine m;
  m.machine.verifier().expect("VER-26");
  m.connect();
  Parked& parked = m.park(24);
  auto sender = m.machine.system_process().start_thread("sender", [&] {
    auto* whole = static_cast<unsigned char*>(ExAllocatePool2(POOL_FLAG_PAGED, allocated, kTestTag));
    ULONG length = said;
    LARGE_INTEGER timeout;
    timeout.QuadPart = -1000 * kMillisecond;
    unsigned char byte = 1;
    static_cast<void>(FltSendMessage(m.driver.filter, &m.driver.slots[0].port, &byte, 1, whole + offset,
                                     &length, &timeout));
    EXPECT_EQ(whole[offset + 3], 4);
    ExFreePoolWithTag(whole, kTestTag);
  });
  EXPECT_TRUE(m.next(5000).ok);
  EXPECT_EQ(m.reply(parked.header().MessageId, {1, 2, 3, 4, 5, 6, 7, 8}), S_OK);
  EXPECT_EQ(sender.join(), Outcome::kDone);
  EXPECT_EQ(m.machine.verifier().count("VER-26"), 1u);
}

TEST(SendTest, ReplyLengthBeyondThePoolAllocationIsFound) {  // VER-26, WIRE-6
  expect_reply_length_is_found(4, 0, 20);
}

TEST(SendTest, ReplyBufferInsideAnAllocationEndsWhereThatEnds) {  // VER-26, WIRE-6
  expect_reply_length_is_found(32, 28, 8);
}

// A pool allocation of 5000 bytes lies in two pages: what is behind it is there, and shows an overrun. The address
// sanitizer sees it without that, and forbids to look.
TEST(SendTest, ReplyStopsAtTheEndOfThePoolAllocation) {  // WIRE-6
  constexpr std::size_t kSeen = fltlink::test::kAddressSanitized ? 0 : 8;
  PortMachine m;
  m.machine.verifier().expect("VER-26");
  m.connect();
  Parked& parked = m.park(24);
  Bytes behind;
  auto sender = m.machine.system_process().start_thread("sender", [&] {
    auto* room = static_cast<unsigned char*>(ExAllocatePool2(POOL_FLAG_PAGED, 5000, kTestTag));
    if (kSeen != 0) std::memset(room + 5000, 0xEE, kSeen);
    ULONG length = 5008;
    LARGE_INTEGER timeout;
    timeout.QuadPart = -1000 * kMillisecond;
    unsigned char byte = 1;
    static_cast<void>(
        FltSendMessage(m.driver.filter, &m.driver.slots[0].port, &byte, 1, room, &length, &timeout));
    EXPECT_EQ(room[4999], 7);
    behind.assign(room + 5000, room + 5000 + kSeen);
    ExFreePoolWithTag(room, kTestTag);
  });
  EXPECT_TRUE(m.next(5000).ok);
  EXPECT_EQ(m.reply(parked.header().MessageId, Bytes(5008, 7)), S_OK);
  EXPECT_EQ(sender.join(), Outcome::kDone);
  EXPECT_EQ(behind, Bytes(kSeen, 0xEE));
}

TEST(SendTest, NoTimeoutIsAWarning) {  // VER-26
  PortMachine m;
  m.connect();
  m.park(24);
  EXPECT_EQ(m.finish(m.start_send(kEight, {}, kNoTimeout)), STATUS_SUCCESS);
  EXPECT_EQ(m.machine.verifier().count("VER-26"), 1u);
  EXPECT_TRUE(m.machine.verifier().clean());
}

TEST(SendTest, SendingWithALockHeldIsAWarning) {  // VER-27
  PortMachine m;
  m.connect();
  m.park(24);
  FAST_MUTEX mutex;
  auto sender = m.machine.system_process().start_thread("sender", [&] {
    ExInitializeFastMutex(&mutex);
    ExAcquireFastMutex(&mutex);
    LARGE_INTEGER timeout;
    timeout.QuadPart = -1000 * kMillisecond;
    unsigned char byte = 1;
    EXPECT_EQ(FltSendMessage(m.driver.filter, &m.driver.slots[0].port, &byte, 1, nullptr, nullptr, &timeout),
              STATUS_SUCCESS);
    ExReleaseFastMutex(&mutex);
  });
  EXPECT_EQ(sender.join(), Outcome::kDone);
  EXPECT_EQ(m.machine.verifier().count("VER-27"), 1u);
}

TEST(SendTest, CopyOfAClosedPortIsFound) {  // DISC-3, SEND-22, VER-26
  PortMachine m;
  m.machine.verifier().expect("VER-26");
  m.connect();
  const NTSTATUS status = m.in_kernel([&] {
    PFLT_PORT copy = m.driver.slots[0].port;
    FltCloseClientPort(m.driver.filter, &m.driver.slots[0].port);
    LARGE_INTEGER timeout;
    timeout.QuadPart = -1000 * kMillisecond;
    unsigned char byte = 1;
    return FltSendMessage(m.driver.filter, &copy, &byte, 1, nullptr, nullptr, &timeout);
  });
  EXPECT_EQ(status, STATUS_PORT_DISCONNECTED);
  EXPECT_EQ(m.machine.verifier().count("VER-26"), 1u);
}

TEST(SendTest, TraceShowsAMessageAsATree) {
  Options options;
  options.seed = 3;
  Asked a(options);
  EXPECT_EQ(a.m.reply(a.id, kFour), S_OK);
  EXPECT_EQ(a.m.finish(*a.sending), STATUS_SUCCESS);
  const std::string text = a.m.machine.trace().to_text();
  EXPECT_NE(text.find("message porter to connection 1 of \\TestPort, 8 bytes, reply up to 4"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("delivered as message 1 to service.exe"), std::string::npos) << text;
  EXPECT_NE(text.find("reply of 4 bytes"), std::string::npos) << text;
}

}  // namespace
}  // namespace fltsim
