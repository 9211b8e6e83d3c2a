// Threads, processes, objects and handles through the WDK's routines.
#include <gtest/gtest.h>

#include "nt/kernel_test.hpp"

// As drivers declare it, which the WDK does not.
extern "C" PCHAR PsGetProcessImageFileName(PEPROCESS Process);

namespace fltsim::nt {
namespace {

using PsObTest = KernelTest;

// What a driver does in its unload routine: turns the handle into an object, waits for the thread, lets go.
NTSTATUS wait_for_thread(HANDLE handle) {
  PVOID thread = nullptr;
  const NTSTATUS status =
      ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, wdk(kThreadType), KernelMode, &thread, nullptr);
  if (status != STATUS_SUCCESS) return status;
  const NTSTATUS waited = KeWaitForSingleObject(thread, ::Executive, KernelMode, FALSE, nullptr);
  ObDereferenceObject(thread);
  return waited;
}

HANDLE create_thread(PKSTART_ROUTINE routine, PVOID context) {
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  HANDLE handle = nullptr;
  EXPECT_EQ(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, &attributes, nullptr, nullptr, routine, context),
            STATUS_SUCCESS);
  return handle;
}

TEST_F(PsObTest, SystemThreadRunsInTheSystemProcess) {
  HANDLE process = nullptr;
  kernel([&] {
    HANDLE thread = create_thread(
        [](PVOID context) { *static_cast<HANDLE*>(context) = PsGetCurrentProcessId(); }, &process);
    EXPECT_EQ(wait_for_thread(thread), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(thread), STATUS_SUCCESS);
  });
  EXPECT_EQ(process, ULongToHandle(4));
}

TEST_F(PsObTest, TerminateSystemThreadEndsItFromInsideACall) {
  struct Seen {
    bool went_on;
  } seen{false};
  kernel([&] {
    HANDLE thread = create_thread(
        [](PVOID context) {
          PsTerminateSystemThread(STATUS_CANCELLED);
          static_cast<Seen*>(context)->went_on = true;
        },
        &seen);
    EXPECT_EQ(wait_for_thread(thread), STATUS_SUCCESS);
    Ref<void> object;
    ASSERT_EQ(reference_by_handle(thread, 0, &kThreadType, Mode::kKernel, object), STATUS_SUCCESS);
    EXPECT_EQ(static_cast<Thread*>(object.get())->exit_status.load(), STATUS_CANCELLED);
    ZwClose(thread);
    EXPECT_EQ(PsTerminateSystemThread(STATUS_SUCCESS), STATUS_INVALID_PARAMETER) << "not such a thread";
  });
  EXPECT_FALSE(seen.went_on);
}

TEST_F(PsObTest, AskedForFailureMakesNoThread) {
  machine_.fail_next(routine::kPsCreateSystemThread);
  kernel([] {
    HANDLE handle = nullptr;
    EXPECT_EQ(PsCreateSystemThread(
                  &handle, THREAD_ALL_ACCESS, nullptr, nullptr, nullptr, [](PVOID) {}, nullptr),
              STATUS_INSUFFICIENT_RESOURCES);
  });
}

TEST_F(PsObTest, SystemThreadThatStillRunsAtTheEndIsALeak) {  // VER-20
  machine_.verifier().expect("VER-20");
  KEVENT never;
  kernel([&] {
    KeInitializeEvent(&never, NotificationEvent, FALSE);
    HANDLE thread = create_thread(
        [](PVOID event) { KeWaitForSingleObject(event, ::Executive, KernelMode, FALSE, nullptr); }, &never);
    ZwClose(thread);
  });
  machine_.system().shut_down();
  EXPECT_EQ(machine_.verifier().count("VER-20"), 1u);
}

