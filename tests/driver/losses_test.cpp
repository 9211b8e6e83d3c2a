// No message is lost without a reason, and no send meets a client that has gone: each way in which a message
// ends, on the driver that ships.
#include <memory>

#include "driver/drm_machine.hpp"
#include "driver/raw_client.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"
#include "nt/process.hpp"

namespace drmfilter::test {
namespace {

using fltlink::CountersReply;
using fltlink::DropReason;
using fltlink::LoopOptions;
using fltlink::MessageCounters;
using fltlink::Text;
using fltsim::Outcome;

fltsim::Options with_seed(uint64_t seed) {
  fltsim::Options options;
  options.seed = seed;
  return options;
}

// A machine with a client that only asks, and any number of subscribers.
class Losses : public DrmMachine {
 public:
  explicit Losses(uint64_t seed = 1) : DrmMachine(with_seed(seed)) { load(); }
  void TestBody() override {}
  using DrmMachine::c;
  using DrmMachine::driver;
  using DrmMachine::machine;
  using DrmMachine::service_process;
  using DrmMachine::word;

  static LoopOptions with_role(uint32_t role) {
    LoopOptions options;
    options.context = fltlink::ConnectContext{.role = role};
    return options;
  }
  static Buffer subscriber_context(uint32_t messages_max) {
    Buffer bytes(FLTLINK_CONNECT_CONTEXT_SIZE_OLDEST);
    EXPECT_TRUE(fltlink::encode_connect_context({.queue_messages_max = messages_max}, bytes).ok());
    return bytes;
  }
  // The one that asks, and sets a policy.
  void start_control(bool monitoring = false) {
    control = std::make_unique<RecordingService>(machine, service_process(), with_role(FLTLINK_ROLE_CONTROL));
    ASSERT_TRUE(control->connected());
    control->configure(monitoring, true);
    control->protect(u"C:\\ProtectedDocs\\*", ProtectionFlags::kWrite);
  }
  void violate() { EXPECT_EQ(word.write(kPlan, "x").status, STATUS_ACCESS_DENIED); }
  MessageCounters notices() { return control->books().block_notices; }
  int64_t now() {
    LARGE_INTEGER time{};
    EXPECT_EQ(machine.system_process().run([&] { KeQuerySystemTime(&time); }), Outcome::kDone);
    return time.QuadPart;
  }

  RawClient silent{service_process()};
  std::unique_ptr<RecordingService> control;
};

// P-3: a send and the close of its port meet on one variable.
TEST(LossesTest, ADisconnectWakesTheWorkerInsideItsSend) {
  Losses m;
  ASSERT_EQ(m.silent.connect(), S_OK);
  m.start_control();
  m.violate();
  ASSERT_EQ(m.machine.run_to_quiescence(), Outcome::kDone);
  const int64_t before = m.now();
  m.silent.disconnect();
  EXPECT_EQ(m.now(), before) << "the send was waited for";
  EXPECT_EQ(dropped(m.notices(), DropReason::kDisconnected), 1u);
  EXPECT_TRUE(m.machine.verifier().clean());
}

// P-3: nor does what was meant for a client reach the next one in its place.
TEST(LossesTest, TheNextClientOfASlotHearsNothingOfTheLast) {
  Losses m;
  ASSERT_EQ(m.silent.connect(), S_OK);
  m.start_control();
  for (int round = 0; round < 3; ++round) m.violate();
  m.silent.disconnect();
  RecordingService next(m.machine, m.service_process());
  m.violate();
  EXPECT_THAT(next.blocked(), SizeIs(1));
  EXPECT_EQ(next.own_books().block_notices.produced, 1u);
  EXPECT_EQ(dropped(m.notices(), DropReason::kDisconnected), 3u);
}

// P-3, Q-2: producers at work while the client goes and another one comes.
TEST(LossesTest, WhatIsProducedWhileAClientLeavesIsCounted) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    Losses m(seed);
    m.start_control();
    std::vector<fltsim::ThreadHandle> threads;
    for (int program = 0; program < 3; ++program) {
      auto app = m.machine.start_process({.image = u"C:\\App\\app.exe"});
      threads.push_back(app.start_thread("violate", [app] {
        for (int round = 0; round < 6; ++round) app.write(kPlan, "x");
      }));
    }
    for (int round = 0; round < 4; ++round) {
      EXPECT_EQ(m.silent.connect(), S_OK);
      m.silent.disconnect();
    }
    for (auto& thread : threads) EXPECT_EQ(thread.join(), Outcome::kDone);
    const MessageCounters books = m.notices();
    EXPECT_TRUE(books.balanced());
    EXPECT_EQ(books.pending, 0u);
    EXPECT_EQ(books.produced,
              dropped(books, DropReason::kNoSubscriber) + dropped(books, DropReason::kDisconnected));
    EXPECT_GE(books.produced, 18u);
    EXPECT_TRUE(m.machine.verifier().clean());
  }
}

