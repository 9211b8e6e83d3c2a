// The seam through which the library waits, wakes, starts threads and reads the clock. The queue and the service take
// a Host as a parameter and touch no other source of time or threads, so that the same code runs on operating-system
// threads (os/os_host.hpp), on the simulator's scheduler (virtual time, one seed, one interleaving) and in a driver
// (KEVENT).
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <fltlink/base/atomic.hpp>

namespace fltlink {

// A point in time or a duration, in units of 100 ns. Points count from 1601-01-01 UTC, as in FILETIME and in
// DRIVER_MESSAGE.Timestamp.
using Ticks = uint64_t;

inline constexpr Ticks kForever = UINT64_MAX;
inline constexpr Ticks kTicksPerMicrosecond = 10;
inline constexpr Ticks kTicksPerMillisecond = 10'000;
inline constexpr Ticks kTicksPerSecond = 10'000'000;

enum class ParkOutcome {
  kWoken,     // a wake was there, or came; it is used up
  kTimedOut,  // the deadline passed without one
};

// Where one thread at a time parks. It remembers at most one wake, so a wake that comes before the park is not lost.
// It must outlive every park and wake on it. A driver stores its KEVENT in `host_data`; other hosts leave that alone.
struct ParkingSpot {
  Atomic<uint32_t> state{0};
  void* host_data = nullptr;
};

class Host {
 public:
  // The time now. Any thread; in a driver IRQL <= DISPATCH_LEVEL. Never blocks.
  virtual Ticks now() = 0;

  // Blocks the calling thread until `spot` is woken or `deadline` (a point; kForever for none) has passed. One thread
  // per spot. In a driver: PASSIVE_LEVEL, not alertable. Call it with no lock held.
  [[nodiscard]] virtual ParkOutcome park(ParkingSpot& spot, Ticks deadline) = 0;

  // Wakes the thread parked on `spot`, or lets its next park return at once. Any thread; in a driver
  // IRQL <= DISPATCH_LEVEL. Never blocks.
  virtual void wake(ParkingSpot& spot) = 0;

  // One step of a spin wait: a pause instruction, and a switch point of the seeded scheduler. Any thread; in a driver
  // IRQL <= DISPATCH_LEVEL. Never blocks.
  virtual void relax() = 0;

  // Starts a thread that runs entry(context). Returns a token for join, or nullptr when no thread can be had. `name`
  // must live until the thread has ended. Any thread; in a driver: PASSIVE_LEVEL. Does not wait for the new thread.
  using Entry = void (*)(void* context);
  [[nodiscard]] virtual void* spawn(const char* name, Entry entry, void* context) = 0;

  // Blocks until the thread of `token` has ended, and releases the token. Once per spawn, from another thread.
  virtual void join(void* token) = 0;

 protected:
  // Hosts are never deleted through this type; a virtual destructor would pull a heap into the driver tier.
  ~Host() = default;
};

}  // namespace fltlink
