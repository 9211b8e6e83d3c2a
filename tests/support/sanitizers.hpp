// Which sanitizer a test was built with: some take more memory, and see less, than the test is about.
#pragma once

#if defined(__has_feature)  // clang; gcc has macros of its own
#define FLTLINK_HAS_FEATURE(feature) __has_feature(feature)
#else
#define FLTLINK_HAS_FEATURE(feature) 0
#endif

namespace fltlink::test {

#if defined(__SANITIZE_ADDRESS__) || FLTLINK_HAS_FEATURE(address_sanitizer)
inline constexpr bool kAddressSanitized = true;
#else
inline constexpr bool kAddressSanitized = false;
#endif

#if defined(__SANITIZE_THREAD__) || FLTLINK_HAS_FEATURE(thread_sanitizer)
inline constexpr bool kThreadSanitized = true;
#else
inline constexpr bool kThreadSanitized = false;
#endif

}  // namespace fltlink::test
