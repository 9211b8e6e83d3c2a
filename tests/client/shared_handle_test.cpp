// One connection in the handle tables of two processes: whose receives end when, and who may end them.
#include "client/port_machine.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"

namespace fltsim {
namespace {

// The client's connection, and a second process that has a handle to it too.
struct Shared {
  explicit Shared(const Options& options)
      : m(options), other(m.machine.start_process({.image = u"C:\\App\\second.exe", .user = User::kSystem})) {
    m.connect();
    copy = m.in_client([this] {
      HANDLE process = nt::make_handle(&other.process(), nt::kProcessType.mapping.all, false);
      HANDLE made = nullptr;
      EXPECT_TRUE(
          DuplicateHandle(GetCurrentProcess(), m.port, process, &made, 0, FALSE, DUPLICATE_SAME_ACCESS));
      EXPECT_TRUE(CloseHandle(process));
      return made;
    });
  }
  // A receive of the other process, which waits in its call.
  ThreadHandle start_receive(Parked& parked) {
    return other.start_thread("receiver", [this, &parked] {
      parked.result =
          FilterGetMessage(copy, reinterpret_cast<PFILTER_MESSAGE_HEADER>(parked.bytes.data()), 24, nullptr);
    });
  }
  HRESULT message() {
    return m.in(other, [this] {
      DWORD returned = 0;
      return FilterSendMessage(copy, nullptr, 0, nullptr, 0, &returned);
    });
  }

  Parked theirs{24};  // before the machine, whose end completes it
  PortMachine m;
  Process other;
  HANDLE copy = nullptr;
};

TEST(SharedHandleTest, ConnectionOutlivesTheProcessThatMadeItWhileAnotherHasAHandle) {  // CONN-18, DISC-10
  under_every_scheduler([](const Options& options) {
    Shared s(options);
    EXPECT_EQ(s.m.client.kill(), Outcome::kDone);
    EXPECT_EQ(s.m.driver.disconnects, 0);
    EXPECT_EQ(s.message(), S_OK);
    EXPECT_EQ(s.other.kill(), Outcome::kDone);
    EXPECT_EQ(s.m.driver.disconnects, 1);
  });
}

TEST(SharedHandleTest, ReceivesOfAKilledProcessTakeNoMessageFromTheOther) {  // GET-10, GET-11
  under_every_scheduler([](const Options& options) {
    Shared s(options);
    Parked& dead = s.m.park(24);
    EXPECT_EQ(s.m.client.kill(), Outcome::kDone);
    Sending& sending = s.m.start_send(kEight, {}, kNoTimeout);
    s.m.settle();
    EXPECT_FALSE(sending.done());
    auto receiver = s.start_receive(s.theirs);
    EXPECT_EQ(s.m.finish(sending), STATUS_SUCCESS);
    EXPECT_EQ(receiver.join(), Outcome::kDone);
    EXPECT_EQ(s.theirs.payload(24), kEight);
    EXPECT_EQ(dead.bytes, Bytes(24, 0xEE));
  });
}

TEST(SharedHandleTest, CancelEndsNoReceiveOfAnotherProcess) {  // GET-10
  under_every_scheduler([](const Options& options) {
    Shared s(options);
    Parked& ours = s.m.park(24);
    EXPECT_EQ(s.m.in(s.other, [&] { return CancelIoEx(s.copy, nullptr) ? 0 : GetLastError(); }),
              ERROR_NOT_FOUND);
    EXPECT_EQ(s.m.next().error, static_cast<DWORD>(WAIT_TIMEOUT));
    EXPECT_EQ(s.m.finish(s.m.start_send(kEight)), STATUS_SUCCESS);
    EXPECT_EQ(s.m.next().overlapped, &ours.overlapped);
    EXPECT_EQ(ours.payload(24), kEight);
  });
}

TEST(SharedHandleTest, HandleIsInheritableOnlyWhereTheClientAskedForIt) {  // CONN-18
  PortMachine m({}, {.connections_max = 3});
  SECURITY_ATTRIBUTES no{sizeof(SECURITY_ATTRIBUTES), nullptr, FALSE};
  SECURITY_ATTRIBUTES yes{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
  const auto is_inheritable = [&](SECURITY_ATTRIBUTES* attributes) {
    const HANDLE made = m.in_client([&] {
      HANDLE port = INVALID_HANDLE_VALUE;
      EXPECT_EQ(FilterConnectCommunicationPort(kPortName, 0, nullptr, 0, attributes, &port), S_OK);
      return port;
    });
    const auto entries = m.client.process().handles.entries();
    const auto found = std::ranges::find(entries, made, [](const auto& one) { return one.first; });
    return found != entries.end() && found->second.inheritable;
  };
  EXPECT_FALSE(is_inheritable(nullptr));
  EXPECT_FALSE(is_inheritable(&no));
  EXPECT_TRUE(is_inheritable(&yes));
}

}  // namespace
}  // namespace fltsim
