// ClientPort on the simulated filter manager: each end of a send, and of a question.
#include <fltlink/send/client_port.hpp>

#include "client/port_machine.hpp"

namespace fltsim {
namespace {

using fltlink::ClientPort;
using fltlink::FltAskResult;
using fltlink::FltSendOutcome;
using fltlink::SendTimeout;

constexpr std::array<uint8_t, 8> kEight{1, 2, 3, 4, 5, 6, 7, 8};
constexpr SendTimeout kSecond = SendTimeout::milliseconds(1000u);

// What one question in a thread of its own came to.
struct Asking {
  ThreadHandle thread{nullptr};
  std::array<uint8_t, 4> room{};
  FltSendOutcome outcome = FltSendOutcome::kFailed;
  Bytes reply;
};

// A driver whose connection is a ClientPort.
class SendMachine {
 public:
  explicit SendMachine(const Options& options = {}) : m(options, {.closes_client_ports = false}) {
    m.driver.on_connect = [this](PortDriver::Slot& slot, const void*, ULONG) {
      port.open(slot.port);
      return STATUS_SUCCESS;
    };
    m.driver.on_disconnect = [this](PortDriver::Slot&) { port.close(m.driver.filter); };
    m.connect();
  }

  FltSendOutcome send(SendTimeout timeout = kSecond) {
    return m.in_kernel([&] { return port.send(m.driver.filter, kEight, timeout).outcome(); });
  }
  Asking& start_asking(SendTimeout timeout = kSecond) {
    Asking& asking = questions.emplace_back();
    asking.thread = m.machine.system_process().start_thread("asker", [this, &asking, timeout] {
      const FltAskResult asked = port.ask(m.driver.filter, kEight, asking.room, timeout);
      asking.outcome = asked.outcome();
      if (asked.replied()) asking.reply.assign(asked.reply().begin(), asked.reply().end());
    });
    return asking;
  }
  FltSendOutcome end_of(Asking& asking) {
    EXPECT_EQ(asking.thread.join(), Outcome::kDone);
    return asking.outcome;
  }
  // Asks and answers.
  FltSendOutcome answered(const Bytes& payload, NTSTATUS status = STATUS_SUCCESS) {
    const Parked& parked = m.park(24);
    Asking& asking = start_asking();
    EXPECT_TRUE(m.next(5000).ok);
    EXPECT_EQ(parked.header().ReplyLength, 20u);  // WIRE-4, WIRE-5
    replied = m.reply(parked.header().MessageId, payload, status);
    return end_of(asking);
  }

