// Events, waits, threads and the clock of programs.
#include <fltUser.h>

#include <gtest/gtest.h>

#include <array>

#include "fltsim/machine.hpp"

namespace fltsim {
namespace {

class Win32Test : public testing::Test {
 protected:
  void program(std::function<void()> code) {
    EXPECT_EQ(machine.start_process({.image = u"C:\\program.exe"}).run(std::move(code)), Outcome::kDone);
  }
  Machine machine;
};

TEST_F(Win32Test, LastErrorBelongsToTheThread) {
  program([] {
    SetLastError(1234);
    EXPECT_EQ(GetLastError(), 1234u);
    DWORD others = 0;
    HANDLE thread = CreateThread(
        nullptr, 0,
        [](LPVOID error) -> DWORD {
          *static_cast<DWORD*>(error) = GetLastError();
          SetLastError(99);
          return 0;
        },
        &others, 0, nullptr);
    EXPECT_EQ(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    EXPECT_EQ(others, 0u);
    EXPECT_EQ(GetLastError(), 1234u);
    CloseHandle(thread);
  });
}

TEST_F(Win32Test, ThreadRunsWithItsParameterInItsProcess) {
  program([] {
    struct Seen {
      DWORD process, thread;
    } seen{};
    DWORD id = 0;
    HANDLE thread = CreateThread(
        nullptr, 0,
        [](LPVOID out) -> DWORD {
          *static_cast<Seen*>(out) = {GetCurrentProcessId(), GetCurrentThreadId()};
          return 7;
        },
        &seen, 0, &id);
    ASSERT_NE(thread, nullptr);
    EXPECT_EQ(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    EXPECT_EQ(seen.process, GetCurrentProcessId());
    EXPECT_EQ(seen.thread, id);
    EXPECT_NE(id, GetCurrentThreadId());
    CloseHandle(thread);
  });
}

TEST_F(Win32Test, ManualEventStaysSetUntilItIsReset) {
  program([] {
    HANDLE event = CreateEventW(nullptr, TRUE, TRUE, nullptr);
    EXPECT_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    EXPECT_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    EXPECT_TRUE(ResetEvent(event));
    EXPECT_EQ(WaitForSingleObject(event, 0), static_cast<DWORD>(WAIT_TIMEOUT));
    CloseHandle(event);
    EXPECT_FALSE(ResetEvent(event));
    EXPECT_EQ(GetLastError(), static_cast<DWORD>(ERROR_INVALID_HANDLE));
  });
}

TEST_F(Win32Test, WaitForAnyReturnsTheFirstAndForAllTakesAll) {
  program([] {
    std::array<HANDLE, 3> events{};
    for (HANDLE& event : events) event = CreateEventW(nullptr, FALSE, FALSE, nullptr);
    EXPECT_EQ(WaitForMultipleObjects(3, events.data(), FALSE, 0), static_cast<DWORD>(WAIT_TIMEOUT));
    SetEvent(events[2]);
    SetEvent(events[1]);
    EXPECT_EQ(WaitForMultipleObjects(3, events.data(), FALSE, INFINITE), WAIT_OBJECT_0 + 1)
        << "the lowest index";
    EXPECT_EQ(WaitForMultipleObjects(3, events.data(), TRUE, 5), static_cast<DWORD>(WAIT_TIMEOUT));
    EXPECT_EQ(WaitForSingleObject(events[2], 0), WAIT_OBJECT_0) << "a wait for all takes none on a timeout";
    for (HANDLE event : events) SetEvent(event);
    EXPECT_EQ(WaitForMultipleObjects(3, events.data(), TRUE, INFINITE), WAIT_OBJECT_0);
    EXPECT_EQ(WaitForSingleObject(events[0], 0), static_cast<DWORD>(WAIT_TIMEOUT));
    EXPECT_EQ(WaitForMultipleObjects(0, events.data(), TRUE, 0), WAIT_FAILED);
    EXPECT_EQ(GetLastError(), static_cast<DWORD>(ERROR_INVALID_PARAMETER));
    std::array<HANDLE, 65> many{};
    many.fill(events[0]);
    EXPECT_EQ(WaitForMultipleObjects(65, many.data(), FALSE, 0), WAIT_FAILED);
    for (HANDLE event : events) CloseHandle(event);
  });
}

TEST_F(Win32Test, ClockCountsMillisecondsWhileTheProgramSleeps) {
  program([] {
    const ULONGLONG before = GetTickCount64();
    Sleep(250);
    EXPECT_EQ(GetTickCount64() - before, 250u);
  });
}

}  // namespace
}  // namespace fltsim
