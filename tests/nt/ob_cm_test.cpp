// Objects by name and type, keys in callbacks, DPCs with a place, and the newer notification routines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ntifs.h>

#include "nt/kernel_test.hpp"

extern "C" {  // as drivers declare them, which the WDK does not
POBJECT_TYPE ObGetObjectType(PVOID Object);
VOID ObMakeTemporaryObject(PVOID Object);
NTSTATUS ObReferenceObjectByName(PUNICODE_STRING ObjectName, ULONG Attributes, PACCESS_STATE AccessState,
                                 ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                 KPROCESSOR_MODE AccessMode, PVOID ParseContext, PVOID* Object);
}

namespace fltsim::nt {
namespace {

using ObCmTest = KernelTest;

TEST_F(ObCmTest, ObjectIsFoundByItsNameAndHasItsType) {
  kernel([] {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, u"\\BaseNamedObjects\\Proof");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    HANDLE handle = nullptr;
    ASSERT_EQ(ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE),
              STATUS_SUCCESS);
    PVOID event = nullptr;
    ASSERT_EQ(ObReferenceObjectByName(&name, OBJ_CASE_INSENSITIVE, nullptr, 0, wdk(kEventType), KernelMode,
                                      nullptr, &event),
              STATUS_SUCCESS);
    EXPECT_EQ(ObGetObjectType(event), wdk(kEventType));
    ObReferenceObjectWithTag(event, kTag);
    ObDereferenceObjectWithTag(event, kTag);
    ObDereferenceObject(event);
    EXPECT_EQ(ObReferenceObjectByName(&name, 0, nullptr, 0, wdk(kThreadType), KernelMode, nullptr, &event),
              STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_EQ(ZwClose(handle), STATUS_SUCCESS);
    EXPECT_EQ(ObReferenceObjectByName(&name, 0, nullptr, 0, nullptr, KernelMode, nullptr, &event),
              STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(ObGetFilterVersion(), OB_FLT_REGISTRATION_VERSION);
  });
  EXPECT_TRUE(machine_.verifier().clean());
}

TEST_F(ObCmTest, NameOfAKeyObjectIsTheCallersToRelease) {
  machine_.system().nt().registry().set_string(u"\\Registry\\Machine\\Software\\Proof", u"Text", u"x");
  kernel([] {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, u"\\Registry\\Machine\\Software\\Proof");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr,
                               nullptr);
    HANDLE handle = nullptr;
    ASSERT_EQ(ZwOpenKey(&handle, KEY_READ, &attributes), STATUS_SUCCESS);
    PVOID key = nullptr;
    ASSERT_EQ(ObReferenceObjectByHandle(handle, 0, nullptr, KernelMode, &key, nullptr), STATUS_SUCCESS);
    LARGE_INTEGER cookie{};
    ULONG_PTR id = 0;
    PCUNICODE_STRING path = nullptr;
    ASSERT_EQ(CmCallbackGetKeyObjectIDEx(&cookie, key, &id, &path, 0), STATUS_SUCCESS);
    EXPECT_NE(id, 0u);
    EXPECT_TRUE(RtlEqualUnicodeString(path, &name, TRUE));
    CmCallbackReleaseKeyObjectIDEx(path);
    EXPECT_EQ(CmCallbackGetKeyObjectIDEx(&cookie, key, nullptr, nullptr, 1), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(CmGetBoundTransaction(&cookie, key), nullptr) << "no transaction";
    ULONG major = 0;
    ULONG minor = 0;
    CmGetCallbackVersion(&major, &minor);
    EXPECT_EQ(major, 1u);
    ObDereferenceObject(key);
    ZwClose(handle);
  });
  EXPECT_TRUE(machine_.system().nt().pool().leaks(nullptr).empty());
}

TEST_F(ObCmTest, DpcRunsWhateverItsImportanceAndProcessor) {
  kernel([] {
    struct Seen {
      int count = 0;
      KIRQL irql = HIGH_LEVEL;
    } seen;
    const auto routine = [](PKDPC, PVOID context, PVOID, PVOID) {
      auto& out = *static_cast<Seen*>(context);
      ++out.count;
      out.irql = KeGetCurrentIrql();
    };
    KDPC dpc;
    KeInitializeDpc(&dpc, routine, &seen);
    KeSetImportanceDpc(&dpc, HighImportance);
    KeSetTargetProcessorDpc(&dpc, 0);
    PROCESSOR_NUMBER number{};
    EXPECT_EQ(KeSetTargetProcessorDpcEx(&dpc, &number), STATUS_SUCCESS);
    number.Group = 99;
    EXPECT_EQ(KeSetTargetProcessorDpcEx(&dpc, &number), STATUS_INVALID_PARAMETER);
    EXPECT_TRUE(KeInsertQueueDpc(&dpc, nullptr, nullptr));
    KeFlushQueuedDpcs();
    EXPECT_EQ(seen.count, 1);
    EXPECT_EQ(seen.irql, DISPATCH_LEVEL);
    KDPC threaded;
    KeInitializeThreadedDpc(&threaded, routine, &seen);
    EXPECT_TRUE(KeInsertQueueDpc(&threaded, nullptr, nullptr));
    KeFlushQueuedDpcs();
    EXPECT_EQ(seen.count, 2);
  });
}

TEST_F(ObCmTest, CoalescableTimerComesDueLikeAnother) {
  kernel([] {
    KTIMER timer;
    KeInitializeTimerEx(&timer, NotificationTimer);
    LARGE_INTEGER due;
    due.QuadPart = -100'000;
    EXPECT_FALSE(KeSetCoalescableTimer(&timer, due, 0, 5, nullptr));
    EXPECT_TRUE(KeSetCoalescableTimer(&timer, due, 0, 5, nullptr)) << "it was in the queue";
    const ULONGLONG before = KeQueryInterruptTime();
    EXPECT_EQ(KeWaitForSingleObject(&timer, ::Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
    EXPECT_GE(KeQueryInterruptTime() - before, 100'000u);
  });
}

TEST_F(ObCmTest, NewerNotificationRoutinesAreRegisteredAndRemoved) {
  static int processes;
  static int images;
  processes = images = 0;
  const PCREATE_PROCESS_NOTIFY_ROUTINE_EX on_process = [](PEPROCESS, HANDLE, PPS_CREATE_NOTIFY_INFO) {
    ++processes;
  };
  const PLOAD_IMAGE_NOTIFY_ROUTINE on_image = [](PUNICODE_STRING, HANDLE, PIMAGE_INFO) { ++images; };
  kernel([&] {
    auto* information = reinterpret_cast<PVOID>(on_process);
    EXPECT_EQ(PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems, information, FALSE),
              STATUS_SUCCESS);
    EXPECT_EQ(PsSetLoadImageNotifyRoutineEx(on_image, 0), STATUS_SUCCESS);
  });
  auto app = machine_.start_process({.image = u"C:\\app.exe"});
  EXPECT_EQ(app.exit(0), Outcome::kDone);
  EXPECT_EQ(processes, 2) << "its begin and its end";
  EXPECT_GE(images, 1);
  kernel([&] {
    auto* information = reinterpret_cast<PVOID>(on_process);
    EXPECT_EQ(PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems, information, TRUE),
              STATUS_SUCCESS);
    EXPECT_EQ(PsRemoveLoadImageNotifyRoutine(on_image), STATUS_SUCCESS);
  });
  EXPECT_TRUE(machine_.verifier().clean());
}

TEST_F(ObCmTest, PermanentObjectOutlivesItsHandlesUntilItIsMadeTemporary) {
  kernel([] {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, u"\\BaseNamedObjects\\Lasting");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_PERMANENT, nullptr, nullptr);
    HANDLE handle = nullptr;
    ASSERT_EQ(ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE),
              STATUS_SUCCESS);
    ASSERT_EQ(ZwClose(handle), STATUS_SUCCESS);
    PVOID event = nullptr;
    ASSERT_EQ(ObReferenceObjectByName(&name, 0, nullptr, 0, nullptr, KernelMode, nullptr, &event),
              STATUS_SUCCESS);
    ObMakeTemporaryObject(event);
    ObDereferenceObject(event);
    EXPECT_EQ(ObReferenceObjectByName(&name, 0, nullptr, 0, nullptr, KernelMode, nullptr, &event),
              STATUS_OBJECT_NAME_NOT_FOUND);
  });
}

}  // namespace
}  // namespace fltsim::nt
