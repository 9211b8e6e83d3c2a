// Batches from the callback to the handler: who gets them, what is in them, when they are sent, and what becomes
// of each message of one.
#include <fltlink/codec/record.hpp>

#include <map>

#include "driver/drm_machine.hpp"
#include "driver/key_client.hpp"
#include "driver/raw_client.hpp"

namespace drmfilter::test {
namespace {

using fltlink::Bytes;
using fltlink::ConnectContext;
using fltlink::CountersReply;
using fltlink::DropReason;
using fltlink::LoopOptions;
using fltsim::Outcome;
using fltsim::SendEnd;
using testing::Each;
using namespace std::chrono_literals;

constexpr uint32_t kBatch = 128 * 1024;
constexpr HRESULT kBufferTooSmall = hr(0x8007007A);
constexpr size_t kPlainRecord = fltlink::record_size_for(FLTLINK_DRIVER_MESSAGE_SIZE);

uint64_t dropped(const fltlink::MessageCounters& counters, DropReason reason) {
  return counters.dropped[static_cast<size_t>(reason)];
}

fltsim::Options with_seed(uint64_t seed) {
  fltsim::Options options;
  options.seed = seed;
  return options;
}

// A client that receives when the test says so, and knows how many bytes came.
class Receiver : public RawClient {
 public:
  using RawClient::RawClient;

  struct Received {
    HRESULT result = E_FAIL;
    Buffer message;  // without the port header
  };
  // The next message, in a buffer with room for one of `room` bytes.
  Received receive(size_t room = kBatch) {
    Received received;
    EXPECT_EQ(process().run([&] {
      alignas(8) Buffer buffer(FLTLINK_MESSAGE_HEADER_SIZE + room);
      OVERLAPPED overlapped{};
      overlapped.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
      received.result = FilterGetMessage(port(), reinterpret_cast<PFILTER_MESSAGE_HEADER>(buffer.data()),
                                         static_cast<DWORD>(buffer.size()), &overlapped);
      DWORD size = 0;
      if (received.result == hr(0x800703E5)) {
        const BOOL done = GetOverlappedResult(port(), &overlapped, &size, TRUE);
        received.result = done ? S_OK : static_cast<HRESULT>(0x80070000u | GetLastError());
      }
      CloseHandle(overlapped.hEvent);
      if (received.result == S_OK)
        received.message.assign(buffer.begin() + FLTLINK_MESSAGE_HEADER_SIZE, buffer.begin() + size);
    }),
              Outcome::kDone);
    return received;
  }
};

// The messages of a batch.
std::vector<Buffer> messages_of(const Receiver::Received& received) {
  EXPECT_EQ(received.result, S_OK);
  std::vector<Buffer> messages;
  for (fltlink::RecordReader reader(received.message); !reader.at_end();) {
    const auto record = reader.next();
    if (!record.ok()) {
      ADD_FAILURE() << "a damaged batch";
      break;
    }
    if (!record->skip) messages.emplace_back(record->message.begin(), record->message.end());
  }
  return messages;
}

MESSAGE_TYPE type_of(const Buffer& message) {
  return fltlink::decode_driver_message(message, FLTLINK_VERSION_1_2)->type;
}

// A client that asks, and any number that receive.
class Batches : public DrmMachine {
 public:
  explicit Batches(uint64_t seed = 1) : DrmMachine(with_seed(seed)) {
    load();
    LoopOptions options;
    options.context = ConnectContext{.role = FLTLINK_ROLE_CONTROL};
    control = std::make_unique<RecordingService>(machine, service_process(), options);
    EXPECT_TRUE(control->connected());
    control->configure(false, true);
    control->protect(u"C:\\ProtectedDocs\\*", ProtectionFlags::kWrite);
  }
  void TestBody() override {}
  using DrmMachine::c;
  using DrmMachine::driver;
  using DrmMachine::machine;
  using DrmMachine::service_process;
  using DrmMachine::word;

