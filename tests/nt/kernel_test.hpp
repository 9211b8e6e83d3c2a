// A machine whose test code runs as kernel code, in a system thread.
#pragma once

#include <gtest/gtest.h>
#include <ntifs.h>

#include <functional>
#include <string>

#include "fltsim/machine.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim::nt {

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
