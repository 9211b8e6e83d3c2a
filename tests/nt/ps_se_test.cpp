// Threads, objects by pointer, tokens and privileges, as the WDK's pages describe them.
#include <gtest/gtest.h>

#include "nt/kernel_test.hpp"

namespace fltsim::nt {
namespace {

using PsSeTest = KernelTest;

TEST_F(PsSeTest, ThreadIsFoundByItsIdWhileItRuns) {
  KEVENT go;
  KeInitializeEvent(&go, NotificationEvent, FALSE);
  auto other = start([&] { KeWaitForSingleObject(&go, ::Executive, KernelMode, FALSE, nullptr); });
  const HANDLE id = ULongToHandle(other.id());
  kernel([&] {
    PETHREAD thread = nullptr;
    ASSERT_EQ(PsLookupThreadByThreadId(id, &thread), STATUS_SUCCESS);
    EXPECT_EQ(PsGetThreadId(thread), id);
    EXPECT_EQ(PsGetThreadProcessId(thread), PsGetCurrentProcessId());
    EXPECT_EQ(IoThreadToProcess(thread), PsGetCurrentProcess());
    EXPECT_EQ(IoGetCurrentProcess(), PsGetCurrentProcess());
    EXPECT_EQ(PsIsThreadTerminating(thread), FALSE);
    KeSetEvent(&go, 0, FALSE);
    EXPECT_EQ(KeWaitForSingleObject(thread, ::Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(PsIsThreadTerminating(thread), TRUE);
    ObDereferenceObject(thread);
  });
  kernel([&] {
    PETHREAD thread = nullptr;
    EXPECT_FALSE(NT_SUCCESS(PsLookupThreadByThreadId(ULongToHandle(4444444), &thread)));
  });
}

TEST_F(PsSeTest, ProcessKeepsTheTimeOfItsStart) {
  auto first = machine_.start_process({.image = u"C:\\first.exe"});
  ASSERT_EQ(machine_.advance(std::chrono::seconds(2)), Outcome::kDone);
  auto second = machine_.start_process({.image = u"C:\\second.exe"});
  kernel([&] {
    const auto created = [](std::uint32_t id) {
      PEPROCESS process = nullptr;
      EXPECT_EQ(PsLookupProcessByProcessId(ULongToHandle(id), &process), STATUS_SUCCESS);
      const LONGLONG time = PsGetProcessCreateTimeQuadPart(process);
      ObDereferenceObject(process);
      return time;
    };
    LARGE_INTEGER now;
    KeQuerySystemTime(&now);
    EXPECT_LE(created(second.id()), now.QuadPart);
    EXPECT_GE(created(second.id()) - created(first.id()), 20'000'000);
  });
}

TEST_F(PsSeTest, PointerOfAnotherTypeIsRefused) {
  kernel([] {
    HANDLE event = nullptr;
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    ASSERT_EQ(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE), STATUS_SUCCESS);
    PVOID object = nullptr;
    ASSERT_EQ(ObReferenceObjectByHandle(event, EVENT_ALL_ACCESS, nullptr, KernelMode, &object, nullptr),
              STATUS_SUCCESS);
    EXPECT_EQ(ObReferenceObjectByPointer(object, 0, wdk(kThreadType), KernelMode),
              STATUS_OBJECT_TYPE_MISMATCH);
    ASSERT_EQ(ObReferenceObjectByPointer(object, EVENT_ALL_ACCESS, wdk(kEventType), KernelMode),
              STATUS_SUCCESS);
    ObDereferenceObject(object);
    ObReferenceObject(object);
    ObDereferenceObject(object);
    EXPECT_EQ(ObCloseHandle(event, KernelMode), STATUS_SUCCESS);
    EXPECT_EQ(KeReadStateEvent(static_cast<PKEVENT>(object)), 0) << "references outlive the handle";
    ObDereferenceObject(object);
  });
  EXPECT_TRUE(machine_.verifier().clean());
}

TEST_F(PsSeTest, ObjectOpenedByPointerHasAHandleOfItsOwn) {
  kernel([] {
    HANDLE thread = nullptr;
    ASSERT_EQ(ObOpenObjectByPointer(PsGetCurrentThread(), OBJ_KERNEL_HANDLE, nullptr, SYNCHRONIZE,
                                    wdk(kThreadType), KernelMode, &thread),
              STATUS_SUCCESS);
    PVOID object = nullptr;
    ASSERT_EQ(ObReferenceObjectByHandle(thread, SYNCHRONIZE, wdk(kThreadType), KernelMode, &object, nullptr),
              STATUS_SUCCESS);
    EXPECT_EQ(object, PsGetCurrentThread());
    ObDereferenceObject(object);
    EXPECT_EQ(ZwClose(thread), STATUS_SUCCESS);
    EXPECT_EQ(ObOpenObjectByPointer(PsGetCurrentThread(), OBJ_KERNEL_HANDLE, nullptr, SYNCHRONIZE,
                                    wdk(kProcessType), KernelMode, &thread),
              STATUS_OBJECT_TYPE_MISMATCH);
  });
  EXPECT_TRUE(machine_.verifier().clean());
}

TEST_F(PsSeTest, ThreadThatImpersonatesNobodyHasNoSuchToken) {
  kernel([] {
    BOOLEAN copy = TRUE;
    BOOLEAN effective = TRUE;
    SECURITY_IMPERSONATION_LEVEL level = SecurityDelegation;
    PACCESS_TOKEN token = PsReferenceImpersonationToken(PsGetCurrentThread(), &copy, &effective, &level);
    EXPECT_EQ(token, nullptr);
    PsDereferenceImpersonationToken(token);
  });
}

TEST_F(PsSeTest, PrivilegeIsCheckedForUserModeOnly) {
  constexpr LUID kLoadDriver{10, 0};
  const auto check = [&](fltsim::User user, KPROCESSOR_MODE mode) {
    BOOLEAN held = FALSE;
    auto app = machine_.start_process({.image = u"C:\\app.exe", .user = user});
    EXPECT_EQ(app.run([&] { held = SeSinglePrivilegeCheck(kLoadDriver, mode); }), Outcome::kDone);
    return held;
  };
  EXPECT_EQ(check(fltsim::User::kOrdinary, UserMode), FALSE);
  EXPECT_EQ(check(fltsim::User::kOrdinary, KernelMode), TRUE);
  EXPECT_EQ(check(fltsim::User::kAdministrator, UserMode), TRUE);
  EXPECT_EQ(check(fltsim::User::kSystem, UserMode), TRUE);
}

TEST_F(PsSeTest, LockedSubjectIsJudgedLikeAnUnlockedOne) {
  auto app = machine_.start_process({.image = u"C:\\app.exe", .user = fltsim::User::kSystem});
  EXPECT_EQ(app.run([] {
    SECURITY_SUBJECT_CONTEXT subject;
    SeCaptureSubjectContext(&subject);
    SeLockSubjectContext(&subject);
    EXPECT_EQ(SeQuerySubjectContextToken(&subject), subject.PrimaryToken);
    SECURITY_DESCRIPTOR descriptor;
    RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&descriptor, TRUE, nullptr, FALSE);
    GENERIC_MAPPING mapping{};
    ACCESS_MASK granted = 0;
    NTSTATUS status = STATUS_PENDING;
    EXPECT_EQ(
        SeAccessCheck(&descriptor, &subject, TRUE, 1, 0, nullptr, &mapping, UserMode, &granted, &status),
        TRUE);
    EXPECT_EQ(status, STATUS_SUCCESS);
    EXPECT_EQ(granted, 1u);
    SeUnlockSubjectContext(&subject);
    SeReleaseSubjectContext(&subject);
  }),
            Outcome::kDone);
}

}  // namespace
}  // namespace fltsim::nt
