// What a message through a filter's port costs: FltSendMessage with a reply, FilterGetMessage, FilterReplyMessage and
// back. Beside it the least that two threads can do to wait for each other, a word in a cache line (looking) and a futex
// (parking), and what a Linux program would take instead. The machine runs on the operating system's threads, without
// trace and verifier; one thread is the driver's, one the client's.
#include <fltKernel.h>
#include <fltUser.h>
#include <linux/futex.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "fltsim/driver.hpp"
#include "fltsim/lambda_driver.hpp"
#include "fltsim/machine.hpp"
#include "harness.hpp"

namespace fltlink::bench {
namespace {

constexpr std::uint32_t kMessageSize = 64;
constexpr std::uint32_t kReplySize = 16;
constexpr std::uint32_t kLooks = 2000;  // about as long as a wake-up takes
constexpr std::uint64_t kWarmUp = 200;
constexpr int kConnectionsMax = 2;

struct Message {
  std::uint64_t number;
  std::uint8_t rest[kMessageSize - sizeof(std::uint64_t)];
};
struct Reply {
  std::uint64_t number;
  std::uint64_t unused;
};
static_assert(sizeof(Message) == kMessageSize && sizeof(Reply) == kReplySize);

// --- ours ---

struct Received {
  FILTER_MESSAGE_HEADER header;
  Message message;
};
struct Replied {
  FILTER_REPLY_HEADER header;
  Reply reply;
};

// Where the two threads of a connection run.
struct Placement {
  int driver;
  int client;
};

// A machine with a driver that has a port, and a client with some connections to it.
class Port {
 public:
  explicit Port(std::uint32_t looks, fltsim::SchedulerKind scheduler = fltsim::SchedulerKind::kHost)
      : machine_(options(looks, scheduler)) {
    fltsim::LambdaDriver driver;
    driver.registered = [this](PFLT_FILTER filter) { return create(filter); };
    driver.unload = [this](PFLT_FILTER, FLT_FILTER_UNLOAD_FLAGS) {
      FltCloseCommunicationPort(server_);
      return STATUS_SUCCESS;
    };
    driver_.emplace(machine_.load_driver(driver, {.name = u"porter"}));
    client_.emplace(
        machine_.start_process({.image = u"C:\\App\\service.exe", .user = fltsim::User::kSystem}));
  }

  // As many messages on each of the connections, all at once; nanoseconds per message.
  Sample run(std::uint64_t messages, bool with_reply, const std::vector<Placement>& placements) {
    std::vector<Side> sides(placements.size());
    bool right = client_->run([&] {
      for (Side& side : sides) side.handle = connect();
    }) == fltsim::Outcome::kDone;
    std::vector<fltsim::ThreadHandle> threads;
    for (std::size_t i = 0; i < placements.size(); ++i) {
      threads.push_back(client_->start_thread("client", [&, i] {
        pin_to(placements[i].client);
        answer(sides[i], messages + kWarmUp, with_reply);
      }));
      threads.push_back(machine_.system_process().start_thread("driver", [&, i] {
        pin_to(placements[i].driver);
        ask(i, sides[i], messages, with_reply);
      }));
    }
    for (auto& thread : threads) right = thread.join() == fltsim::Outcome::kDone && right;
    Sample sample{0, right};
    for (const Side& side : sides) {
      sample.ns = std::max(sample.ns, side.ns / static_cast<double>(messages * placements.size()));
      sample.right = sample.right && side.right;
    }
    return sample;
  }

 private:
  struct Side {
    HANDLE handle = nullptr;
    double ns = 0;
    bool right = true;
  };

  static fltsim::Options options(std::uint32_t looks, fltsim::SchedulerKind scheduler) {
    fltsim::Options options;
    options.scheduler = scheduler;
    options.trace = false;
    options.verifier = false;
    options.host_looks = looks;
    return options;
  }