// the bound holds whoever comes at once, and what did not fit is counted.
TEST(LossesTest, AFullQueueHoldsExactlyWhatWasGranted) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    Losses m(seed);
    m.start_control();
    ASSERT_EQ(m.silent.connect(Losses::subscriber_context(20)), S_OK);
    std::vector<fltsim::ThreadHandle> threads;
    for (int program = 0; program < 4; ++program) {
      auto app = m.machine.start_process({.image = u"C:\\App\\app.exe"});
      threads.push_back(app.start_thread("violate", [app] {
        for (int round = 0; round < 5; ++round) app.write(kPlan, "x");
      }));
    }
    for (auto& thread : threads) EXPECT_EQ(thread.join(), Outcome::kDone);
    const CountersReply books = m.control->books();
    EXPECT_EQ(books.block_notices.pending, 5u) << "a quarter of the queue is for notices";
    EXPECT_EQ(dropped(books.block_notices, DropReason::kQueueFull), 15u);
    EXPECT_TRUE(books.block_notices.balanced());
    m.silent.disconnect();
    EXPECT_EQ(m.control->books().queue_high_water, 5u);
  }
}

// a receive that is too small takes nothing out.
TEST(LossesTest, AReceiveThatIsTooSmallLeavesTheMessage) {
  Losses m;
  ASSERT_EQ(m.silent.connect(), S_OK);
  m.start_control();
  m.violate();
  HRESULT small = E_FAIL;
  HRESULT whole = E_FAIL;
  alignas(8) Buffer room(FLTLINK_MESSAGE_HEADER_SIZE + FLTLINK_MESSAGE_SIZE_MAX_1_0);
  auto& process = m.silent.process();
  EXPECT_EQ(process.run([&] {
    auto* header = reinterpret_cast<PFILTER_MESSAGE_HEADER>(room.data());
    small = FilterGetMessage(m.silent.port(), header, FLTLINK_MESSAGE_HEADER_SIZE + 100, nullptr);
    whole = FilterGetMessage(m.silent.port(), header, static_cast<DWORD>(room.size()), nullptr);
  }),
            Outcome::kDone);
  EXPECT_EQ(small, static_cast<HRESULT>(0x8007007A));
  EXPECT_EQ(whole, S_OK);
  const auto message = fltlink::decode_driver_message(
      fltlink::Bytes(room).subspan(FLTLINK_MESSAGE_HEADER_SIZE), FLTLINK_VERSION_1_0);
  ASSERT_TRUE(message.ok());
  EXPECT_TRUE(message->path == Text(kPlan, std::u16string_view(kPlan).size()));
  EXPECT_EQ(m.notices().delivered, 1u);
}

// what an unload finds pending. Who is still connected while the others go can see it.
TEST(LossesTest, WhatAnUnloadFindsPendingIsCountedAsShutdown) {
  uint64_t seen = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Losses m(seed);
    ASSERT_EQ(m.silent.connect(), S_OK);
    m.start_control();
    m.violate();
    m.violate();
    auto process = m.control->process();
    auto asker = process.start_thread("asker", [&] {
      for (;;) {
        const auto books = m.control->driver().counters(0);
        if (books.result.outcome != fltlink::RequestOutcome::kDone) return;
        EXPECT_TRUE(books.value.block_notices.balanced());
        seen += dropped(books.value.block_notices, DropReason::kShutdown) == 2;
      }
    });
    EXPECT_EQ(m.driver->unload(), STATUS_SUCCESS);
    EXPECT_EQ(asker.join(), Outcome::kDone);
  }
  EXPECT_GT(seen, 0u);
}

