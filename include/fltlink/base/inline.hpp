// For the few functions on a message's path that a compiler would call, and whose call costs as much as their work.
#pragma once

#if defined(_MSC_VER) && !defined(__clang__)
#define FLTLINK_ALWAYS_INLINE __forceinline
#define FLTLINK_NEVER_INLINE __declspec(noinline)
#else
#define FLTLINK_ALWAYS_INLINE [[gnu::always_inline]] inline
#define FLTLINK_NEVER_INLINE [[gnu::noinline]] inline
#endif