  static Buffer context(ConnectContext asked) {
    Buffer bytes(FLTLINK_CONNECT_CONTEXT_SIZE);
    bytes.resize(fltlink::encode_connect_context(asked, bytes).value());
    return bytes;
  }
  Receiver connected(const Buffer& context) {
    Receiver receiver(service_process());
    EXPECT_EQ(receiver.connect(context), S_OK);
    return receiver;
  }
  Receiver taking_batches(uint32_t delay_us = 0, uint32_t size = kBatch) {
    return connected(context({.batch_size_max = size, .batch_delay_us = delay_us}));
  }
  static LoopOptions service_of_batches(uint32_t delay_us = 0) {
    LoopOptions options;
    options.context->batch_size_max = kBatch;
    options.context->batch_delay_us = delay_us;
    options.buffer_size_max = FLTLINK_MESSAGE_HEADER_SIZE + kBatch;
    return options;
  }

  // Each one is one event.
  void events(int count) {
    control->configure(true, true);
    const auto opened = word.create({.path = kFree, .access = GENERIC_READ | SYNCHRONIZE});
    control->configure(false, true);
    for (int event = 0; event < count; ++event) {
      control->configure(true, true);
      EXPECT_EQ(word.read(opened.handle, 4, 0).content, "free");
      control->configure(false, true);
    }
    word.close(opened.handle);
    EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  }
  void violate() {
    EXPECT_EQ(word.write(kPlan, "x").status, STATUS_ACCESS_DENIED);
    EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  }
  CountersReply books() { return control->books(); }
  uint64_t delivered_sends() { return machine.sends().of(SendEnd::kDelivered); }