TEST_F(PsObTest, ProcessIsFoundByItsIdWhileItLives) {
  auto app = machine_.start_process({.image = u"C:\\Program Files\\LongApplicationName.exe"});
  const HANDLE id = ULongToHandle(app.id());
  kernel([&] {
    PEPROCESS process = nullptr;
    ASSERT_EQ(PsLookupProcessByProcessId(id, &process), STATUS_SUCCESS);
    EXPECT_EQ(PsGetProcessId(process), id);
    EXPECT_STREQ(PsGetProcessImageFileName(process), "LongApplication");
    EXPECT_EQ(PsGetProcessExitStatus(process), STATUS_PENDING);
    ObDereferenceObject(process);
  });
  EXPECT_EQ(app.kill(), Outcome::kDone);
  kernel([&] {
    PEPROCESS process = nullptr;
    EXPECT_EQ(PsLookupProcessByProcessId(id, &process), STATUS_INVALID_CID);
  });
}

TEST_F(PsObTest, CallbacksRunAsTheCallingProcess) {  // CONN-10
  auto app = machine_.start_process({.image = u"C:\\app.exe"});
  EXPECT_EQ(app.run([&] {
    EXPECT_EQ(PsGetCurrentProcessId(), ULongToHandle(app.id()));
    EXPECT_EQ(ExGetPreviousMode(), UserMode);
    EXPECT_EQ(PsGetThreadProcess(PsGetCurrentThread()), PsGetCurrentProcess());
    EXPECT_EQ(PsIsSystemThread(PsGetCurrentThread()), FALSE);
  }),
            Outcome::kDone);
}

TEST_F(PsObTest, ImageNameIsTheDevicePath) {
  ASSERT_EQ(machine_.system().nt().names().create_link(u"\\??\\C:", u"\\Device\\HarddiskVolume1"),
            STATUS_SUCCESS);
  auto app = machine_.start_process({.image = u"C:\\App\\svc.exe"});
  EXPECT_EQ(app.run([] {
    PUNICODE_STRING image = nullptr;
    ASSERT_EQ(SeLocateProcessImageName(PsGetCurrentProcess(), &image), STATUS_SUCCESS);
    EXPECT_EQ(std::u16string(image->Buffer, image->Length / 2), u"\\Device\\HarddiskVolume1\\App\\svc.exe");
    ExFreePool(image);
  }),
            Outcome::kDone);
}

TEST_F(PsObTest, HandlesAreMultiplesOfFourAndReused) {
  auto app = machine_.start_process({.image = u"C:\\app.exe"});
  EXPECT_EQ(app.run([] {
    HANDLE a = nullptr;
    HANDLE b = nullptr;
    EXPECT_EQ(ZwCreateEvent(&a, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE), STATUS_SUCCESS);
    EXPECT_EQ(ZwCreateEvent(&b, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE), STATUS_SUCCESS);
    EXPECT_EQ(a, ULongToHandle(4));
    EXPECT_EQ(b, ULongToHandle(8));
    EXPECT_EQ(ZwClose(a), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(a), STATUS_INVALID_HANDLE);
    EXPECT_EQ(ZwCreateEvent(&a, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE), STATUS_SUCCESS);
    EXPECT_EQ(a, ULongToHandle(4));
  }),
            Outcome::kDone);
}

TEST_F(PsObTest, HandleOfAnotherTypeOrWithTooLittleAccessIsRefused) {
  auto app = machine_.start_process({.image = u"C:\\app.exe"});
  EXPECT_EQ(app.run([] {
    HANDLE event = nullptr;
    ASSERT_EQ(ZwCreateEvent(&event, SYNCHRONIZE, nullptr, NotificationEvent, FALSE), STATUS_SUCCESS);
    PVOID object = nullptr;
    EXPECT_EQ(ObReferenceObjectByHandle(event, 0, wdk(kThreadType), KernelMode, &object, nullptr),
              STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_EQ(ObReferenceObjectByHandle(event, EVENT_ALL_ACCESS, wdk(kEventType), UserMode, &object, nullptr),
              STATUS_ACCESS_DENIED);
    EXPECT_EQ(ObReferenceObjectByHandle(ULongToHandle(4444), 0, nullptr, KernelMode, &object, nullptr),
              STATUS_INVALID_HANDLE);
    OBJECT_HANDLE_INFORMATION information;
    ASSERT_EQ(ObReferenceObjectByHandle(event, EVENT_ALL_ACCESS, wdk(kEventType), KernelMode, &object,
                                        &information),
              STATUS_SUCCESS);
    EXPECT_EQ(information.GrantedAccess, SYNCHRONIZE);
    ObDereferenceObject(object);
  }),
            Outcome::kDone);
}

TEST_F(PsObTest, KernelHandleWorksInEveryProcessButNotInUserMode) {
  HANDLE handle = nullptr;
  kernel([&] {
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    ASSERT_EQ(ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, TRUE), STATUS_SUCCESS);
  });
  auto app = machine_.start_process({.image = u"C:\\app.exe"});
  EXPECT_EQ(app.run([&] {
    EXPECT_EQ(ZwWaitForSingleObject(handle, FALSE, nullptr), STATUS_SUCCESS);
    PVOID object = nullptr;
    EXPECT_EQ(ObReferenceObjectByHandle(handle, 0, nullptr, UserMode, &object, nullptr),
              STATUS_INVALID_HANDLE);
    EXPECT_EQ(ZwClose(handle), STATUS_SUCCESS);
  }),
            Outcome::kDone);
}

