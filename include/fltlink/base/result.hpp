// Result: a value or the reason why there is none, never both.
#pragma once

#include <type_traits>

#include <fltlink/base/assert.hpp>

namespace fltlink {

template <typename T, typename E>
class [[nodiscard]] Result {
  static_assert(std::is_enum_v<E>, "the reason is an enum");
  static_assert(std::is_default_constructible_v<T>, "a failed result holds an empty value");
  static_assert(!std::is_same_v<T, E>, "value and reason are told apart by type");

 public:
  Result(T value) : value_(value), ok_(true) {}
  Result(E error) : error_(error) {}

  [[nodiscard]] bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }

  // REQUIRES: ok().
  [[nodiscard]] const T& value() const {
    FLTLINK_ASSERT(ok_);
    return value_;
  }
  const T& operator*() const { return value(); }
  const T* operator->() const { return &value(); }

  // REQUIRES: !ok().
  [[nodiscard]] E error() const {
    FLTLINK_ASSERT(!ok_);
    return error_;
  }

 private:
  T value_{};
  E error_{};
  bool ok_ = false;
};

}  // namespace fltlink
