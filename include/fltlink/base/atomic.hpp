// Atomic<T>: one value that several threads read and write. It replaces std::atomic in the driver tier, where
// <atomic> cannot go because it drags a hosted library in. There are no defaults and no operators: every
// access names its order, and a comment at that access names the partner it pairs with. Stand-alone fences
// are not offered, because the thread sanitizer cannot see them; put the ordering on the atomic instead.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <type_traits>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#if !defined(_M_X64)
#error "base/atomic.hpp knows MSVC on x64 only"
#endif
#define FLTLINK_ATOMIC_MSVC 1
#endif

namespace fltlink {

// The numbers are those of the compiler's builtins.
#ifdef FLTLINK_ATOMIC_MSVC
enum class MemoryOrder {
  kRelaxed,
  kAcquire,
  kRelease,
  kAcqRel,
  kSeqCst
};
#else
enum class MemoryOrder {
  kRelaxed = __ATOMIC_RELAXED,
  kAcquire = __ATOMIC_ACQUIRE,
  kRelease = __ATOMIC_RELEASE,
  kAcqRel = __ATOMIC_ACQ_REL,
  kSeqCst = __ATOMIC_SEQ_CST,
};
#endif

template <typename T>
concept AtomicInteger = std::is_integral_v<T> && !std::is_same_v<T, bool>;

// Size and alignment sizeof(T), so that an Atomic may lie in memory shared by layout (a ring's record
// header). Any thread, any IRQL; never blocks: the sizes allowed are lock-free on every machine we support.
template <typename T>
class Atomic {
  static_assert(std::is_trivially_copyable_v<T>, "an atomic value is moved as bytes");
  static_assert(sizeof(T) == 1 || sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8,
                "other sizes are not lock-free everywhere");

 public:
  constexpr Atomic() : value_{} {}
  constexpr explicit(false) Atomic(T value) : value_(value) {}
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  // Orders: kRelaxed, kAcquire, kSeqCst.
  [[nodiscard]] T load(MemoryOrder order) const;

  // Orders: kRelaxed, kRelease, kSeqCst.
  void store(T value, MemoryOrder order);

  // Returns the value before.
  T exchange(T value, MemoryOrder order);

  // Replaces `expected` by `desired` and returns true; or puts the value found into `expected` and returns
  // false. The weak form may fail without a reason and belongs in a loop. `failure` is a load's order.
  [[nodiscard]] bool compare_exchange_weak(T& expected, T desired, MemoryOrder success, MemoryOrder failure);
  [[nodiscard]] bool compare_exchange_strong(T& expected, T desired, MemoryOrder success,
                                             MemoryOrder failure);

  // Integers only; wrap at 2^n; return the value before.
  T fetch_add(T value, MemoryOrder order) requires AtomicInteger<T>;
  T fetch_sub(T value, MemoryOrder order) requires AtomicInteger<T>;
  T fetch_or(T value, MemoryOrder order) requires AtomicInteger<T>;
  T fetch_and(T value, MemoryOrder order) requires AtomicInteger<T>;

  // Where the value lies, for a host that hands the word to its operating system (futex).
  [[nodiscard]] T* address() { return &value_; }

