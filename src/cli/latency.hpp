// A histogram of durations that takes the same memory however many are added.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <fltlink/base/atomic.hpp>
#include <fltlink/base/host.hpp>

namespace fltlink::cli {

// Durations up to 63 ticks are kept exactly, longer ones to within 1/32 of their length. add() may be called
// by any thread, several at once; percentile() by one thread while nobody adds.
class LatencyHistogram {
 public:
  void add(Ticks duration) { counts_[bucket_of(duration)].fetch_add(1, MemoryOrder::kRelaxed); }

  [[nodiscard]] std::uint64_t count() const {
    std::uint64_t total = 0;
    for (const auto& count : counts_) total += count.load(MemoryOrder::kRelaxed);
    return total;
  }

  // The least duration (rounded up as said above) that `per_thousand` of 1000 durations do not exceed; 0
  // without any.
  [[nodiscard]] Ticks percentile(std::uint64_t per_thousand) const {
    const std::uint64_t total = count();
    const std::uint64_t rank = (total * per_thousand + 999) / 1000;
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
      seen += counts_[bucket].load(MemoryOrder::kRelaxed);
      if (seen != 0 && seen >= rank) return last_of(bucket);
    }
    return 0;
  }

 private:
  // Each power of two from 64 on is cut into 32 buckets.
  static constexpr unsigned kStepBits = 5;
  static constexpr std::size_t kSteps = std::size_t{1} << kStepBits;
  static constexpr std::size_t kBuckets = (64 - kStepBits + 1) * kSteps;

  static constexpr unsigned shift_of(Ticks duration) {
    const auto width = static_cast<unsigned>(std::bit_width(duration));
    return width <= kStepBits + 1 ? 0 : width - kStepBits - 1;
  }
  static constexpr std::size_t bucket_of(Ticks duration) {
    const unsigned shift = shift_of(duration);
    return shift * kSteps + static_cast<std::size_t>(duration >> shift);
  }
  static constexpr Ticks last_of(std::size_t bucket) {
    if (bucket < 2 * kSteps) return bucket;
    const auto shift = static_cast<unsigned>(bucket / kSteps - 1);
    return ((static_cast<Ticks>(bucket - shift * kSteps) + 1) << shift) - 1;
  }

  std::array<Atomic<std::uint64_t>, kBuckets> counts_{};
};

}  // namespace fltlink::cli