  NTSTATUS create(PFLT_FILTER filter) {
    filter_ = filter;
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, u"\\BenchPort");
    PSECURITY_DESCRIPTOR descriptor = nullptr;
    FltBuildDefaultSecurityDescriptor(&descriptor, FLT_PORT_ALL_ACCESS);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr,
                               descriptor);
    const NTSTATUS status = FltCreateCommunicationPort(filter, &server_, &attributes, this, &connected,
                                                       &disconnected, nullptr, kConnectionsMax);
    FltFreeSecurityDescriptor(descriptor);
    return status;
  }
  static NTSTATUS connected(PFLT_PORT port, PVOID cookie, PVOID, ULONG, PVOID* connection_cookie) {
    auto* self = static_cast<Port*>(cookie);
    const std::lock_guard lock(self->mutex_);
    for (Connection& connection : self->connections_) {
      if (connection.port != nullptr) continue;
      connection = {port, self->filter_};
      *connection_cookie = &connection;
      return STATUS_SUCCESS;
    }
    return STATUS_CONNECTION_COUNT_LIMIT;
  }
  static VOID disconnected(PVOID cookie) {
    auto* connection = static_cast<Connection*>(cookie);
    FltCloseClientPort(connection->filter, &connection->port);
  }

  static HANDLE connect() {
    HANDLE handle = nullptr;
    FilterConnectCommunicationPort(u"\\BenchPort", 0, nullptr, 0, nullptr, &handle);
    return handle;
  }

  void ask(std::size_t connection, Side& side, std::uint64_t messages, bool with_reply) {
    PFLT_PORT* port = &connections_[connection].port;
    LARGE_INTEGER timeout;
    timeout.QuadPart = -std::int64_t{60} * 10'000'000;
    double begin = 0;
    for (std::uint64_t i = 0; i < messages + kWarmUp; ++i) {
      if (i == kWarmUp) begin = now_ns();
      Message message{};
      message.number = i;
      Reply reply{};
      ULONG size = sizeof reply;
      const NTSTATUS status = FltSendMessage(filter_, port, &message, sizeof message,
                                             with_reply ? &reply : nullptr, &size, &timeout);
      side.right = side.right && status == STATUS_SUCCESS && (!with_reply || reply.number == ~i);
    }
    side.ns = now_ns() - begin;
  }

  static void answer(Side& side, std::uint64_t messages, bool with_reply) {
    Received received;
    for (std::uint64_t i = 0; i < messages; ++i) {
      const HRESULT got = FilterGetMessage(side.handle, &received.header, sizeof received, nullptr);
      side.right = side.right && got == S_OK && received.message.number == i;
      if (!with_reply) continue;
      Replied replied{{STATUS_SUCCESS, received.header.MessageId}, {~received.message.number, 0}};
      side.right = FilterReplyMessage(side.handle, &replied.header, sizeof replied) == S_OK && side.right;
    }
    CloseHandle(side.handle);
  }

  struct Connection {
    PFLT_PORT port = nullptr;
    PFLT_FILTER filter = nullptr;
  };
  fltsim::Machine machine_;
  std::optional<fltsim::Driver> driver_;
  std::optional<fltsim::Process> client_;
  PFLT_FILTER filter_ = nullptr;
  PFLT_PORT server_ = nullptr;
  std::mutex mutex_;  // connections_, while they connect
  std::array<Connection, kConnectionsMax> connections_{};
};

Candidate ours(std::string name, std::uint32_t looks, bool with_reply, std::vector<Placement> placements) {
  return {std::move(name), [=](std::uint64_t messages) {
            return Port(looks).run(messages / placements.size(), with_reply, placements);
          }};
}

// --- the limits and the peers ---

// One direction of a hand-over between two threads.
class Channel {
 public:
  virtual ~Channel() = default;
  virtual void send() = 0;
  virtual void receive() = 0;
};

class CacheLine final : public Channel {
 public:
  void send() override { word_.store(++sent_, std::memory_order_release); }
  void receive() override {
    for (++received_; word_.load(std::memory_order_acquire) != received_;) __builtin_ia32_pause();
  }

 private:
  alignas(64) std::atomic<std::uint32_t> word_{0};
  alignas(64) std::uint32_t sent_ = 0;
  alignas(64) std::uint32_t received_ = 0;
};

// Parks at once, and is woken only if it has.
class Futex final : public Channel {
 public:
  void send() override {
    if (word_.exchange(kFull) == kParked) call(FUTEX_WAKE_PRIVATE, 1);
  }
  void receive() override {
    std::uint32_t word = kEmpty;
    if (word_.compare_exchange_strong(word, kParked)) {
      while (word_.load() == kParked) call(FUTEX_WAIT_PRIVATE, kParked);
    }
    word_.store(kEmpty);
  }

 private:
  static constexpr std::uint32_t kEmpty = 0;
  static constexpr std::uint32_t kFull = 1;
  static constexpr std::uint32_t kParked = 2;
  void call(int operation, std::uint32_t value) {
    syscall(SYS_futex, &word_, operation, value, nullptr, nullptr, 0);
  }
  alignas(64) std::atomic<std::uint32_t> word_{kEmpty};
};