  ClientPort port;
  PortMachine m;
  std::deque<Asking> questions;  // whose threads are the machine's
  HRESULT replied = E_FAIL;
};

TEST(ClientPortTest, AMessageThatIsTakenIsDelivered) {  // SEND-4, SEND-7
  SendMachine s;
  const Parked& parked = s.m.park(24);
  EXPECT_EQ(s.send(), FltSendOutcome::kDelivered);
  EXPECT_EQ(parked.payload(24), Bytes(kEight.begin(), kEight.end()));
  EXPECT_EQ(parked.header().ReplyLength, 0u);
}

TEST(ClientPortTest, AnAnswerComesWithItsBytesAndNoMore) {  // WIRE-5, WIRE-10
  SendMachine s;
  EXPECT_EQ(s.answered({9, 8, 7, 6}), FltSendOutcome::kReplied);
  EXPECT_EQ(s.questions.back().reply, (Bytes{9, 8, 7, 6}));
  EXPECT_EQ(s.answered({5}), FltSendOutcome::kReplied);
  EXPECT_EQ(s.questions.back().reply, (Bytes{5}));
  EXPECT_EQ(s.answered({}), FltSendOutcome::kReplied);
  EXPECT_TRUE(s.questions.back().reply.empty());
}

TEST(ClientPortTest, AnAnswerThatIsTooLongIsNone) {  // WIRE-11
  SendMachine s;
  EXPECT_EQ(s.answered({1, 2, 3, 4, 5}), FltSendOutcome::kReplyTooLong);
  EXPECT_EQ(s.replied, hr(0x800700EA));
}

TEST(ClientPortTest, AnAnswerWithAnotherStatusIsARefusal) {  // REPLY-5, BAD-24
  SendMachine s;
  EXPECT_EQ(s.answered({9, 8, 7, 6}, STATUS_ACCESS_DENIED), FltSendOutcome::kRefused);
  EXPECT_EQ(s.answered({9, 8, 7, 6}, 1), FltSendOutcome::kRefused) << "S_FALSE is of the success class";
}

// REPLY-5: Windows gives no way to tell these from the real ends, so they are taken for them; a reply they are
// not.
TEST(ClientPortTest, AnAnswerThatFeignsTheEndOfASendIsTakenForIt) {
  SendMachine s;
  EXPECT_EQ(s.answered({9, 8, 7, 6}, STATUS_TIMEOUT), FltSendOutcome::kTimedOut);
  EXPECT_EQ(s.answered({9, 8, 7, 6}, STATUS_PORT_DISCONNECTED), FltSendOutcome::kDisconnected);
  EXPECT_EQ(s.answered({9, 8, 7, 6}, STATUS_BUFFER_OVERFLOW), FltSendOutcome::kReplyTooLong);
}

// SEND-6, SEND-8: the outcome does not say whether the client had the message, but the trace does.
TEST(ClientPortTest, ATimeoutIsOneBeforeTheDeliveryAndAfter) {
  SendMachine s;
  EXPECT_EQ(s.send(SendTimeout::milliseconds(20u)), FltSendOutcome::kTimedOut);
  EXPECT_EQ(s.end_of(s.start_asking(SendTimeout::milliseconds(20u))), FltSendOutcome::kTimedOut);
  EXPECT_EQ(s.m.machine.trace().to_text().find("given up: delivered, not answered"), std::string::npos);
  s.m.park(24);
  EXPECT_EQ(s.end_of(s.start_asking(SendTimeout::milliseconds(20u))), FltSendOutcome::kTimedOut);
  EXPECT_NE(s.m.machine.trace().to_text().find("given up: delivered, not answered"), std::string::npos);
}

TEST(ClientPortTest, AnEndedThreadAndLackOfMemoryAreToldApart) {  // SEND-13, SEND-15
  SendMachine s;
  s.m.machine.fail_next("FltSendMessage");
  EXPECT_EQ(s.send(), FltSendOutcome::kNoResources);
  Asking& asking = s.start_asking();
  s.m.settle();
  asking.thread.terminate();
  s.m.settle();
  EXPECT_EQ(asking.outcome, FltSendOutcome::kThreadTerminating);
}

TEST(ClientPortTest, AClosedPortIsDisconnectedAtOnce) {  // SEND-3
  SendMachine s;
  s.m.close_client();
  EXPECT_EQ(s.send(), FltSendOutcome::kDisconnected);
  EXPECT_EQ(s.send(SendTimeout::wait_for_ever()), FltSendOutcome::kDisconnected);
}

// DISC-3, DISC-9, SEND-14: also of those that wait without end, whoever is told first.
TEST(ClientPortTest, ACloseEndsEverySendThatWaits) {
  for (const auto order :
       {Semantics::DisconnectOrder::kSendersFirst, Semantics::DisconnectOrder::kNotifyFirst}) {
    under_every_scheduler([order](const Options& options) {
      Options chosen = options;
      chosen.semantics.disconnect_order = order;
      SendMachine s(chosen);
      s.m.park(24);
      std::vector<Asking*> waiting;
      for (int count = 0; count < 4; ++count)
        waiting.push_back(&s.start_asking(count % 2 == 0 ? kSecond : SendTimeout::wait_for_ever()));
      s.m.close_client();
      for (Asking* asking : waiting) EXPECT_EQ(s.end_of(*asking), FltSendOutcome::kDisconnected);
    });
  }
}

TEST(ClientPortTest, AMessageWithoutAnAddressStopsTheDriver) {  // SEND-2
  ClientPort port;
  EXPECT_DEATH((void)port.send(nullptr, {}, kSecond), "is_sendable");
  EXPECT_DEATH((void)port.ask(nullptr, kEight, {}, kSecond), "is_sendable");
}

}  // namespace
}  // namespace fltsim