  std::unique_ptr<RecordingService> control;
};

TEST(BatchTest, TermsAreGrantedAsAsked) {
  Batches m;
  RecordingService drm(m.machine, m.service_process(), Batches::service_of_batches(2'000));
  EXPECT_EQ(drm.terms().version, FLTLINK_VERSION_1_2);
  EXPECT_EQ(drm.terms().batch_size_max, kBatch);
  EXPECT_EQ(drm.terms().batch_delay_us, 2'000u);
}

TEST(BatchTest, ABatchThatHoldsNoMessageAndAVersionThatHasNoneAreRefused) {
  Batches m;
  Receiver client(m.service_process());
  EXPECT_EQ(client.connect(Batches::context({.batch_size_max = 1'000})), hr(0x80070057));
  Buffer of_1_1 = Batches::context({.batch_size_max = kBatch});
  of_1_1[12] = 1;
  EXPECT_EQ(client.connect(of_1_1), hr(0x80070057));
}

// The worker is in the send of the first message while the others come.
TEST(BatchTest, WhatWaitsInTheRingGoesWithOneSend) {
  Batches m;
  Receiver receiver = m.taking_batches();
  m.violate();
  const size_t first = messages_of(receiver.receive()).size();
  for (int round = 0; round < 5; ++round) m.violate();
  const uint64_t produced = m.books().block_notices.produced;
  EXPECT_EQ(m.books().block_notices.pending, produced - first);
  const uint64_t before = m.delivered_sends();
  size_t received = messages_of(receiver.receive()).size();
  received += messages_of(receiver.receive()).size();
  EXPECT_EQ(received, produced - first);
  EXPECT_EQ(m.delivered_sends() - before, 2u) << "the one that the worker was in, and one for all the others";
  EXPECT_EQ(m.books().block_notices.delivered, produced);
  EXPECT_EQ(m.books().block_notices.pending, 0u);
}

// Nothing of the agreement changes what the others get: the same event, byte for byte.
TEST(BatchTest, ClientsWithoutBatchesGetEachMessageByItself) {
  Batches m;
  std::vector<Receiver> plain;
  plain.push_back(m.connected({}));
  for (const uint32_t newest : {FLTLINK_VERSION_1_0, FLTLINK_VERSION_1_1, FLTLINK_VERSION_1_2})
    plain.push_back(m.connected(Batches::context({.version_max = newest})));
  Receiver batched = m.taking_batches();
  m.violate();
  m.violate();
  std::vector<Buffer> expected = messages_of(batched.receive());
  for (const Buffer& message : messages_of(batched.receive())) expected.push_back(message);
  ASSERT_THAT(expected, SizeIs(2));
  for (Receiver& receiver : plain) {
    for (const Buffer& message : expected) EXPECT_EQ(receiver.receive().message, message);
  }
}

TEST(BatchTest, ALoneMessageIsARunOfOne) {
  Batches m;
  Receiver receiver = m.taking_batches();
  m.violate();
  const auto received = receiver.receive();
  const auto messages = messages_of(received);
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_EQ(received.message.size(), fltlink::record_size_for(static_cast<uint32_t>(messages[0].size())));
}

// 4096 bytes hold seven plain records.
TEST(BatchTest, NoBatchIsLargerThanAgreed) {
  Batches m;
  Receiver receiver = m.taking_batches(0, 4096);
  m.events(20);
  const uint64_t produced = m.books().file_events.produced;
  EXPECT_GE(produced, 20u);
  EXPECT_THAT(messages_of(receiver.receive()), SizeIs(1));
  for (uint64_t left = produced - 1; left > 0;) {
    const auto received = receiver.receive();
    EXPECT_LE(received.message.size(), 4096u);
    const size_t messages = messages_of(received).size();
    EXPECT_EQ(messages, left < 7 ? left : 7);
    left -= messages;
  }
  EXPECT_EQ(m.books().file_events.delivered, produced);
}

//
TEST(BatchTest, CriticalMessagesAreABatchOfTheirOwnAndGoFirst) {
  Batches m;
  Receiver receiver = m.taking_batches();
  m.events(3);
  m.violate();
  m.violate();
  EXPECT_THAT(messages_of(receiver.receive()), SizeIs(1)) << "the worker was in its send already";
  const auto notices = messages_of(receiver.receive());
  EXPECT_THAT(notices, SizeIs(2));
  for (const Buffer& notice : notices) EXPECT_EQ(type_of(notice), MESSAGE_TYPE{MSG_TYPE_BLOCK_NOTIFICATION});
  const auto events = messages_of(receiver.receive());
  EXPECT_GE(events.size(), 2u);
  for (const Buffer& event : events) EXPECT_EQ(type_of(event), MESSAGE_TYPE{MSG_TYPE_FILE_EVENT});
}

// ---- delay

constexpr uint32_t kDelayUs = 50'000;

TEST(BatchTest, ALoneEventWaitsForTheAgreedDelayAndNoLonger) {
  Batches m;
  RecordingService drm(m.machine, m.service_process(), Batches::service_of_batches(kDelayUs));
  m.control->configure(true, true);
  const auto opened = m.word.create({.path = kFree, .access = GENERIC_READ | SYNCHRONIZE});
  m.control->configure(false, true);
  EXPECT_GT(m.books().file_events.produced, 0u);
  EXPECT_EQ(m.machine.advance(49ms), Outcome::kDone);
  EXPECT_EQ(drm.counters()[fltlink::LoopCounter::kReceived], 0u);
  EXPECT_EQ(m.machine.advance(2ms), Outcome::kDone);
  EXPECT_EQ(drm.counters()[fltlink::LoopCounter::kReceived], m.books().file_events.produced);
  EXPECT_EQ(drm.counters()[fltlink::LoopCounter::kBatches], 1u);
  m.word.close(opened.handle);
}

TEST(BatchTest, WithoutADelayALoneEventIsSentAtOnce) {
  Batches m;
  RecordingService drm(m.machine, m.service_process(), Batches::service_of_batches());
  m.control->configure(true, true);
  static_cast<void>(m.word.create({.path = kFree, .access = GENERIC_READ | SYNCHRONIZE}));
  m.control->configure(false, true);
  EXPECT_THAT(drm.events(), Not(IsEmpty()));
}

//
TEST(BatchTest, ANoticeIsNotDelayedAndEndsTheDelayOfEvents) {
  Batches m;
  RecordingService drm(m.machine, m.service_process(), Batches::service_of_batches(kDelayUs));
  m.violate();
  EXPECT_EQ(drm.counters()[fltlink::LoopCounter::kBlockNotices], 1u);
  m.control->configure(true, true);
  const auto opened = m.word.create({.path = kFree, .access = GENERIC_READ | SYNCHRONIZE});
  m.control->configure(false, true);
  const uint64_t events = m.books().file_events.pending;
  EXPECT_GT(events, 0u);
  m.violate();
  EXPECT_EQ(drm.counters()[fltlink::LoopCounter::kBlockNotices], 2u);
  EXPECT_EQ(m.machine.advance(51ms), Outcome::kDone);
  EXPECT_EQ(drm.counters()[fltlink::LoopCounter::kFileEvents], events);
  m.word.close(opened.handle);
}

TEST(BatchTest, AnUnloadDoesNotWaitForTheDelay) {
  Batches m;
  RecordingService drm(m.machine, m.service_process(), Batches::service_of_batches(kDelayUs));
  m.control->configure(true, true);
  static_cast<void>(m.word.create({.path = kFree, .access = GENERIC_READ | SYNCHRONIZE}));
  EXPECT_GT(m.books().file_events.pending, 0u);
  EXPECT_EQ(m.driver->unload(), STATUS_SUCCESS);
  EXPECT_TRUE(m.machine.verifier().clean());
}

// ---- what becomes of a batch that is not taken

TEST(BatchTest, ADisconnectCountsEachMessageOfTheBatch) {
  Batches m;
  Receiver receiver = m.taking_batches();
  for (int round = 0; round < 4; ++round) m.violate();
  const uint64_t produced = m.books().block_notices.produced;
  const size_t taken = messages_of(receiver.receive()).size();
  ASSERT_EQ(m.machine.run_to_quiescence(), Outcome::kDone);
  receiver.disconnect();
  EXPECT_EQ(dropped(m.books().block_notices, DropReason::kDisconnected), produced - taken);
  EXPECT_TRUE(m.books().block_notices.balanced());
}

// a receive that is too small takes nothing out, and the larger one gets the whole batch.
TEST(BatchTest, AReceiveThatIsTooSmallLeavesTheBatch) {
  Batches m;
  Receiver receiver = m.taking_batches();
  for (int round = 0; round < 4; ++round) m.violate();
  EXPECT_THAT(messages_of(receiver.receive()), SizeIs(1));
  ASSERT_EQ(m.machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_EQ(receiver.receive(800).result, kBufferTooSmall);
  EXPECT_THAT(messages_of(receiver.receive()), SizeIs(3));
  EXPECT_EQ(m.books().block_notices.delivered, 4u);
}

// It has agreed to batches and has no room for one: it is served, at the pace of one message a timeout.
TEST(BatchTest, AClientWithRoomForOneMessageOnlyLosesNothing) {
  Batches m;
  Receiver receiver = m.taking_batches();
  for (int round = 0; round < 5; ++round) m.violate();
  EXPECT_THAT(messages_of(receiver.receive(800)), SizeIs(1));
  for (int message = 1; message < 5; ++message) {
    ASSERT_EQ(m.machine.run_to_quiescence(), Outcome::kDone);
    if (message < 4) {
      EXPECT_EQ(receiver.receive(800).result, kBufferTooSmall);
      EXPECT_EQ(m.machine.advance(1001ms), Outcome::kDone);
    }
    EXPECT_THAT(messages_of(receiver.receive(800)), SizeIs(1)) << message;
  }
  EXPECT_EQ(m.books().block_notices.delivered, 5u);
  EXPECT_EQ(m.books().block_notices.pending, 0u);
}

// a client that never receives.
TEST(BatchTest, MessagesThatNobodyTakesAreGivenUpOneByOne) {
  Batches m;
  Receiver receiver = m.taking_batches();
  for (int round = 0; round < 3; ++round) m.violate();
  EXPECT_EQ(m.machine.advance(3001ms), Outcome::kDone);
  EXPECT_EQ(dropped(m.books().block_notices, DropReason::kTimedOut), 1u) << "three attempts of a second";
  EXPECT_EQ(m.machine.advance(4001ms), Outcome::kDone);
  EXPECT_EQ(dropped(m.books().block_notices, DropReason::kTimedOut), 2u) << "and one more for the batch";
  EXPECT_EQ(m.machine.advance(3001ms), Outcome::kDone);
  EXPECT_EQ(dropped(m.books().block_notices, DropReason::kTimedOut), 3u);
  EXPECT_TRUE(m.books().block_notices.balanced());
  receiver.disconnect();
}

// ---- both ends

// Under every schedule each program's events come all, once, and each thing in its books.
TEST(BatchTest, ProgramsAtWorkLoseNothingWhateverTheSchedule) {
  constexpr int kPrograms = 3;
  constexpr int kRounds = 8;
  for (uint64_t seed = 1; seed <= 9; ++seed) {
    SCOPED_TRACE(seed);
    Batches m(seed);
    RecordingService drm(m.machine, m.service_process(),
                         Batches::service_of_batches(seed % 3 == 0 ? 300 : 0));
    m.control->configure(true, true);
    std::vector<fltsim::ThreadHandle> threads;
    for (int program = 0; program < kPrograms; ++program) {
      auto app = m.machine.start_process({.image = u"C:\\App\\app.exe"});
      threads.push_back(app.start_thread("work", [app] {
        for (int round = 0; round < kRounds; ++round) {
          app.write(u"C:\\Elsewhere\\" + std::u16string(1, u'a' + round) + u".txt", "x");
          app.write(kPlan, "x");
        }
      }));
    }
    for (auto& thread : threads) EXPECT_EQ(thread.join(), Outcome::kDone);
    m.control->configure(false, true);
    EXPECT_EQ(m.machine.advance(10ms), Outcome::kDone);
    const CountersReply books = drm.own_books();
    EXPECT_TRUE(books.file_events.balanced());
    EXPECT_TRUE(books.block_notices.balanced());
    EXPECT_EQ(books.file_events.delivered, books.file_events.produced);
    EXPECT_EQ(books.block_notices.delivered, books.block_notices.produced);
    EXPECT_EQ(drm.events().size(), books.file_events.produced);
    EXPECT_EQ(drm.blocked().size(), books.block_notices.produced);
    EXPECT_EQ(books.block_notices.produced, uint64_t{kPrograms * kRounds});
    const auto& counters = drm.counters();
    EXPECT_EQ(counters[fltlink::LoopCounter::kReceived],
              books.file_events.produced + books.block_notices.produced);
    EXPECT_EQ(counters[fltlink::LoopCounter::kBatches], m.delivered_sends());
    EXPECT_LE(m.delivered_sends(), counters[fltlink::LoopCounter::kReceived]);
    EXPECT_TRUE(m.machine.verifier().clean());
  }
}

// The proof covers the terms of a batch.
TEST(BatchTest, AClientThatProvesWhoItIsGetsBatches) {
  class Keys : public KeyMachine {
   public:
    void TestBody() override {
      load_with_key(fltlink::test::test_key());
      const ConnectContext asked{.batch_size_max = kBatch};
      KeyClient client = authenticated(asked);
      KeyClient liar = connected(asked);
      liar.binding().context.batch_size_max = 0;
      EXPECT_EQ(liar.authenticate(), kAccessDenied);
    }
  } keys;
  keys.TestBody();
}

}  // namespace
}  // namespace drmfilter::test