// the worker's own thread is ended inside its send, the one end of a send that has no name of its own.
TEST(LossesTest, AnyOtherEndOfASendIsCountedAsFailed) {
  Losses m;
  m.start_control();
  auto& system = m.machine.system_process().process();
  const size_t before = system.threads().size();
  ASSERT_EQ(m.silent.connect(), S_OK);
  m.violate();
  ASSERT_EQ(m.machine.run_to_quiescence(), Outcome::kDone);
  const auto threads = system.threads();
  ASSERT_EQ(threads.size(), before + 1);
  m.machine.system().nt().terminate_thread(*threads.back(), STATUS_SUCCESS);
  EXPECT_EQ(dropped(m.notices(), DropReason::kSendFailed), 1u);
  EXPECT_TRUE(m.notices().balanced());
}

// Nothing is too large: what is granted has room for the largest message, and the longest path comes whole.
TEST(LossesTest, TheSmallestQueueTakesTheLargestMessage) {
  Losses m;
  m.start_control();
  LoopOptions options;
  options.context = fltlink::ConnectContext{.message_size_max = FLTLINK_MESSAGE_SIZE_MAX,
                                            .queue_messages_max = 1,
                                            .queue_size_max = FLTLINK_RECORD_SIZE_MAX};
  options.buffer_size = FLTLINK_MESSAGE_HEADER_SIZE + FLTLINK_MESSAGE_SIZE_MAX;
  RecordingService drm(m.machine, m.service_process(), options);
  std::u16string folder = u"\\ProtectedDocs";
  for (int level = 0; level < 126; ++level) folder += u"\\" + std::u16string(255, u'a');
  m.c.write_file(folder + u"\\plan.docx", "secret");
  EXPECT_EQ(m.word.write(u"C:" + folder + u"\\plan.docx", "x").status, STATUS_ACCESS_DENIED);
  ASSERT_THAT(drm.blocked(), SizeIs(1));
  EXPECT_EQ(drm.blocked()[0].path, u"C:" + folder + u"\\plan.docx");
  EXPECT_EQ(dropped(drm.own_books().block_notices, DropReason::kTooLarge), 0u);
}

// A file whose name cannot be had is reported all the same.
TEST(LossesTest, AnOperationWithoutANameIsReportedWithTheEmptyPath) {
  Losses m;
  m.start_control(true);
  RecordingService drm(m.machine, m.service_process());
  m.control->unprotect(u"C:\\ProtectedDocs\\*");
  const auto opened = m.word.create({.path = kFree});
  drm.forget();
  m.machine.fail_next(fltsim::routine::kFltGetFileNameInformation);
  EXPECT_EQ(m.word.read(opened.handle, 4, 0).content, "free");
  m.machine.fail_next(fltsim::routine::kFltGetFileNameInformation);
  EXPECT_EQ(m.word.close(opened.handle).status, STATUS_SUCCESS);
  const auto events = drm.events();
  ASSERT_THAT(events, SizeIs(2));
  for (const Notice& event : events) {
    EXPECT_EQ(event.path, u"");
    EXPECT_TRUE(event.path_cut);
    EXPECT_EQ(event.process_id, m.word.id());
  }
}

TEST(LossesTest, ADenialWithoutANameIsToldAndCounted) {
  Losses m;
  const auto opened = m.word.create({.path = kFree, .access = GENERIC_WRITE | SYNCHRONIZE});
  m.start_control();
  RecordingService drm(m.machine, m.service_process());
  m.machine.fail_next(fltsim::routine::kFltGetFileNameInformation);
  const int32_t status = m.word.write(opened.handle, "x", 0).status;
  EXPECT_FALSE(NT_SUCCESS(status));
  const auto blocked = drm.blocked();
  ASSERT_THAT(blocked, SizeIs(1));
  EXPECT_EQ(blocked[0].path, u"");
  EXPECT_EQ(blocked[0].status, status);
  EXPECT_EQ(blocked[0].reason, u"The name of the file cannot be had");
  EXPECT_EQ(drm.status().blocked_operations, 1);
}

}  // namespace
}  // namespace drmfilter::test
