// Shortages: what the loop runs out of, told once when it begins and once when it is over, however many
// messages meet it in between. A shortage is over when nobody has met it for a while, so that one that comes
// and goes with each message is one shortage and not thousands.
#pragma once

#include <array>
#include <mutex>
#include <optional>

#include <fltlink/base/host.hpp>

namespace fltlink::detail {

enum class Shortage : size_t {
  kReceives,
  kWorkers,
  kPlaces,  // for questions that wait
};
inline constexpr size_t kShortages = 3;

// Any thread; never blocks for long: the mutex is a leaf.
class Shortages {
 public:
  struct Ended {
    Shortage shortage;
    Ticks lasted;  // until it was met last
  };

  explicit Shortages(Ticks quiet) : quiet_(quiet) {}

  // Somebody met it. True when it begins with that.
  [[nodiscard]] bool meet(Shortage shortage, Ticks now) {
    const std::lock_guard lock(mutex_);
    State& state = states_[static_cast<size_t>(shortage)];
    state.met = now;
    if (state.lasts) return false;
    state.lasts = true;
    state.began = now;
    return true;
  }

  // One that is over, if any. `still_short(shortage)` may know that one lasts although nobody has met it
  // since.
  template <typename StillShort>
  [[nodiscard]] std::optional<Ended> take_ended(Ticks now, const StillShort& still_short) {
    const std::lock_guard lock(mutex_);
    for (size_t index = 0; index < kShortages; ++index) {
      State& state = states_[index];
      const auto shortage = static_cast<Shortage>(index);
      if (!state.lasts || now - state.met < quiet_) continue;
      if (still_short(shortage)) {
        state.met = now;
        continue;
      }
      state.lasts = false;
      return Ended{shortage, state.met - state.began};
    }
    return std::nullopt;
  }

  // When to ask again for ended ones; kForever when there is nothing to wait for.
  [[nodiscard]] Ticks next() const {
    const std::lock_guard lock(mutex_);
    Ticks next = kForever;
    for (const State& state : states_) {
      if (state.lasts && quiet_ < next - state.met) next = state.met + quiet_;
    }
    return next;
  }

 private:
  struct State {
    bool lasts = false;
    Ticks began = 0;
    Ticks met = 0;
  };

  const Ticks quiet_;
  mutable std::mutex mutex_;
  std::array<State, kShortages> states_;  // under mutex_
};

}  // namespace fltlink::detail