class CondVar final : public Channel {
 public:
  void send() override {
    {
      const std::lock_guard lock(mutex_);
      full_ = true;
    }
    changed_.notify_one();
  }
  void receive() override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return full_; });
    full_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool full_ = false;
};

// A message of the same size through the kernel, which copies it twice.
class SeqPacket final : public Channel {
 public:
  SeqPacket() {
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends_) != 0) std::abort();
  }
  ~SeqPacket() override {
    close(ends_[0]);
    close(ends_[1]);
  }
  void send() override {
    if (write(ends_[0], out_, sizeof out_) != sizeof out_) std::abort();
  }
  void receive() override {
    if (read(ends_[1], in_, sizeof in_) != sizeof in_) std::abort();
  }

 private:
  int ends_[2];
  char out_[kMessageSize] = {};
  char in_[kMessageSize];
};

template <class Way>
Candidate peer(std::string name, Placement placement, bool with_reply = true) {
  return {std::move(name), [=](std::uint64_t messages) {
            Way there;
            Way back;
            std::thread answering([&] {
              pin_to(placement.client);
              for (std::uint64_t i = 0; i < messages + kWarmUp; ++i) {
                there.receive();
                if (with_reply || i + 1 == messages + kWarmUp) back.send();
              }
            });
            double begin = 0;
            double end = 0;
            std::thread asking([&] {
              pin_to(placement.driver);
              for (std::uint64_t i = 0; i < messages + kWarmUp; ++i) {
                if (i == kWarmUp) begin = now_ns();
                there.send();
                if (with_reply || i + 1 == messages + kWarmUp) back.receive();
              }
              end = now_ns();
            });
            asking.join();
            answering.join();
            return Sample{(end - begin) / static_cast<double>(messages)};
          }};
}

// --- the question ---

constexpr Placement kApart{0, 1};
constexpr Placement kTogether{0, 0};
constexpr Placement kTogetherElsewhere{1, 1};

std::vector<Case> cases(bool) {
  std::vector<Case> all;
  all.push_back({.name = "looking, one connection",
                 .operations = 20'000,
                 .candidates = {ours("port", kLooks, true, {kApart}), peer<CacheLine>("cache line", kApart)},
                 .comparisons = {{"port", "cache line", Relation::kTimesAsLong, 3, 3}},
                 .crosses_processors = true});
  const auto parked = [](std::string name, Placement placement, bool crosses) {
    return Case{.name = std::move(name),
                .operations = 2'000,
                .candidates = {ours("port", 0, true, {placement}), peer<Futex>("futex", placement),
                               peer<CondVar>("mutex and condition", placement),
                               peer<SeqPacket>("seqpacket socket", placement)},
                .comparisons = {{"port", "futex", Relation::kTimesAsLong, 1.1, 1.1},
                                {"port", "mutex and condition"},
                                {"port", "seqpacket socket"}},
                .crosses_processors = crosses};
  };
  all.push_back(parked("parked, two processors", kApart, true));
  all.push_back(parked("parked, one processor", kTogether, false));
  // Each connection's threads on a processor of their own: twice as many messages when nothing is shared.
  all.push_back({.name = "parked, two connections",
                 .operations = 4'000,
                 .candidates = {ours("two connections", 0, true, {kTogether, kTogetherElsewhere}),
                                ours("one connection", 0, true, {kTogether})},
                 .comparisons = {{"two connections", "one connection"}}});
  all.push_back({.name = "looking, one way",
                 .operations = 20'000,
                 .candidates = {ours("port", kLooks, false, {kApart}),
                                peer<SeqPacket>("seqpacket socket", kApart, false)},
                 .comparisons = {{"port", "seqpacket socket"}},
                 .crosses_processors = true});
  return all;
}

// On the seeded scheduler, which repeats itself: on the host's, who comes too late to park depends on what else runs.
void count(std::uint64_t operations) {
  Port(0, fltsim::SchedulerKind::kSeeded).run(operations, true, {kTogether});
}

}  // namespace
}  // namespace fltlink::bench

int main(int argc, char** argv) {
  return fltlink::bench::run_question(
      argc, argv,
      {.name = "port_round_trip",
       .text = "What does a message through a port cost, with the reply to it?",
       .cases = fltlink::bench::cases,
       .counted = {{"in_turns", fltlink::bench::count}}});
}
