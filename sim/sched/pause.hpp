#pragma once

namespace fltsim::sched {

// Between two looks at a word that another processor is about to change.
inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace fltsim::sched