TEST_F(PsObTest, UnclosedKernelHandleIsALeak) {  // VER-20
  machine_.verifier().expect("VER-20");
  kernel([] {
    HANDLE handle = nullptr;
    ASSERT_EQ(ZwCreateEvent(&handle, EVENT_ALL_ACCESS, nullptr, NotificationEvent, TRUE), STATUS_SUCCESS);
  });
  machine_.system().shut_down();
  EXPECT_EQ(machine_.verifier().count("VER-20"), 1u);
}

TEST_F(PsObTest, DereferenceTooOftenIsFatal) {  // VER-20
  fatal("VER-20", [] {
    HANDLE handle = nullptr;
    ZwCreateEvent(&handle, EVENT_ALL_ACCESS, nullptr, NotificationEvent, TRUE);
    PVOID object = nullptr;
    ObReferenceObjectByHandle(handle, 0, nullptr, KernelMode, &object, nullptr);
    ObDereferenceObject(object);
    ObDereferenceObject(object);
  });
}

TEST_F(PsObTest, NamedEventIsSharedByName) {
  kernel([] {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, u"\\BaseNamedObjects\\Ready");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, nullptr,
                               nullptr);
    HANDLE made = nullptr;
    HANDLE opened = nullptr;
    ASSERT_EQ(ZwCreateEvent(&made, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE), STATUS_SUCCESS);
    EXPECT_EQ(ZwCreateEvent(&opened, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE),
              STATUS_OBJECT_NAME_COLLISION);
    ASSERT_EQ(ZwOpenEvent(&opened, EVENT_ALL_ACCESS, &attributes), STATUS_SUCCESS);
    LONG before = 7;
    EXPECT_EQ(ZwSetEvent(opened, &before), STATUS_SUCCESS);
    EXPECT_EQ(before, 0);
    EXPECT_EQ(ZwWaitForSingleObject(made, FALSE, nullptr), STATUS_SUCCESS);
    PVOID object = nullptr;
    ASSERT_EQ(ObReferenceObjectByHandle(made, 0, nullptr, KernelMode, &object, nullptr), STATUS_SUCCESS);
    alignas(8) UCHAR buffer[128];
    auto* information = reinterpret_cast<POBJECT_NAME_INFORMATION>(buffer);
    ULONG needed = 0;
    EXPECT_EQ(ObQueryNameString(object, information, 8, &needed), STATUS_INFO_LENGTH_MISMATCH);
    ASSERT_EQ(ObQueryNameString(object, information, sizeof buffer, &needed), STATUS_SUCCESS);
    EXPECT_TRUE(RtlEqualUnicodeString(&information->Name, &name, FALSE));
    ObDereferenceObject(object);
    ZwClose(opened);
    ZwClose(made);
    EXPECT_EQ(ZwOpenEvent(&opened, EVENT_ALL_ACCESS, &attributes), STATUS_OBJECT_NAME_NOT_FOUND);
  });
}

}  // namespace
}  // namespace fltsim::nt
