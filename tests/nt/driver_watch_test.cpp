// The watch over reply buffers without a watched driver: the test calls what its instrumentation would.
#include "nt/driver_watch.hpp"

#include <array>

#include "loader/watch/watch.h"
#include "nt/kernel_test.hpp"

namespace fltsim::nt {
namespace {

class DriverWatchTest : public KernelTest {
 protected:
  static void reads(const void* at, std::size_t size) { fltsim_driver_touches(at, size, 0); }
  static void writes(const void* at, std::size_t size) { fltsim_driver_touches(at, size, 1); }
  // A send that was answered with `written` bytes of the buffer, of which `usable` may be used.
  void leave(const void* at, std::size_t size, std::size_t written = 0, std::size_t usable = 0) {
    reads(&machine_, 1);  // from now on the machine knows that there is a watched driver
    machine_.system().nt().driver_watch().leave_reply({at, size, written, usable, "returned 0x00000102", {}});
  }
  std::uint64_t count() { return machine_.verifier().count("VER-49"); }

  std::array<std::uint8_t, 8> reply_{};
};

TEST_F(DriverWatchTest, UnansweredByteIsFoundWhenItIsRead) {  // VER-49, WIRE-10
  finds("VER-49", [&] {
    leave(reply_.data(), 8, 4, 4);
    reads(reply_.data(), 4);
    EXPECT_EQ(count(), 0u);
    reads(reply_.data() + 3, 2);
    reads(reply_.data() + 3, 2);
  });
}

TEST_F(DriverWatchTest, BytesOfARefusedReplyAreAWarning) {  // VER-49, WIRE-12, REPLY-6
  kernel([&] {
    leave(reply_.data(), 8, 8, 0);
    reads(reply_.data(), 1);
  });
  EXPECT_EQ(count(), 1u);
  EXPECT_TRUE(machine_.verifier().clean());
}

TEST_F(DriverWatchTest, WhatTheDriverHasWrittenIsItsOwn) {  // VER-49
  finds("VER-49", [&] {
    leave(reply_.data(), 8);
    writes(reply_.data() + 2, 4);
    reads(reply_.data() + 2, 4);
    EXPECT_EQ(count(), 0u);
    reads(reply_.data(), 8);
  });
}

TEST_F(DriverWatchTest, WhatARoutineOfTheMachineHasWrittenIsNoFinding) {  // VER-49
  kernel([&] {
    leave(reply_.data(), 8);
    reply_.fill(7);
    reads(reply_.data(), 8);
  });
  EXPECT_EQ(count(), 0u);
}

TEST_F(DriverWatchTest, BufferThatIsSentAgainAndAnsweredIsAnAnswer) {  // VER-49
  kernel([&] {
    leave(reply_.data(), 8);
    leave(reply_.data(), 8, 8, 8);
    reads(reply_.data(), 8);
  });
  EXPECT_EQ(count(), 0u);
}

TEST_F(DriverWatchTest, MemoryThatWasFreedIsAnothersWhenItComesAgain) {  // VER-49
  kernel([&] {
    void* reply = ExAllocatePool2(POOL_FLAG_PAGED, 8, 1);
    leave(reply, 8);
    ExFreePoolWithTag(reply, 1);
    reads(reply, 8);
  });
  EXPECT_EQ(count(), 0u);
}

// A function whose reply buffer is a local; at its end the instrumentation calls what the last line does. The local is
// long, so that what runs later leaves its beginning as it is.
__attribute__((noinline)) void ask_with_a_local(const std::function<void(const void*)>& send) {
  volatile std::uint8_t local[4096] = {};
  send(const_cast<const std::uint8_t*>(local));
  fltsim_driver_leaves(__builtin_frame_address(0));
}

TEST_F(DriverWatchTest, LocalIsForgottenWithItsFunction) {  // VER-49
  finds("VER-49", [&] {
    const void* left = nullptr;
    ask_with_a_local([&](const void* local) {
      leave(local, 8);
      reads(local, 8);
      EXPECT_EQ(count(), 1u) << "until then it is looked at";
      leave(local, 8);
      left = local;
    });
    reads(left, 8);
  });
}

}  // namespace
}  // namespace fltsim::nt
