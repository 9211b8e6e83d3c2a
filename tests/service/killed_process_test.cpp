// A simulated process that is killed unwinds its threads with an exception that is not ours, out of whatever
// call of the port they are in. Nothing in the library may stop it: no noexcept, no catch, no call of the
// port from a destructor.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include <fltlink/service/receive_loop.hpp>

#include "support/fake_host.hpp"
#include "support/scripted_port.hpp"
#include "support/service_messages.hpp"

namespace fltlink {
namespace {

struct Killed {};

// Ends a thread that is unwound as the simulator does: at its very top. From the kill on, each wait throws,
// and so do those in progress.
class MortalHost final : public Host {
 public:
  explicit MortalHost(FakeHost& host) : host_(host) {}
  void kill() {
    killed_ = true;
    const std::set<ParkingSpot*> parked = parked_;
    for (ParkingSpot* spot : parked) host_.wake(*spot);
  }

  Ticks now() override { return host_.now(); }
  ParkOutcome park(ParkingSpot& spot, Ticks deadline) override {
    parked_.insert(&spot);
    const ParkOutcome outcome = killed_ ? ParkOutcome::kWoken : host_.park(spot, deadline);
    parked_.erase(&spot);
    if (killed_) throw Killed();
    return outcome;
  }
  void wake(ParkingSpot& spot) override { host_.wake(spot); }
  void relax() override { host_.relax(); }
  void* spawn(const char* name, Entry entry, void* context) override {
    bodies_.push_back({entry, context});
    tokens_.push_back(host_.spawn(name, &run, &bodies_.back()));
    return tokens_.back();
  }
  void join(void* token) override { host_.join(token); }
  void join_all() {
    for (void* token : tokens_) host_.join(token);
  }

 private:
  struct Body {
    Entry entry;
    void* context;
  };
  static void run(void* context) {
    const auto* body = static_cast<Body*>(context);
    try {
      body->entry(body->context);
    } catch (const Killed&) {
    }
  }

  FakeHost& host_;
  bool killed_ = false;
  std::set<ParkingSpot*> parked_;
  std::deque<Body> bodies_;
  std::vector<void*> tokens_;
};

// From the kill on, each call throws, and so do those in progress.
class MortalPort final : public Port {
 public:
  explicit MortalPort(MortalHost& host, ScriptedPort& port) : host_(host), port_(port) {}
  void kill(int waiting_threads) {
    killed_ = true;
    host_.kill();
    for (int i = 0; i < waiting_threads; ++i) port_.interrupt();
  }

  ConnectResult connect(Bytes context) override { return alive(port_.connect(context)); }
  PostResult post(Receive& receive) override { return alive(port_.post(receive)); }
  Completion wait(Ticks deadline) override { return alive(port_.wait(deadline)); }
  void interrupt() override { port_.interrupt(); }
  ReplyResult reply(ConnectionNumber connection, Bytes reply) override {
    return alive(port_.reply(connection, reply));
  }
  SendResult send(Bytes request, MutableBytes answer) override { return alive(port_.send(request, answer)); }
  void cancel_all() override { alive(0); }
  void close() override { alive(0); }

 private:
  template <typename T>
  T alive(T result) const {
    if (killed_) throw Killed();
    return result;
  }

  MortalHost& host_;
  ScriptedPort& port_;
  bool killed_ = false;
};

class KilledProcessTest : public testing::Test {
 protected:
  KilledProcessTest() {
    scripted_.on_request = negotiating_driver();
    options_.workers = 2;
    options_.receives = 2;
  }

  FakeHost fake_;
  MortalHost host_{fake_};
  ScriptedPort scripted_{fake_};
  MortalPort port_{host_, scripted_};
  RecordingHandlers handlers_;
  LoopOptions options_;
};

TEST_F(KilledProcessTest, WaitingWorkersUnwind) {
  ReceiveLoop loop(host_, port_, handlers_, options_);
  ASSERT_EQ(loop.start(), StartOutcome::kStarted);
  fake_.settle();
  port_.kill(3);
  loop.request_stop();
  host_.join_all();
  EXPECT_EQ(loop.counters()[LoopCounter::kReceived], 0u);
}

TEST_F(KilledProcessTest, WorkerInsideAHandlerUnwindsThroughItsReply) {
  bool returned = false;
  handlers_.during_message = [&](ReplyToken* owed) {
    port_.kill(2);
    static_cast<void>(owed->reply(0));
    returned = true;
  };
  ReceiveLoop loop(host_, port_, handlers_, options_);
  ASSERT_EQ(loop.start(), StartOutcome::kStarted);
  fake_.settle();
  scripted_.deliver(file_event(u"C:\\a.txt"), 4);
  loop.request_stop();
  host_.join_all();
  EXPECT_FALSE(returned);
}

TEST_F(KilledProcessTest, ConnectionThreadUnwindsOutOfItsRequest) {
  handlers_.when_connected = [&](DriverClient& driver) {
    port_.kill(3);
    static_cast<void>(driver.set_config({}));
    ADD_FAILURE() << "a killed thread ran on";
    return ConnectionUse::kKeep;
  };
  ReceiveLoop loop(host_, port_, handlers_, options_);
  ASSERT_EQ(loop.start(), StartOutcome::kStarted);
  host_.join_all();
  EXPECT_FALSE(loop.connected());
}

}  // namespace
}  // namespace fltlink
