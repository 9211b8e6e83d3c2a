// A machine whose test code runs as kernel code, in a system thread.
#pragma once

#include <gtest/gtest.h>
#include <ntifs.h>

#include <csetjmp>
#include <functional>
#include <string>

#include "fltsim/machine.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim::nt {

inline constexpr ULONG kTag = 0x74736554;  // 'Test'

inline UNICODE_STRING string(PCWSTR text) {
  UNICODE_STRING result;
  RtlInitUnicodeString(&result, text);
  return result;
}

inline std::u16string text(const UNICODE_STRING& value) {
  return {value.Buffer, value.Length / sizeof(WCHAR)};
}

inline std::string text(const STRING& value) { return {value.Buffer, value.Length}; }

inline POBJECT_TYPE wdk(const ObjectType& type) {
  return reinterpret_cast<POBJECT_TYPE>(const_cast<ObjectType*>(&type));
}

inline LARGE_INTEGER relative_ms(LONGLONG ms) {
  LARGE_INTEGER time;
  time.QuadPart = -ms * 10'000;
  return time;
}

// The status that `code` raises, or STATUS_SUCCESS: what a driver's __try and __except around it would see.
inline NTSTATUS status_raised_by(const std::function<void()>& code) {
  fltsim_seh_frame frame{};
  fltsim_seh_enter(&frame, FLTSIM_SEH_TAKES_ALL);
  if (_setjmp(reinterpret_cast<__jmp_buf_tag*>(frame.jump_buffer)) != 0) return frame.record.ExceptionCode;
  code();
  fltsim_seh_exit(&frame);
  return STATUS_SUCCESS;
}

class KernelTest : public testing::Test {
 protected:
  void kernel(std::function<void()> code) {
    ASSERT_EQ(machine_.system_process().run(std::move(code)), Outcome::kDone);
  }
  // Code that Windows would stop at: the machine stops with this finding.
  void fatal(const char* id, std::function<void()> code) {
    machine_.verifier().expect(id);
    EXPECT_EQ(machine_.system_process().run(std::move(code)), Outcome::kStopped);
    EXPECT_EQ(machine_.verifier().count(id), 1u) << id;
  }
  // Code with a finding that it survives.
  void finds(const char* id, std::function<void()> code) {
    machine_.verifier().expect(id);
    kernel(std::move(code));
    EXPECT_EQ(machine_.verifier().count(id), 1u) << id;
  }
  ThreadHandle start(std::function<void()> code) {
    return machine_.system_process().start_thread("other", std::move(code));
  }

  Machine machine_;
};

}  // namespace fltsim::nt
