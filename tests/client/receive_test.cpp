// FilterGetMessage: order, sizes, cancelling, and receives whose memory or thread has gone (GET-*).
#include "client/port_machine.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"
#include "support/sanitizers.hpp"

namespace fltsim {
namespace {

constexpr DWORD kAborted = 995;
constexpr DWORD kTooSmall = 122;

TEST(ReceiveTest, BlockingReceiveReturnsWithTheMessage) {  // GET-1
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.connect();
    Parked buffer(24);
    auto receiver = m.client.start_thread("receiver", [&] {
      buffer.result = FilterGetMessage(m.port, reinterpret_cast<PFILTER_MESSAGE_HEADER>(buffer.bytes.data()),
                                       24, nullptr);
    });
    EXPECT_EQ(m.finish(m.start_send(kEight)), STATUS_SUCCESS);
    EXPECT_EQ(receiver.join(), Outcome::kDone);
    EXPECT_EQ(buffer.result, S_OK);
    EXPECT_EQ(buffer.payload(24), kEight);
  });
}

TEST(ReceiveTest, OverlappedReceivePendsEvenWithASenderWaiting) {  // GET-3
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.connect();
    Sending& sending = m.start_send(kEight);
    m.settle();
    EXPECT_EQ(m.park(24).result, hr(0x800703E5));
    EXPECT_TRUE(m.next().ok);
    EXPECT_EQ(m.finish(sending), STATUS_SUCCESS);
  });
}

TEST(ReceiveTest, ReceivesAreServedFirstInFirstOut) {  // GET-5
  under_every_scheduler(
      [](const Options& options) {
        PortMachine m(options);
        m.connect();
        Parked* parked[3];
        for (Parked*& one : parked) one = &m.park(17);
        for (unsigned char i = 0; i < 3; ++i) EXPECT_EQ(m.finish(m.start_send({i})), STATUS_SUCCESS);
        for (unsigned char i = 0; i < 3; ++i) EXPECT_EQ(parked[i]->bytes[16], i);
      },
      20);
}

TEST(ReceiveTest, TooSmallAReceiveFailsAndTheMessageWaits) {  // T-11: GET-7
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.connect();
    m.park(20);
    Sending& sending = m.start_send(kEight);
    const Completed failed = m.next(5000);
    EXPECT_FALSE(failed.ok);
    EXPECT_EQ(failed.error, kTooSmall);
    EXPECT_FALSE(sending.done());
    Parked& large = m.park(24);
    EXPECT_EQ(m.finish(sending), STATUS_SUCCESS);
    EXPECT_EQ(large.payload(24), kEight);
  });
}

TEST(ReceiveTest, EverySmallReceiveFailsAndTheSenderKeepsItsTime) {  // GET-7, SEND-10
  under_seeds([](const Options& options) {
    PortMachine m(options);
    m.connect();
    Sending& sending = m.start_send(kEight, {}, -20 * kMillisecond);
    m.advance(10);
    for (int i = 0; i < 3; ++i) {
      m.park(20);
      EXPECT_EQ(m.next().error, kTooSmall);
    }
    m.advance(9);
    EXPECT_FALSE(sending.done());
    m.advance(1);
    EXPECT_TRUE(sending.done());
    EXPECT_EQ(m.finish(sending), STATUS_TIMEOUT);
  });
}

TEST(ReceiveTest, TooSmallABlockingReceiveReturnsItsFailure) {  // GET-1, GET-7
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.connect();
    Sending& sending = m.start_send(kEight, {}, kNoTimeout);
    for (const DWORD size : {20, 24}) {
      Parked buffer(size);
      const HRESULT result = m.in_client([&] {
        return FilterGetMessage(m.port, reinterpret_cast<PFILTER_MESSAGE_HEADER>(buffer.bytes.data()), size,
                                nullptr);
      });
      EXPECT_EQ(result, size == 24 ? S_OK : hr(0x8007007A));
    }
    EXPECT_EQ(m.finish(sending), STATUS_SUCCESS);
  });
}

