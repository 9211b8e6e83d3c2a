// OsHost: the Host of an ordinary program on Linux: POSIX threads, a futex per parking spot, the monotonic
// clock.
#pragma once

#include <fltlink/base/host.hpp>
#include <fltlink/os/assert.hpp>

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace fltlink {

// Any thread may use one object; it outlives every thread that it has started. Its clock is the wall clock as
// it stood when the object was made, carried on by the monotonic clock: it never goes back, and setting the
// system's clock later does not reach it. Points of two objects do not compare.
class OsHost final : public Host {
 public:
  OsHost() : epoch_(read_clock(CLOCK_REALTIME) + kUnixEpoch - read_clock(CLOCK_MONOTONIC)) {}

  Ticks now() override { return epoch_ + read_clock(CLOCK_MONOTONIC); }
  [[nodiscard]] ParkOutcome park(ParkingSpot& spot, Ticks deadline) override;
  void wake(ParkingSpot& spot) override;
  void relax() override;
  [[nodiscard]] void* spawn(const char* name, Entry entry, void* context) override;
  void join(void* token) override;

 private:
  // Values of ParkingSpot.state.
  static constexpr uint32_t kIdle = 0;
  static constexpr uint32_t kWakePending = 1;
  static constexpr uint32_t kParked = 2;

  // 1601-01-01 to 1970-01-01.
  static constexpr Ticks kUnixEpoch = 11'644'473'600 * kTicksPerSecond;
  static constexpr Ticks kNanosecondsPerTick = 100;

  // What pthread_getname_np shows: the kernel keeps 15 characters.
  static constexpr size_t kThreadNameSize = 16;

  struct SpawnedThread {
    pthread_t handle;
    Entry entry;
    void* context;
  };

  static Ticks read_clock(clockid_t clock);
  static void* run(void* spawned);
  bool wait_on_futex(ParkingSpot& spot, Ticks deadline) const;

  const Ticks epoch_;  // this host's time when the monotonic clock showed 0
};

inline Ticks OsHost::read_clock(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return static_cast<Ticks>(time.tv_sec) * kTicksPerSecond +
         static_cast<Ticks>(time.tv_nsec) / kNanosecondsPerTick;
}

// Returns false when the deadline has passed. Comes back early on a wake, a signal or for no reason.
inline bool OsHost::wait_on_futex(ParkingSpot& spot, Ticks deadline) const {
  timespec until{};
  if (deadline != kForever) {
    if (deadline <= epoch_) return false;
    until.tv_sec = static_cast<time_t>((deadline - epoch_) / kTicksPerSecond);
    until.tv_nsec = static_cast<long>((deadline - epoch_) % kTicksPerSecond * kNanosecondsPerTick);
  }
  // FUTEX_WAIT_BITSET takes a point of the monotonic clock, FUTEX_WAIT a duration.
  const long result = syscall(SYS_futex, spot.state.address(), FUTEX_WAIT_BITSET_PRIVATE, kParked,
                              deadline == kForever ? nullptr : &until, nullptr, FUTEX_BITSET_MATCH_ANY);
  return result == 0 || errno != ETIMEDOUT;
}

inline ParkOutcome OsHost::park(ParkingSpot& spot, Ticks deadline) {
  uint32_t state = kIdle;
  // Only this thread leaves kIdle for kParked and kParked or kWakePending for kIdle; wake() moves to
  // kWakePending.
  if (spot.state.compare_exchange_strong(state, kParked, MemoryOrder::kRelaxed, MemoryOrder::kRelaxed)) {
    bool in_time = true;
    while (in_time && spot.state.load(MemoryOrder::kRelaxed) == kParked)
      in_time = wait_on_futex(spot, deadline);
  }
  // SYNC POINT WAKE: pairs with the exchange in wake(); what the waker did before is visible after kWoken.
  const uint32_t last = spot.state.exchange(kIdle, MemoryOrder::kAcquire);
  return last == kWakePending ? ParkOutcome::kWoken : ParkOutcome::kTimedOut;
}

inline void OsHost::wake(ParkingSpot& spot) {
  // SYNC POINT WAKE: pairs with the exchange in park().
  if (spot.state.exchange(kWakePending, MemoryOrder::kRelease) == kParked)
    syscall(SYS_futex, spot.state.address(), FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

inline void OsHost::relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

inline void* OsHost::run(void* spawned) {
  const auto* thread = static_cast<SpawnedThread*>(spawned);
  thread->entry(thread->context);
  return nullptr;
}

inline void* OsHost::spawn(const char* name, Entry entry, void* context) {
  auto* thread = new (std::nothrow) SpawnedThread{{}, entry, context};
  if (thread == nullptr) return nullptr;
  if (pthread_create(&thread->handle, nullptr, &run, thread) != 0) {
    delete thread;
    return nullptr;
  }
  char short_name[kThreadNameSize] = {};
  std::memcpy(short_name, name, strnlen(name, kThreadNameSize - 1));
  pthread_setname_np(thread->handle, short_name);
  return thread;
}

inline void OsHost::join(void* token) {
  auto* thread = static_cast<SpawnedThread*>(token);
  FLTLINK_ASSERT(pthread_join(thread->handle, nullptr) == 0);
  delete thread;
}

}  // namespace fltlink
