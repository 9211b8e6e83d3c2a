// A lock that belongs to one thread, its owner, and that others want once in a while. The owner takes it with a
// plain store and a load; who else wants it pays for both.
//
//   B1  The owner has the lock when it has stored busy_ and then read that nobody revokes (biased), or when it has
//       spin_.
//   B2  A visitor revokes, lets every thread of the process pass a full barrier, waits until busy_ is false, and takes
//       spin_. In the order of the owner's program its store of busy_ lies before the barrier or its load of
//       revocations_ behind it: the visitor waits for the first, and the owner of the second sees the revocation.
//   B3  While a revocation lasts, spin_ alone decides between all. One may last beyond a visit.
//   B4  What a biased owner writes reaches visitors through busy_ (release by unlock, acquire by wait_for_owner); what
//       a visitor writes reaches the owner through revocations_ (release by restore, acquire by lock) or spin_.
//
// The barrier is membarrier(2), which interrupts the processors that run threads of this process. The thread sanitizer
// does not know it: there both halves are sequentially consistent instead. Where the kernel refuses it, every lock is
// born revoked, and is a spin lock.
#pragma once

#include <atomic>
#include <cstdint>

namespace fltsim::fltmgr {

class alignas(64) BiasedLock {
 public:
  BiasedLock();
  BiasedLock(const BiasedLock&) = delete;
  BiasedLock& operator=(const BiasedLock&) = delete;

  // --- the owner; not twice ---

  void lock() {
    busy_.store(true, kOwnerStores);
    std::atomic_signal_fence(
        std::memory_order_seq_cst);  // for the compiler; the processor's is the visitor's (B2)
    if (revocations_.load(kOwnerLoads) != 0) [[unlikely]]
      lock_revoked();
  }
  void unlock() {
    if (has_spin_) [[unlikely]]
      return unlock_revoked();
    busy_.store(false, std::memory_order_release);  // B4
  }

  // --- visitors, in this order: revoke() for each lock that is wanted, one let_owners_pass(), and for each of them
  // wait_for_owner(), lock_spin(), unlock_spin(), restore(). Nobody waits for long: the owner holds the lock for a few
  // instructions, and visitors for as long as they look ---

  void revoke() { revocations_.fetch_add(1); }
  static void let_owners_pass();
  void wait_for_owner() const;
  void lock_spin();
  void unlock_spin() { spin_.store(false, std::memory_order_release); }
  void restore() { revocations_.fetch_sub(1, std::memory_order_release); }

 private:
#if defined(__SANITIZE_THREAD__)
#define FLTSIM_THREAD_SANITIZED
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FLTSIM_THREAD_SANITIZED
#endif
#endif
#ifdef FLTSIM_THREAD_SANITIZED
  static constexpr std::memory_order kOwnerStores = std::memory_order_seq_cst;
  static constexpr std::memory_order kOwnerLoads = std::memory_order_seq_cst;
#else
  static constexpr std::memory_order kOwnerStores = std::memory_order_relaxed;
  static constexpr std::memory_order kOwnerLoads = std::memory_order_acquire;  // B4
#endif

  void lock_revoked();
  void unlock_revoked();

  std::atomic<bool> busy_{false};  // stored by the owner
  bool has_spin_ = false;          // the owner's
  std::atomic<std::uint32_t> revocations_;
  std::atomic<bool> spin_{false};
};

}  // namespace fltsim::fltmgr
