// Messages of two connections take no common lock: this program notes which mutexes are locked while one goes through. Both
// connections belong to one process and one driver, and run on the operating system's threads. A sched::LeafLock is no mutex
// and not noted: those that a message takes are members of its rendezvous and of the entries of its handles.
#include <dlfcn.h>
#include <pthread.h>

#include <mutex>
#include <set>

#include "client/port_machine.hpp"
#include "support/sanitizers.hpp"

namespace {

thread_local std::set<const void*>* t_locked = nullptr;  // null: nobody takes notes

}  // namespace

// Before the C library's. The sanitizers have one of their own there, which this would hide.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    !FLTLINK_HAS_FEATURE(address_sanitizer) && !FLTLINK_HAS_FEATURE(thread_sanitizer)
extern "C" int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  static const auto next =
      reinterpret_cast<int (*)(pthread_mutex_t*)>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
  if (std::set<const void*>* const locked = t_locked) {
    t_locked = nullptr;  // inserting may lock too
    locked->insert(mutex);
    t_locked = locked;
  }
  return next(mutex);
}
#endif

namespace fltsim {
namespace {

constexpr int kRounds = 3;  // what is made at first use is made in the first
using Locks = std::set<const void*>;

struct NotesLocks {
  explicit NotesLocks(Locks& locks, bool on) { t_locked = on ? &locks : nullptr; }
  ~NotesLocks() { t_locked = nullptr; }
};

class SeparateLocksTest : public testing::Test {
 protected:
  static Options options() {
    Options options;
    options.scheduler = SchedulerKind::kHost;
    options.trace = false;
    return options;
  }
  static PortDriver::Settings settings() {
    PortDriver::Settings settings;
    settings.connections_max = 2;
    return settings;
  }

  void SetUp() override {
    if (fltlink::test::kAddressSanitized || fltlink::test::kThreadSanitized)
      GTEST_SKIP() << "a sanitizer counts the locks";
    Locks noted;
    std::mutex one;
    {
      const NotesLocks notes(noted, true);
      const std::lock_guard lock(one);
    }
    ASSERT_EQ(noted, Locks{&one}) << "nothing is noted";
    for (HANDLE& port : ports) {
      const auto made = m.try_connect(m.client);
      ASSERT_EQ(made.result, S_OK);
      port = made.port;
    }
  }

  // The driver's thread: messages with a reply or without, in whatever way the client receives them.
  ThreadHandle start_driver(std::size_t connection, Locks& locks, bool with_reply) {
    return m.machine.system_process().start_thread("driver", [this, connection, &locks, with_reply] {
      for (int i = 0; i < kRounds; ++i) {
        unsigned char message[8] = {};
        unsigned char reply[4] = {};
        ULONG size = sizeof reply;
        LARGE_INTEGER timeout;
        timeout.QuadPart = -60'000 * kMillisecond;
        const NotesLocks notes(locks, i != 0);
        const NTSTATUS status =
            FltSendMessage(m.driver.filter, &m.driver.slots[connection].port, message, sizeof message,
                           with_reply ? reply : nullptr, with_reply ? &size : nullptr, &timeout);
        EXPECT_EQ(status, STATUS_SUCCESS);
      }
    });
  }
  static void answer(HANDLE port, std::uint64_t id) {
    struct {
      FILTER_REPLY_HEADER header;
      unsigned char payload[4];
    } reply{{STATUS_SUCCESS, id}, {1, 2, 3, 4}};
    EXPECT_EQ(FilterReplyMessage(port, &reply.header, 20), S_OK);
  }
  // Both connections' locks, one after the other, so that each thread is another one.
  template <class Client>
  void expect_nothing_in_common(bool with_reply, Client client) {
    Locks locks[2][2];
    for (std::size_t i = 0; i < 2; ++i) {
      auto service = m.client.start_thread("client", [&, i] { client(ports[i], locks[i][0]); });
      auto driver = start_driver(i, locks[i][1], with_reply);
      EXPECT_EQ(driver.join(), Outcome::kDone);
      EXPECT_EQ(service.join(), Outcome::kDone);
      locks[i][0].merge(locks[i][1]);
    }
    Locks common;
    std::ranges::set_intersection(locks[0][0], locks[1][0], std::inserter(common, common.end()));
    EXPECT_EQ(common.size(), 0u);
  }

  PortMachine m{options(), settings()};
  HANDLE ports[2] = {};
};

TEST_F(SeparateLocksTest, MessagesWithRepliesOfTwoConnectionsTakeNoCommonLock) {
  expect_nothing_in_common(true, [](HANDLE port, Locks& locks) {
    for (int i = 0; i < kRounds; ++i) {
      const NotesLocks notes(locks, i != 0);
      Parked buffer(24);
      EXPECT_EQ(
          FilterGetMessage(port, reinterpret_cast<PFILTER_MESSAGE_HEADER>(buffer.bytes.data()), 24, nullptr),
          S_OK);
      answer(port, buffer.header().MessageId);
    }
  });
}

TEST_F(SeparateLocksTest, MessagesThroughTwoCompletionPortsTakeNoCommonLock) {
  expect_nothing_in_common(true, [](HANDLE port, Locks& locks) {
    HANDLE completions = CreateIoCompletionPort(port, nullptr, 1, 0);
    for (int i = 0; i < kRounds; ++i) {
      const NotesLocks notes(locks, i != 0);
      Parked buffer(24);
      FilterGetMessage(port, reinterpret_cast<PFILTER_MESSAGE_HEADER>(buffer.bytes.data()), 24,
                       &buffer.overlapped);
      DWORD count = 0;
      ULONG_PTR key = 0;
      OVERLAPPED* overlapped = nullptr;
      EXPECT_TRUE(GetQueuedCompletionStatus(completions, &count, &key, &overlapped, INFINITE));
      answer(port, buffer.header().MessageId);
    }
  });
}

TEST_F(SeparateLocksTest, RequestsOnTwoConnectionsTakeNoCommonLock) {
  Locks locks[2];
  for (std::size_t i = 0; i < 2; ++i) {
    m.in_client([&, i] {
      for (int round = 0; round < kRounds; ++round) {
        unsigned char in[8] = {};
        unsigned char out[8] = {};
        DWORD returned = 0;
        const NotesLocks notes(locks[i], round != 0);
        EXPECT_EQ(FilterSendMessage(ports[i], in, sizeof in, out, sizeof out, &returned), S_OK);
      }
      return true;
    });
  }
  Locks common;
  std::ranges::set_intersection(locks[0], locks[1], std::inserter(common, common.end()));
  EXPECT_EQ(common.size(), 0u);
}

}  // namespace
}  // namespace fltsim
