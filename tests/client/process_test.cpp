// Handles that cross processes: opening one, duplicating into one, inheriting.
#include <fltUser.h>

#include <gtest/gtest.h>

#include "fltsim/machine.hpp"

namespace fltsim {
namespace {

class ProcessHandleTest : public testing::Test {
 protected:
  Process start(User user) { return machine.start_process({.image = u"C:\\program.exe", .user = user}); }
  // The last error of `from` opening `target`, 0 when it got a handle.
  DWORD error_of_opening(Process& from, std::uint32_t target) {
    DWORD error = ~DWORD{0};
    EXPECT_EQ(from.run([&] {
      HANDLE process = OpenProcess(PROCESS_DUP_HANDLE, FALSE, target);
      error = process != nullptr ? 0 : GetLastError();
      if (process != nullptr) CloseHandle(process);
    }),
              Outcome::kDone);
    return error;
  }
  Machine machine;
};

TEST_F(ProcessHandleTest, OnesOwnUserAndWhoMayDebugOpenAProcess) {
  Process service = start(User::kSystem);
  Process administrator = start(User::kAdministrator);
  Process ordinary = start(User::kOrdinary);
  Process filtered = start(User::kFilteredAdministrator);
  EXPECT_EQ(error_of_opening(ordinary, start(User::kOrdinary).id()), 0u);
  EXPECT_EQ(error_of_opening(administrator, service.id()), 0u);
  EXPECT_EQ(error_of_opening(ordinary, service.id()), 5u);
  EXPECT_EQ(error_of_opening(filtered, service.id()), 5u);
  EXPECT_EQ(error_of_opening(administrator, 0xFFFFFFF0), 87u);
}

// CONN-18.
TEST_F(ProcessHandleTest, DuplicatingNeedsTheRightOnTheProcess) {
  Process source = start(User::kOrdinary);
  Process target = start(User::kOrdinary);
  EXPECT_EQ(source.run([&] {
    HANDLE event = CreateEventW(nullptr, FALSE, FALSE, nullptr);
    HANDLE weak = OpenProcess(0x00100000, FALSE, target.id());
    HANDLE strong = OpenProcess(PROCESS_DUP_HANDLE, FALSE, target.id());
    HANDLE made = nullptr;
    EXPECT_FALSE(DuplicateHandle(GetCurrentProcess(), event, weak, &made, 0, FALSE, DUPLICATE_SAME_ACCESS));
    EXPECT_EQ(GetLastError(), 5u);
    EXPECT_TRUE(DuplicateHandle(GetCurrentProcess(), event, strong, &made, 0, FALSE, DUPLICATE_SAME_ACCESS));
    for (HANDLE handle : {event, weak, strong}) CloseHandle(handle);
  }),
            Outcome::kDone);
}

// CONN-1: a child gets what was made inheritable, under the same value, and nothing else.
TEST_F(ProcessHandleTest, InheritableHandlesAreInheritedWithTheirValues) {
  Process parent = start(User::kOrdinary);
  HANDLE kept = nullptr;
  HANDLE inherited = nullptr;
  EXPECT_EQ(parent.run([&] {
    SECURITY_ATTRIBUTES inheritable{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
    kept = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    inherited = CreateEventW(&inheritable, TRUE, FALSE, nullptr);
  }),
            Outcome::kDone);
  Process child = machine.start_process({.image = u"C:\\child.exe", .inherit_handles_of = &parent});
  EXPECT_EQ(child.run([&] {
    EXPECT_FALSE(SetEvent(kept));
    EXPECT_TRUE(SetEvent(inherited));
    EXPECT_EQ(CreateEventW(nullptr, TRUE, FALSE, nullptr), kept) << "the lowest free value";
  }),
            Outcome::kDone);
  EXPECT_EQ(parent.run([&] {
    EXPECT_EQ(WaitForSingleObject(inherited, 0), 0u);
    EXPECT_EQ(WaitForSingleObject(kept, 0), 0x102u);
  }),
            Outcome::kDone);
}

TEST_F(ProcessHandleTest, AProcessStartedWithoutInheritanceHasNoHandles) {
  Process parent = start(User::kOrdinary);
  HANDLE event = nullptr;
  EXPECT_EQ(parent.run([&] {
    SECURITY_ATTRIBUTES inheritable{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
    event = CreateEventW(&inheritable, TRUE, FALSE, nullptr);
  }),
            Outcome::kDone);
  EXPECT_EQ(start(User::kOrdinary).run([&] { EXPECT_FALSE(SetEvent(event)); }), Outcome::kDone);
}

}  // namespace
}  // namespace fltsim