TEST(ReceiveTest, LargeEnoughAReceiveIsPreferred) {  // T-12: GET-8
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.connect();
    m.park(20);
    Parked& large = m.park(24);
    EXPECT_EQ(m.finish(m.start_send(kEight)), STATUS_SUCCESS);
    EXPECT_EQ(m.next().overlapped, &large.overlapped);
    EXPECT_EQ(m.next().error, static_cast<DWORD>(WAIT_TIMEOUT));
  });
}

TEST(ReceiveTest, MessageThatFitsNowhereStopsNobodyBehindIt) {  // SEND-4, GET-7, GET-8
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.connect();
    m.park(64);
    Parked& second = m.park(64);
    Sending& large = m.start_send(Bytes(100), {}, kNoTimeout);
    EXPECT_EQ(m.next(5000).error, kTooSmall);
    EXPECT_EQ(m.finish(m.start_send(kEight, {}, kNoTimeout)), STATUS_SUCCESS);
    EXPECT_EQ(second.payload(24), kEight);
    EXPECT_FALSE(large.done());
    m.park(116);
    EXPECT_EQ(m.finish(large), STATUS_SUCCESS);
  });
}

TEST(ReceiveTest, WithoutThePreferenceSmallReceivesFailInOrder) {  // GET-8
  Options options;
  options.semantics.prefer_fitting_receive = false;
  PortMachine m(options);
  m.connect();
  Parked& small = m.park(20);
  Parked& large = m.park(24);
  EXPECT_EQ(m.finish(m.start_send(kEight)), STATUS_SUCCESS);
  const Completed first = m.next();
  EXPECT_EQ(first.overlapped, &small.overlapped);
  EXPECT_EQ(first.error, kTooSmall);
  EXPECT_EQ(m.next().overlapped, &large.overlapped);
}

TEST(ReceiveTest, CancelledReceivesAreAbortedAndALaterSendWaits) {  // T-13: GET-10
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.connect();
    for (int i = 0; i < 3; ++i) m.park(24);
    EXPECT_TRUE(m.in_client([&] { return CancelIoEx(m.port, nullptr); }));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(m.next().error, kAborted);
    EXPECT_EQ(m.finish(m.start_send(kEight, {}, -20 * kMillisecond)), STATUS_TIMEOUT);
  });
}

TEST(ReceiveTest, CancelNamesOneReceiveByItsOverlapped) {  // GET-10
  PortMachine m;
  m.connect();
  m.park(24);
  Parked& second = m.park(24);
  EXPECT_TRUE(m.in_client([&] { return CancelIoEx(m.port, &second.overlapped); }));
  EXPECT_EQ(m.next().overlapped, &second.overlapped);
  EXPECT_EQ(m.in_client([&] { return CancelIoEx(m.port, &second.overlapped) ? 0 : GetLastError(); }),
            ERROR_NOT_FOUND);
}

TEST(ReceiveTest, CancelIoEndsTheReceivesOfTheCallingThreadAlone) {  // GET-10
  PortMachine m;
  m.connect();
  Parked& others = m.park(24);
  Parked own(24);
  EXPECT_TRUE(m.in_client([&] {
    auto* header = reinterpret_cast<PFILTER_MESSAGE_HEADER>(own.bytes.data());
    EXPECT_EQ(FilterGetMessage(m.port, header, 24, &own.overlapped), hr(0x800703E5));
    return CancelIo(m.port);
  }));
  EXPECT_EQ(m.next().overlapped, &own.overlapped);
  EXPECT_EQ(m.next().error, static_cast<DWORD>(WAIT_TIMEOUT));
  EXPECT_EQ(m.finish(m.start_send(kEight)), STATUS_SUCCESS);
  EXPECT_EQ(m.next().overlapped, &others.overlapped);
}

