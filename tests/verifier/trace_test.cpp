// The trace as people and viewers get it, to the letter: what a failing test prints must stay readable.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

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

TEST_F(TraceTest, NodesOfThreadsStandInTheOrderOfTheirTimes) {
  std::atomic<std::uint64_t> ticks{0};
  Trace trace(
      true, [&] { return ++ticks; }, [] { return std::string("thread"); });
  const auto trace_events = [&] {
    for (int event = 0; event < 20'000; ++event) trace.event(Trace::kNone, "event");
  };
  std::thread other(trace_events);
  trace_events();
  other.join();
  EXPECT_TRUE(std::ranges::is_sorted(trace.nodes(), {}, &Trace::Node::begin));
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