 private:
  alignas(sizeof(T)) T value_;
};

#ifndef FLTLINK_ATOMIC_MSVC

template <typename T>
T Atomic<T>::load(MemoryOrder order) const {
  T value;
  __atomic_load(&value_, &value, static_cast<int>(order));
  return value;
}

template <typename T>
void Atomic<T>::store(T value, MemoryOrder order) {
  __atomic_store(&value_, &value, static_cast<int>(order));
}

template <typename T>
T Atomic<T>::exchange(T value, MemoryOrder order) {
  T before;
  __atomic_exchange(&value_, &value, &before, static_cast<int>(order));
  return before;
}

template <typename T>
bool Atomic<T>::compare_exchange_weak(T& expected, T desired, MemoryOrder success, MemoryOrder failure) {
  return __atomic_compare_exchange(&value_, &expected, &desired, true, static_cast<int>(success),
                                   static_cast<int>(failure));
}

template <typename T>
bool Atomic<T>::compare_exchange_strong(T& expected, T desired, MemoryOrder success, MemoryOrder failure) {
  return __atomic_compare_exchange(&value_, &expected, &desired, false, static_cast<int>(success),
                                   static_cast<int>(failure));
}

template <typename T>
T Atomic<T>::fetch_add(T value, MemoryOrder order) requires AtomicInteger<T> {
  return __atomic_fetch_add(&value_, value, static_cast<int>(order));
}

template <typename T>
T Atomic<T>::fetch_sub(T value, MemoryOrder order) requires AtomicInteger<T> {
  return __atomic_fetch_sub(&value_, value, static_cast<int>(order));
}

template <typename T>
T Atomic<T>::fetch_or(T value, MemoryOrder order) requires AtomicInteger<T> {
  return __atomic_fetch_or(&value_, value, static_cast<int>(order));
}

template <typename T>
T Atomic<T>::fetch_and(T value, MemoryOrder order) requires AtomicInteger<T> {
  return __atomic_fetch_and(&value_, value, static_cast<int>(order));
}

#else

// MSVC, x64: every interlocked operation is a full barrier, an ordinary load acquires, a store releases.

namespace detail {

template <size_t kSize>
struct Interlocked;

template <>
struct Interlocked<1> {
  using Word = char;
  static Word exchange(volatile Word* at, Word value) { return _InterlockedExchange8(at, value); }
  static Word compare_exchange(volatile Word* at, Word desired, Word expected) {
    return _InterlockedCompareExchange8(at, desired, expected);
  }
};

template <>
struct Interlocked<2> {
  using Word = short;
  static Word exchange(volatile Word* at, Word value) { return _InterlockedExchange16(at, value); }
  static Word compare_exchange(volatile Word* at, Word desired, Word expected) {
    return _InterlockedCompareExchange16(at, desired, expected);
  }
};

template <>
struct Interlocked<4> {
  using Word = long;
  static Word exchange(volatile Word* at, Word value) { return _InterlockedExchange(at, value); }
  static Word compare_exchange(volatile Word* at, Word desired, Word expected) {
    return _InterlockedCompareExchange(at, desired, expected);
  }
};

template <>
struct Interlocked<8> {
  using Word = __int64;
  static Word exchange(volatile Word* at, Word value) { return _InterlockedExchange64(at, value); }
  static Word compare_exchange(volatile Word* at, Word desired, Word expected) {
    return _InterlockedCompareExchange64(at, desired, expected);
  }
};

}  // namespace detail

template <typename T>
T Atomic<T>::load(MemoryOrder) const {
  const T value = *static_cast<const volatile T*>(&value_);
  _ReadWriteBarrier();
  return value;
}

template <typename T>
void Atomic<T>::store(T value, MemoryOrder order) {
  if (order == MemoryOrder::kSeqCst) {
    static_cast<void>(exchange(value, order));
    return;
  }
  _ReadWriteBarrier();
  *static_cast<volatile T*>(&value_) = value;
}

template <typename T>
T Atomic<T>::exchange(T value, MemoryOrder) {
  using Word = typename detail::Interlocked<sizeof(T)>::Word;
  return __builtin_bit_cast(
      T, detail::Interlocked<sizeof(T)>::exchange(reinterpret_cast<volatile Word*>(&value_),
                                                  __builtin_bit_cast(Word, value)));
}

template <typename T>
bool Atomic<T>::compare_exchange_strong(T& expected, T desired, MemoryOrder, MemoryOrder) {
  using Word = typename detail::Interlocked<sizeof(T)>::Word;
  const Word wanted = __builtin_bit_cast(Word, expected);
  const Word found = detail::Interlocked<sizeof(T)>::compare_exchange(
      reinterpret_cast<volatile Word*>(&value_), __builtin_bit_cast(Word, desired), wanted);
  expected = __builtin_bit_cast(T, found);
  return found == wanted;
}

template <typename T>
bool Atomic<T>::compare_exchange_weak(T& expected, T desired, MemoryOrder success, MemoryOrder failure) {
  return compare_exchange_strong(expected, desired, success, failure);
}

namespace detail {

template <typename T, typename Change>
T interlocked_update(Atomic<T>& atomic, Change change) {
  T before = atomic.load(MemoryOrder::kRelaxed);
  while (!atomic.compare_exchange_strong(before, static_cast<T>(change(before)), MemoryOrder::kSeqCst,
                                         MemoryOrder::kSeqCst)) {
  }
  return before;
}

}  // namespace detail

template <typename T>
T Atomic<T>::fetch_add(T value, MemoryOrder) requires AtomicInteger<T> {
  return detail::interlocked_update(*this, [value](T before) { return before + value; });
}

template <typename T>
T Atomic<T>::fetch_sub(T value, MemoryOrder) requires AtomicInteger<T> {
  return detail::interlocked_update(*this, [value](T before) { return before - value; });
}

template <typename T>
T Atomic<T>::fetch_or(T value, MemoryOrder) requires AtomicInteger<T> {
  return detail::interlocked_update(*this, [value](T before) { return before | value; });
}

template <typename T>
T Atomic<T>::fetch_and(T value, MemoryOrder) requires AtomicInteger<T> {
  return detail::interlocked_update(*this, [value](T before) { return before & value; });
}

#endif

}  // namespace fltlink
