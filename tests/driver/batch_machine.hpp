// A machine with DrmFilter and clients that take batches.
#pragma once

#include <fltlink/codec/record.hpp>

#include "driver/drm_machine.hpp"
#include "driver/raw_client.hpp"

namespace drmfilter::test {

using fltlink::Bytes;
using fltlink::ConnectContext;
using fltlink::CountersReply;
using fltlink::DropReason;
using fltlink::LoopOptions;
using fltsim::Outcome;
using fltsim::SendEnd;

inline constexpr uint32_t kBatch = 128 * 1024;

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
inline std::vector<Buffer> messages_of(const Receiver::Received& received) {
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

// A client that asks, and any number that receive.
class Batches : public DrmMachine {
 public:
  explicit Batches(const fltsim::Options& options = {}) : DrmMachine(options) {
    load();
    LoopOptions control_options;
    control_options.context = ConnectContext{.role = FLTLINK_ROLE_CONTROL};
    control = std::make_unique<RecordingService>(machine, service_process(), control_options);
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

  // Programs at work, each in a thread of its own, with everything reported to `drm`: nothing is lost, nothing comes
  // twice, and each thing is in its books.
  void expect_nothing_lost(uint32_t delay_us) {
    constexpr int kPrograms = 3;
    constexpr int kRounds = 8;
    RecordingService drm(machine, service_process(), service_of_batches(delay_us));
    control->configure(true, true);
    std::vector<fltsim::ThreadHandle> threads;
    for (int program = 0; program < kPrograms; ++program) {
      auto app = machine.start_process({.image = u"C:\\App\\app.exe"});
      threads.push_back(app.start_thread("work", [app] {
        for (int round = 0; round < kRounds; ++round) {
          app.write(u"C:\\Elsewhere\\" + std::u16string(1, u'a' + round) + u".txt", "x");
          app.write(kPlan, "x");
        }
      }));
    }
    for (auto& thread : threads) EXPECT_EQ(thread.join(), Outcome::kDone);
    control->configure(false, true);
    EXPECT_EQ(machine.advance(std::chrono::milliseconds(10)), Outcome::kDone);
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
    EXPECT_EQ(counters[fltlink::LoopCounter::kBatches], delivered_sends());
    EXPECT_LE(delivered_sends(), counters[fltlink::LoopCounter::kReceived]);
    EXPECT_TRUE(machine.verifier().clean());
  }

  std::unique_ptr<RecordingService> control;
};

}  // namespace drmfilter::test