TEST(ReceiveTest, CancelSynchronousIoEndsABlockingReceive) {  // GET-10
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    m.connect();
    Parked buffer(24);
    HANDLE thread = nullptr;
    auto receiver = m.client.start_thread("receiver", [&] {
      DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &thread, 0, FALSE,
                      DUPLICATE_SAME_ACCESS);
      buffer.result = FilterGetMessage(m.port, reinterpret_cast<PFILTER_MESSAGE_HEADER>(buffer.bytes.data()),
                                       24, nullptr);
      EXPECT_FALSE(CancelSynchronousIo(thread));
      EXPECT_EQ(GetLastError(), static_cast<DWORD>(ERROR_NOT_FOUND));
    });
    m.settle();
    EXPECT_TRUE(m.in_client([&] { return CancelSynchronousIo(thread); }));
    EXPECT_EQ(receiver.join(), Outcome::kDone);
    EXPECT_EQ(buffer.result, hr(0x800703E3));
  });
}

TEST(ReceiveTest, CancelAndDeliveryRaceLosesNoMessage) {  // GET-12
  int delivered = 0;
  int cancelled = 0;
  under_every_scheduler([&](const Options& options) {
    PortMachine m(options);
    m.connect();
    Parked& parked = m.park(24);
    auto canceller = m.client.start_thread("canceller", [&] { CancelIoEx(m.port, &parked.overlapped); });
    Sending& sending = m.start_send(kEight);
    EXPECT_EQ(canceller.join(), Outcome::kDone);
    const Completed end = m.next(5000);
    m.settle();
    EXPECT_EQ(end.ok != FALSE, sending.done());
    ++(end.ok ? delivered : cancelled);
    if (!end.ok) {
      EXPECT_EQ(end.error, kAborted);
      m.park(24);
    }
    EXPECT_EQ(m.finish(sending), STATUS_SUCCESS);
  });
  EXPECT_GT(delivered, 0) << "over the seeds";
  EXPECT_GT(cancelled, 0) << "over the seeds";
}

TEST(ReceiveTest, ReceiveWithAnEventEndsWithItsThread) {  // GET-10
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    const HANDLE port = m.try_connect(m.client).port;
    Parked parked(24);
    HANDLE event = m.in_client([] { return CreateEventW(nullptr, TRUE, FALSE, nullptr); });
    parked.overlapped.hEvent = event;
    m.in_client([&] {
      return FilterGetMessage(port, reinterpret_cast<PFILTER_MESSAGE_HEADER>(parked.bytes.data()), 24,
                              &parked.overlapped);
    });
    EXPECT_EQ(m.in_client([&] { return WaitForSingleObject(event, 5000); }), WAIT_OBJECT_0);
    DWORD count = 0;
    EXPECT_EQ(m.in_client([&] {
      return GetOverlappedResult(port, &parked.overlapped, &count, FALSE) ? 0 : GetLastError();
    }),
              kAborted);
  });
}

TEST(ReceiveTest, EventIsResetAtTheCallAndSetAtDelivery) {  // GET-2
  under_every_scheduler([](const Options& options) {
    PortMachine m(options);
    const HANDLE port = m.try_connect(m.client).port;
    Parked parked(24);
    DWORD count = 0;
    auto receiver = m.client.start_thread("receiver", [&] {
      parked.overlapped.hEvent = CreateEventW(nullptr, TRUE, TRUE, nullptr);
      FilterGetMessage(port, reinterpret_cast<PFILTER_MESSAGE_HEADER>(parked.bytes.data()), 24,
                       &parked.overlapped);
      EXPECT_EQ(GetOverlappedResult(port, &parked.overlapped, &count, TRUE), TRUE);
    });
    m.settle();
    EXPECT_FALSE(receiver.done());
    EXPECT_EQ(m.finish(m.start_send(kEight)), STATUS_SUCCESS);
    EXPECT_EQ(receiver.join(), Outcome::kDone);
    EXPECT_EQ(count, 24u);
  });
}

