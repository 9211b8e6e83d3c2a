// The trace as people and viewers get it, to the letter: what a failing test prints must stay readable.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <latch>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "client/port_machine.hpp"

namespace fltsim {
namespace {

using nlohmann::json;

// Denies writes to \secret.txt, and looks at everything else.
LambdaDriver guard() {
  const auto deny = [](PFLT_CALLBACK_DATA data, auto, auto) {
    data->IoStatus.Status = STATUS_ACCESS_DENIED;
    return FLT_PREOP_COMPLETE;
  };
  const auto look = [](auto, auto, auto) { return FLT_PREOP_SUCCESS_WITH_CALLBACK; };
  const auto seen = [](auto, auto, auto, auto) { return FLT_POSTOP_FINISHED_PROCESSING; };
  return {.operations = {{.major = IRP_MJ_CREATE, .pre = look, .post = seen},
                         {.major = IRP_MJ_WRITE, .pre = deny}}};
}

class TraceTest : public testing::Test {
 protected:
  static Options seed_one() {
    Options options;
    options.seed = 1;
    return options;
  }
};

TEST_F(TraceTest, DeniedWriteIsATreeOfCallbacksWithTheirStatuses) {
  Machine machine(seed_one());
  machine.add_volume(u"C:").write_file(u"\\secret.txt", "old");
  machine.load_driver(guard(), {.name = u"guard"});
  Process word = machine.start_process({.image = u"C:\\word.exe"});
  EXPECT_EQ(word.write(u"C:\\secret.txt", "x").status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(machine.trace().to_text(),
            "+0.0us create \\secret.txt  [word.exe write]  status 0x00000000\n"
            "+0.0us   pre guard  [word.exe write]  pre SUCCESS_WITH_CALLBACK\n"
            "+0.0us   file system  [word.exe write]  status 0x00000000\n"
            "+0.0us   post guard  [word.exe write]  post FINISHED_PROCESSING\n"
            "+0.0us write \\secret.txt  [word.exe write]  status 0xC0000022\n"
            "+0.0us   pre guard  [word.exe write]  pre COMPLETE\n"
            "+0.0us cleanup \\secret.txt  [word.exe write]  status 0x00000000\n"
            "+0.0us   file system  [word.exe write]  status 0x00000000\n"
            "+0.0us close \\secret.txt  [word.exe write]  status 0x00000000\n"
            "+0.0us   file system  [word.exe write]  status 0x00000000\n");
}

TEST_F(TraceTest, MessageWithItsReplyIsATreeOfItsSteps) {
  PortMachine m(seed_one());
  m.connect();
  Parked& parked = m.park(64);
  Sending& sending = m.start_send({1, 2, 3}, 4);
  m.settle();
  EXPECT_EQ(m.reply(parked.header().MessageId, {9}), S_OK);
  EXPECT_EQ(m.finish(sending), STATUS_SUCCESS);
  EXPECT_EQ(
      m.machine.trace().to_text(),
      "+0.0us connect service.exe to connection 1 of \\TestPort  [service.exe thread]  status 0x00000000\n"
      "+0.0us message porter to connection 1 of \\TestPort, 3 bytes, reply up to 4  [sender]"
      "  status 0x00000000\n"
      "+0.0us   delivered as message 1 to service.exe  [sender]\n"
      "+0.0us   reply of 1 byte  [service.exe thread]\n");
}

TEST_F(TraceTest, ViewersGetEveryNodeWithItsTimesAndItsThread) {
  PortMachine m(seed_one());
  m.connect();
  m.finish(m.start_send({1}, 4, -5 * kMillisecond));
  const json events = json::parse(m.machine.trace().to_chrome_json())["traceEvents"];
  const auto message = std::find_if(events.begin(), events.end(), [](const json& event) {
    return event["ph"] == "X" && event["name"].get<std::string>().starts_with("message");
  });
  ASSERT_NE(message, events.end());
  EXPECT_EQ((*message)["dur"], 5000.0) << "microseconds";
  EXPECT_EQ((*message)["args"]["status"], "0x00000102");
  const auto thread = std::find_if(events.begin(), events.end(), [&](const json& event) {
    return event["ph"] == "M" && event["tid"] == (*message)["tid"];
  });
  ASSERT_NE(thread, events.end());
  EXPECT_EQ((*thread)["args"]["name"], "sender");
}

// A clock that goes on by one with each look, and threads that say what they are called and where they trace.
class Ticking final : public Trace::Source {
 public:
  Trace::Stamp stamp() override { return ++ticks_; }
  Trace::Caller caller() override { return t_caller; }
  std::function<std::uint64_t(Trace::Stamp)> times() override {
    return [](Trace::Stamp stamp) { return 10 * stamp; };
  }

  inline static const std::string kName = "thread";
  inline static thread_local Trace::Caller t_caller{&kName, nullptr};

 private:
  std::atomic<Trace::Stamp> ticks_{0};
};

// Runs the body in a thread with a lane of its own, or without one.
std::jthread start_tracing(Trace& trace, bool own_lane, const std::function<void()>& body) {
  return std::jthread([&trace, own_lane, body] {
    Trace::Lane* const lane = own_lane ? trace.take_lane() : nullptr;
    Ticking::t_caller = {&Ticking::kName, lane};
    body();
    if (own_lane) trace.give_back(lane);
  });
}

TEST_F(TraceTest, NodesOfThreadsStandInTheOrderOfTheirTimes) {
  for (const bool own_lane : {false, true}) {
    Ticking source;
    Trace trace(true, source);
    const auto trace_events = [&] {
      for (int event = 0; event < 20'000; ++event) trace.event(nullptr, "event");
    };
    std::jthread other = start_tracing(trace, own_lane, trace_events);
    trace_events();
    other.join();
    const std::vector<Trace::Node> nodes = trace.nodes();
    EXPECT_EQ(nodes.size(), 40'000u);
    EXPECT_TRUE(std::ranges::is_sorted(nodes, {}, &Trace::Node::begin));
  }
}

// What a reader may see of threads' work: whole nodes, and no child without its parent, which another thread may have begun.
TEST_F(TraceTest, NodesThatAreReadMeanwhileAreWholeAndHaveTheirParents) {
  constexpr int kOperations = 3'000;
  Ticking source;
  Trace trace(true, source);
  const std::string whom = "filter";
  std::latch all_ready(5);
  std::atomic<Trace::Handle> last_root{trace.begin(nullptr, "operation")};
  const auto work = [&] {
    all_ready.arrive_and_wait();
    for (int number = 0; number < kOperations; ++number) {
      const Trace::Handle root = last_root.exchange(trace.begin(nullptr, "operation"));
      const Trace::Handle child = trace.begin_lasting(root, "pre ", whom, trace.now());
      trace.end(child, "pre", 1);
      trace.end(root);
    }
  };
  std::vector<std::jthread> threads;
  for (const bool own_lane : {true, true, false, false})
    threads.push_back(start_tracing(trace, own_lane, work));
  all_ready.arrive_and_wait();
  for (std::size_t seen = 0; seen < 1 + 4 * 2 * kOperations;) {
    const std::vector<Trace::Node> nodes = trace.nodes();
    EXPECT_GE(nodes.size(), seen);
    seen = nodes.size();
    for (const Trace::Node& node : nodes) {
      if (node.parent == Trace::kNone) {
        ASSERT_EQ(node.what, "operation");
        continue;
      }
      ASSERT_EQ(node.what, "pre filter");
      ASSERT_LT(node.parent, nodes.size());
      ASSERT_EQ(nodes[node.parent].what, "operation");
      ASSERT_LE(nodes[node.parent].begin, node.begin);
      if (node.end != 0) {
        ASSERT_EQ(node.status, 1u);
      }
    }
  }
}

TEST_F(TraceTest, LaneThatWasGivenBackGoesOnBehindItsNodes) {
  Ticking source;
  Trace trace(true, source);
  std::set<Trace::Lane*> lanes;
  for (int number = 0; number < 3; ++number) {
    start_tracing(trace, true, [&] {
      lanes.insert(trace.now().caller.lane);
      for (int event = 0; event < 10; ++event) trace.event(nullptr, std::to_string(number));
    }).join();
  }
  EXPECT_EQ(lanes.size(), 1u);
  const std::vector<Trace::Node> nodes = trace.nodes();
  ASSERT_EQ(nodes.size(), 30u);
  for (std::size_t index = 0; index < nodes.size(); ++index) {
    EXPECT_EQ(nodes[index].what, std::to_string(index / 10));
  }
}

TEST_F(TraceTest, NodesOfOneLaneStandAsTheyWereBegunWhateverTheirStamps) {
  Ticking source;
  Trace trace(true, source);
  const Trace::Moment old = trace.now();
  const std::string nobody;
  trace.end(trace.begin_lasting(nullptr, "first", nobody, trace.now()));
  trace.end(trace.begin_lasting(nullptr, "second", nobody, old));
  const std::vector<Trace::Node> nodes = trace.nodes();
  ASSERT_EQ(nodes.size(), 2u);
  EXPECT_EQ(nodes[0].what, "first");
  EXPECT_EQ(nodes[1].what, "second");
  EXPECT_EQ(nodes[1].begin, nodes[0].begin);
}

TEST_F(TraceTest, NodeThatIsOpenAtAClearStaysAndGetsItsChildren) {
  Ticking source;
  Trace trace(true, source);
  trace.event(nullptr, "over");
  const Trace::Handle over = trace.begin(nullptr, "over too");
  const Trace::Handle open = trace.begin(over, "open");
  trace.end(over);
  trace.clear();
  trace.event(open, "child");
  trace.end(open);
  EXPECT_EQ(trace.to_text(), "+0.0us open  [thread]\n+2.0us   child  [thread]\n");
  trace.clear();
  EXPECT_TRUE(trace.nodes().empty());
}

// InstanceSetup runs between the begin of a create and its first callback.
TEST_F(TraceTest, CallbackOfACreateBeginsBehindTheAttachOfItsFilter) {
  Machine machine(seed_one());
  LambdaDriver driver = guard();
  driver.instance_setup = [](auto, auto) {
    LARGE_INTEGER second;
    second.QuadPart = -10'000'000;
    KeDelayExecutionThread(KernelMode, FALSE, &second);
    return STATUS_SUCCESS;
  };
  machine.load_driver(std::move(driver), {.name = u"guard"});
  machine.add_volume(u"C:").write_file(u"\\secret.txt", "old");  // behind it: it attaches at the first create
  Process word = machine.start_process({.image = u"C:\\word.exe"});
  EXPECT_TRUE(word.exists(u"C:\\secret.txt"));
  const std::vector<Trace::Node> nodes = machine.trace().nodes();
  ASSERT_GE(nodes.size(), 2u);
  ASSERT_EQ(nodes[1].what, "pre guard");
  EXPECT_EQ(nodes[1].begin, nodes[0].begin + 10'000'000);
}

TEST_F(TraceTest, NodesBehindAClearAreAllThatIsThere) {
  Ticking source;
  Trace trace(true, source);
  for (int event = 0; event < 1'000; ++event) trace.event(nullptr, "before");
  trace.clear();
  EXPECT_TRUE(trace.nodes().empty());
  for (int event = 0; event < 100; ++event) trace.event(nullptr, "behind");
  const std::vector<Trace::Node> nodes = trace.nodes();
  EXPECT_EQ(nodes.size(), 100u);
  for (const Trace::Node& node : nodes) EXPECT_EQ(node.what, "behind");
}

TEST_F(TraceTest, WithoutTheOptionNothingIsKept) {
  Options options = seed_one();
  options.trace = false;
  PortMachine m(options);
  m.connect();
  EXPECT_EQ(m.machine.trace().to_text(), "");
  EXPECT_TRUE(json::parse(m.machine.trace().to_chrome_json())["traceEvents"].empty());
}

}  // namespace
}  // namespace fltsim