TEST(ReceiveTest, BoundHandleGivesEventAndPacketAndItsLowBitKeepsThePacketAway) {  // GET-2
  for (const ULONG_PTR low_bit : {0, 1}) {
    PortMachine m;
    m.connect();
    Parked parked(24);
    const HANDLE event = m.in_client([] { return CreateEventW(nullptr, TRUE, FALSE, nullptr); });
    parked.overlapped.hEvent = reinterpret_cast<HANDLE>(reinterpret_cast<ULONG_PTR>(event) | low_bit);
    m.in_client([&] {
      return FilterGetMessage(m.port, reinterpret_cast<PFILTER_MESSAGE_HEADER>(parked.bytes.data()), 24,
                              &parked.overlapped);
    });
    EXPECT_EQ(m.finish(m.start_send(kEight)), STATUS_SUCCESS);
    EXPECT_EQ(m.in_client([&] { return WaitForSingleObject(event, 0); }), WAIT_OBJECT_0);
    EXPECT_EQ(m.next().overlapped, low_bit != 0 ? nullptr : &parked.overlapped);
  }
}

TEST(ReceiveTest, BufferBelowTheHeaderIsRefused) {  // GET-13
  PortMachine m;
  m.connect();
  EXPECT_EQ(m.park(15).result, hr(0x80070057));
}

TEST(ReceiveTest, UnmappedBufferIsRefusedAtTheCall) {  // GET-14
  PortMachine m;
  m.connect();
  EXPECT_EQ(m.in_client([&] { return FilterGetMessage(m.port, nullptr, 24, nullptr); }), hr(0x800703E6));
}

TEST(ReceiveTest, BufferThatVanishesFailsTheReceiveAndTheNextOneGetsTheMessage) {  // GET-14
  PortMachine m;
  m.connect();
  nt::UserSpace& space = m.machine.system().nt().user_space();
  void* page = space.allocate(nullptr, 4096);
  OVERLAPPED overlapped{};
  EXPECT_EQ(m.in_client([&] {
    return FilterGetMessage(m.port, static_cast<PFILTER_MESSAGE_HEADER>(page), 24, &overlapped);
  }),
            hr(0x800703E5));
  space.unmap(page, 4096);
  Parked& good = m.park(24);
  EXPECT_EQ(m.finish(m.start_send(kEight)), STATUS_SUCCESS);
  EXPECT_EQ(m.next().error, 998u);
  EXPECT_EQ(m.next().overlapped, &good.overlapped);
}

TEST(ReceiveDeathTest, BufferFreedWhileItsReceiveIsOutstandingIsSeenByTheAddressSanitizer) {  // GET-16
  if (!fltlink::test::kAddressSanitized) GTEST_SKIP() << "built without the address sanitizer";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto free_too_early = [] {
    PortMachine m;
    m.connect();
    m.park(24);
    m.receives.back().bytes = Bytes();
    m.finish(m.start_send(kEight));
  };
  EXPECT_DEATH(free_too_early(), "heap-use-after-free");
}

TEST(ReceiveDeathTest, OverlappedFreedWhileItsReceiveIsOutstandingIsSeenByTheAddressSanitizer) {  // GET-16
  if (!fltlink::test::kAddressSanitized) GTEST_SKIP() << "built without the address sanitizer";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto free_too_early = [] {
    Parked parked(24);
    PortMachine m;
    m.connect();
    auto overlapped = std::make_unique<OVERLAPPED>();
    m.in_client([&, receive = overlapped.get()] {
      return FilterGetMessage(m.port, reinterpret_cast<PFILTER_MESSAGE_HEADER>(parked.bytes.data()), 24,
                              receive);
    });
    overlapped.reset();
    m.finish(m.start_send(kEight));
  };
  EXPECT_DEATH(free_too_early(), "heap-use-after-free");
}

TEST(ReceiveTest, TwoBlockingReceivesOnOneHandleAreAWarning) {  // GET-15
  PortMachine m;
  m.connect();
  Parked buffers[2] = {Parked(24), Parked(24)};
  std::vector<ThreadHandle> threads;
  for (Parked& buffer : buffers) {
    threads.push_back(m.client.start_thread("receiver", [&] {
      FilterGetMessage(m.port, reinterpret_cast<PFILTER_MESSAGE_HEADER>(buffer.bytes.data()), 24, nullptr);
    }));
  }
  m.settle();
  EXPECT_EQ(m.machine.verifier().count("VER-46"), 1u);
  EXPECT_EQ(m.client.kill(), Outcome::kDone);
}

}  // namespace
}  // namespace fltsim
