// Processes, threads, tokens, named objects and memory as drivers ask for them; the later routines of Ex, Ke and Mm.
#include <gmock/gmock.h>

#include <cstring>

#include "nt/kernel_test.hpp"
#include "nt/text.hpp"

// No public header has them.
extern "C" {
NTSTATUS ZwQueryInformationProcess(HANDLE, ULONG, PVOID, ULONG, PULONG);
NTSTATUS ZwQueryInformationThread(HANDLE, ULONG, PVOID, ULONG, PULONG);
NTSTATUS ZwQuerySystemInformation(ULONG, PVOID, ULONG, PULONG);
NTSTATUS ZwTerminateProcess(HANDLE, NTSTATUS);
NTSTATUS ZwOpenThread(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PCLIENT_ID);
NTSTATUS ZwOpenProcessToken(HANDLE, ACCESS_MASK, PHANDLE);
NTSTATUS ZwOpenThreadToken(HANDLE, ACCESS_MASK, BOOLEAN, PHANDLE);
NTSTATUS ZwYieldExecution();
BOOLEAN PsIsProtectedProcess(PEPROCESS);
BOOLEAN PsIsProtectedProcessLight(PEPROCESS);
BOOLEAN PsIsProcessBeingDebugged(PEPROCESS);
PVOID PsGetProcessWow64Process(PEPROCESS);
BOOLEAN PsGetProcessExitProcessCalled(PEPROCESS);
BOOLEAN PsIsThreadImpersonating(PETHREAD);
NTSTATUS ObReferenceObjectByName(PUNICODE_STRING, ULONG, PACCESS_STATE, ACCESS_MASK, POBJECT_TYPE,
                                 KPROCESSOR_MODE, PVOID, PVOID*);
POBJECT_TYPE ObGetObjectType(PVOID);
VOID ObMakeTemporaryObject(PVOID);
NTSTATUS ZwCreateSymbolicLinkObject(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PUNICODE_STRING);
}

namespace fltsim::nt {
namespace {

class ProcessQueryTest : public KernelTest {
 protected:
  // A kernel handle, to be closed by the test.
  HANDLE open(const fltsim::Process& process) {
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    CLIENT_ID id{UlongToHandle(process.id()), nullptr};
    HANDLE handle = nullptr;
    EXPECT_EQ(ZwOpenProcess(&handle, PROCESS_ALL_ACCESS, &attributes, &id), STATUS_SUCCESS);
    return handle;
  }
  fltsim::Process app =
      machine_.start_process({.image = u"C:\\Office\\word.exe", .command_line = u"word /n"});
};

TEST_F(ProcessQueryTest, ImageAndCommandLineComeAsAStringWithItsText) {
  kernel([&] {
    const HANDLE process = open(app);
    const auto text = [&](ULONG which) {
      ULONG needed = 0;
      EXPECT_EQ(ZwQueryInformationProcess(process, which, nullptr, 0, &needed), STATUS_INFO_LENGTH_MISMATCH);
      std::vector<UCHAR> buffer(needed);
      EXPECT_EQ(ZwQueryInformationProcess(process, which, buffer.data(), needed, &needed), STATUS_SUCCESS);
      const auto* name = reinterpret_cast<PUNICODE_STRING>(buffer.data());
      return to_utf8({name->Buffer, name->Length / 2u});
    };
    EXPECT_EQ(text(ProcessImageFileNameWin32), "C:\\Office\\word.exe");
    EXPECT_EQ(text(ProcessImageFileName), to_utf8(app.device_image()));
    EXPECT_EQ(text(ProcessCommandLineInformation), "word /n");
    ZwClose(process);
  });
}

TEST_F(ProcessQueryTest, NumbersAreAnsweredAtTheirExactLength) {
  kernel([&] {
    const HANDLE process = open(app);
    PROCESS_BASIC_INFORMATION basic{};
    EXPECT_EQ(ZwQueryInformationProcess(process, ProcessBasicInformation, &basic, sizeof basic, nullptr),
              STATUS_SUCCESS);
    EXPECT_EQ(basic.UniqueProcessId, app.id());
    EXPECT_EQ(basic.InheritedFromUniqueProcessId, 4u);
    EXPECT_EQ(ZwQueryInformationProcess(process, ProcessBasicInformation, &basic, 8, nullptr),
              STATUS_INFO_LENGTH_MISMATCH);
    ULONG session = 0;
    EXPECT_EQ(ZwQueryInformationProcess(process, ProcessSessionInformation, &session, 4, nullptr),
              STATUS_SUCCESS);
    EXPECT_EQ(session, 1u);
    ULONG_PTR wow64 = 1;
    EXPECT_EQ(ZwQueryInformationProcess(process, ProcessWow64Information, &wow64, 8, nullptr),
              STATUS_SUCCESS);
    EXPECT_EQ(wow64, 0u);
    EXPECT_EQ(ZwQueryInformationProcess(process, 9999, &wow64, 8, nullptr), STATUS_INVALID_INFO_CLASS);
    ZwClose(process);
  });
}

TEST_F(ProcessQueryTest, ClassThatIsNotSimulatedStopsTheMachineByName) {  // SIM-1
  fatal("SIM-1", [] {
    UCHAR buffer[64];
    ZwQueryInformationProcess(ZwCurrentProcess(), ProcessVmCounters, buffer, sizeof buffer, nullptr);
  });
}

TEST_F(ProcessQueryTest, ListOfProcessesHasNamesAndThreads) {
  kernel([&] {
    ULONG needed = 0;
    EXPECT_EQ(ZwQuerySystemInformation(5, nullptr, 0, &needed), STATUS_INFO_LENGTH_MISMATCH);
    std::vector<UCHAR> buffer(needed + 512);
    ASSERT_EQ(ZwQuerySystemInformation(5, buffer.data(), static_cast<ULONG>(buffer.size()), &needed),
              STATUS_SUCCESS);
    std::vector<std::string> names;
    for (const UCHAR* at = buffer.data();;) {
      const auto* name = reinterpret_cast<const UNICODE_STRING*>(at + 56);
      names.push_back(to_utf8({name->Buffer, name->Length / 2u}));
      const ULONG next = *reinterpret_cast<const ULONG*>(at);
      if (next == 0) break;
      at += next;
    }
    EXPECT_THAT(names, testing::ElementsAre("System", "word.exe"));
    UCHAR debugger[2] = {1, 0};
    EXPECT_EQ(ZwQuerySystemInformation(35, debugger, 2, nullptr), STATUS_SUCCESS);
    EXPECT_FALSE(debugger[0]);
  });
}

TEST_F(ProcessQueryTest, DriverTerminatesAProcess) {
  kernel([&] {
    const HANDLE process = open(app);
    EXPECT_EQ(ZwTerminateProcess(process, STATUS_ACCESS_DENIED), STATUS_SUCCESS);
    EXPECT_EQ(ZwTerminateProcess(process, 0), STATUS_PROCESS_IS_TERMINATING);
    ZwClose(process);
  });
  EXPECT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  EXPECT_TRUE(app.ended());
}

TEST_F(ProcessQueryTest, ThreadIsOpenedByItsIdAndQueried) {
  kernel([&] {
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    CLIENT_ID id{nullptr, PsGetCurrentThreadId()};
    HANDLE thread = nullptr;
    ASSERT_EQ(ZwOpenThread(&thread, THREAD_ALL_ACCESS, &attributes, &id), STATUS_SUCCESS);
    ULONG ended = 1;
    EXPECT_EQ(ZwQueryInformationThread(thread, ThreadIsTerminated, &ended, 4, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(ended, 0u);
    ZwClose(thread);
    id.UniqueThread = UlongToHandle(99996);
    EXPECT_EQ(ZwOpenThread(&thread, THREAD_ALL_ACCESS, &attributes, &id), STATUS_INVALID_CID);
  });
}

TEST_F(ProcessQueryTest, TokenTellsItsUserAndItsLevel) {
  kernel([&] {
    const HANDLE process = open(app);
    HANDLE token = nullptr;
    ASSERT_EQ(ZwOpenProcessTokenEx(process, TOKEN_QUERY, OBJ_KERNEL_HANDLE, &token), STATUS_SUCCESS);
    ULONG needed = 0;
    EXPECT_EQ(ZwQueryInformationToken(token, TokenUser, nullptr, 0, &needed), STATUS_BUFFER_TOO_SMALL);
    alignas(8) UCHAR buffer[256];
    ASSERT_EQ(ZwQueryInformationToken(token, TokenUser, buffer, sizeof buffer, &needed), STATUS_SUCCESS);
    PSID user = reinterpret_cast<PTOKEN_USER>(buffer)->User.Sid;
    EXPECT_TRUE(RtlValidSid(user));
    EXPECT_EQ(static_cast<UCHAR*>(user), buffer + sizeof(TOKEN_USER));
    ASSERT_EQ(ZwQueryInformationToken(token, TokenIntegrityLevel, buffer, sizeof buffer, &needed),
              STATUS_SUCCESS);
    EXPECT_EQ(*RtlSubAuthoritySid(reinterpret_cast<PTOKEN_MANDATORY_LABEL>(buffer)->Label.Sid, 0), 0x2000u);
    ULONG elevated = 1;
    EXPECT_EQ(ZwQueryInformationToken(token, TokenElevation, &elevated, 4, &needed), STATUS_SUCCESS);
    EXPECT_EQ(elevated, 0u);
    HANDLE none = nullptr;
    EXPECT_EQ(ZwOpenThreadTokenEx(ZwCurrentThread(), TOKEN_QUERY, FALSE, 0, &none), STATUS_NO_TOKEN);
    PACCESS_TOKEN own = PsReferencePrimaryToken(PsGetCurrentProcess());
    LUID logon{};
    EXPECT_EQ(SeQueryAuthenticationIdToken(own, &logon), STATUS_SUCCESS);
    EXPECT_EQ(logon.LowPart, 0x3E7u) << "the system's";
    PsDereferencePrimaryToken(own);
    ZwClose(token);
    ZwClose(process);
  });
}

TEST_F(ProcessQueryTest, LinkIsMadeAndGoesWithItsLastHandle) {
  kernel([] {
    UNICODE_STRING name;
    UNICODE_STRING target;
    RtlInitUnicodeString(&name, u"\\BaseNamedObjects\\Link");
    RtlInitUnicodeString(&target, u"\\Device");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_PERMANENT, nullptr, nullptr);
    HANDLE link = nullptr;
    ASSERT_EQ(ZwCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS, &attributes, &target),
              STATUS_SUCCESS);
    EXPECT_EQ(ZwMakeTemporaryObject(link), STATUS_SUCCESS);
    ZwClose(link);
    EXPECT_EQ(ZwOpenSymbolicLinkObject(&link, SYMBOLIC_LINK_QUERY, &attributes),
              STATUS_OBJECT_NAME_NOT_FOUND);
  });
}

TEST_F(ProcessQueryTest, SeveralHandlesAreWaitedFor) {
  kernel([] {
    HANDLE events[2];
    for (HANDLE& event : events) {
      ASSERT_EQ(ZwCreateEvent(&event, EVENT_ALL_ACCESS, nullptr, SynchronizationEvent, FALSE),
                STATUS_SUCCESS);
    }
    ZwSetEvent(events[1], nullptr);
    LARGE_INTEGER none{};
    EXPECT_EQ(ZwWaitForMultipleObjects(2, events, WaitAny, FALSE, &none), STATUS_WAIT_1);
    EXPECT_EQ(ZwWaitForMultipleObjects(2, events, WaitAny, FALSE, &none), STATUS_TIMEOUT);
    ZwSetEvent(events[0], nullptr);
    LONG before = 0;
    EXPECT_EQ(ZwResetEvent(events[0], &before), STATUS_SUCCESS);
    EXPECT_EQ(before, 1);
    for (HANDLE event : events) ZwClose(event);
  });
}

TEST_F(ProcessQueryTest, NewerPoolAndListRoutinesDoTheirWork) {
  kernel([] {
    POOL_EXTENDED_PARAMETER priority{};
    priority.Type = PoolExtendedParameterPriority;
    auto* memory = static_cast<UCHAR*>(ExAllocatePool3(POOL_FLAG_PAGED, 16, kTag, &priority, 1));
    ASSERT_NE(memory, nullptr);
    EXPECT_EQ(memory[0], 0);
    ExFreePool2(memory, kTag, nullptr, 0);
    priority.Type = PoolExtendedParameterInvalidType;
    EXPECT_EQ(ExAllocatePool3(POOL_FLAG_PAGED, 16, kTag, &priority, 1), nullptr);
    LOOKASIDE_LIST_EX list;
    ASSERT_EQ(ExInitializeLookasideListEx(&list, nullptr, nullptr, PagedPool, 0, 32, kTag, 0),
              STATUS_SUCCESS);
    ExFreeToLookasideListEx(&list, ExAllocateFromLookasideListEx(&list));
    ExDeleteLookasideListEx(&list);
    KSPIN_LOCK lock;
    KeInitializeSpinLock(&lock);
    ULONG number = 1;
    EXPECT_EQ(ExInterlockedAddUlong(&number, 2, &lock), 1u);
    EXPECT_EQ(number, 3u);
    UUID first;
    UUID second;
    EXPECT_EQ(ExUuidCreate(&first), STATUS_SUCCESS);
    EXPECT_EQ(ExUuidCreate(&second), STATUS_SUCCESS);
    EXPECT_NE(std::memcmp(&first, &second, sizeof first), 0);
    EXPECT_EQ(first.Data3 >> 12, 4);
    EXPECT_TRUE(ExIsProcessorFeaturePresent(10));
    EXPECT_FALSE(ExIsProcessorFeaturePresent(1));
    EXPECT_EQ(KeQueryActiveProcessorCountEx(0xFFFF), KeQueryActiveProcessorCount(nullptr));
    KFLOATING_SAVE save;
    EXPECT_EQ(KeSaveFloatingPointState(&save), STATUS_SUCCESS);
    EXPECT_EQ(KeRestoreFloatingPointState(&save), STATUS_SUCCESS);
    XSTATE_SAVE state;
    EXPECT_EQ(KeSaveExtendedProcessorState(4, &state), STATUS_SUCCESS);
    KeRestoreExtendedProcessorState(&state);
  });
}

TEST_F(ProcessQueryTest, OlderPoolAndListRoutinesDoTheirWork) {
  kernel([] {
    EXPECT_EQ(status_raised_by([] { ExFreePool(ExAllocatePoolWithQuota(PagedPool, 8)); }), STATUS_SUCCESS);
    auto* zeroed = static_cast<UCHAR*>(ExAllocatePoolQuotaZero(PagedPool, 8, kTag));
    EXPECT_EQ(zeroed[7], 0);
    ExFreePool(zeroed);
    ExFreePool(ExAllocatePoolQuotaUninitialized(PagedPool, 8, kTag));
    ExFreePool(ExAllocatePoolPriorityUninitialized(PagedPool, 8, kTag, NormalPoolPriority));
    zeroed = static_cast<UCHAR*>(ExAllocatePoolPriorityZero(PagedPool, 8, kTag, LowPoolPriority));
    EXPECT_EQ(zeroed[7], 0);
    ExFreePool(zeroed);
    LOOKASIDE_LIST_EX list;
    ASSERT_EQ(ExInitializeLookasideListEx(&list, nullptr, nullptr, PagedPool, 0, 32, kTag, 0),
              STATUS_SUCCESS);
    ExFlushLookasideListEx(&list);
    ExDeleteLookasideListEx(&list);
    KSPIN_LOCK lock;
    KeInitializeSpinLock(&lock);
    SINGLE_LIST_ENTRY head{};
    SINGLE_LIST_ENTRY one{};
    EXPECT_EQ(ExInterlockedPushEntryList(&head, &one, &lock), nullptr);
    EXPECT_EQ(ExInterlockedPopEntryList(&head, &lock), &one);
    EXPECT_EQ(ExInterlockedPopEntryList(&head, &lock), nullptr);
    LARGE_INTEGER sum;
    LARGE_INTEGER step;
    sum.QuadPart = 1;
    step.QuadPart = 2;
    EXPECT_EQ(ExInterlockedAddLargeInteger(&sum, step, &lock).QuadPart, 1);
    EXPECT_EQ(sum.QuadPart, 3);
    SLIST_HEADER slist;
    InitializeSListHead(&slist);
    SLIST_ENTRY entry{};
    ExInterlockedPushEntrySList(&slist, &entry, &lock);
    EXPECT_EQ(ExInterlockedFlushSList(&slist), &entry);
    EXPECT_EQ(ExQueryDepthSList(&slist), 0);
    EXPECT_FALSE(ExVerifySuite(2));
  });
}

TEST_F(ProcessQueryTest, MachineSaysOfWhatItConsists) {
  kernel([] {
    const ULONG processors = KeQueryActiveProcessorCount(nullptr);
    EXPECT_EQ(KeQueryActiveGroupCount(), 1);
    EXPECT_EQ(KeQueryMaximumGroupCount(), 1);
    EXPECT_EQ(KeQueryMaximumProcessorCount(), processors);
    EXPECT_EQ(KeQueryMaximumProcessorCountEx(0), processors);
    EXPECT_EQ(KeQueryMaximumProcessorCountEx(1), 0u);
    EXPECT_EQ(KeQueryActiveProcessors(), KeQueryGroupAffinity(0));
    EXPECT_EQ(MmQuerySystemSize(), MmLargeSystem);
    EXPECT_FALSE(MmIsThisAnNtAsSystem());
    EXPECT_FALSE(MmIsRecursiveIoFault());
    int code = 0;
    EXPECT_NE(MmPageEntireDriver(&code), nullptr);
    MmResetDriverPaging(&code);
    PVOID section = MmLockPagableDataSection(&code);
    ASSERT_NE(section, nullptr);
    MmLockPagableSectionByHandle(section);
    MmUnlockPagableImageSection(section);
    EXPECT_EQ(ZwYieldExecution(), STATUS_SUCCESS);
  });
}

TEST_F(ProcessQueryTest, SpinLocksAtDispatchLevelAndForDpcsAreOneKindOfLock) {
  kernel([] {
    KSPIN_LOCK lock;
    KeInitializeSpinLock(&lock);
    KLOCK_QUEUE_HANDLE queue;
    const KIRQL before = KeRaiseIrqlToDpcLevel();
    KeAcquireInStackQueuedSpinLockAtDpcLevel(&lock, &queue);
    EXPECT_NE(lock, 0u);
    KeReleaseInStackQueuedSpinLockFromDpcLevel(&queue);
    KeAcquireInStackQueuedSpinLockForDpc(&lock, &queue);
    KeReleaseInStackQueuedSpinLockForDpc(&queue);
    const KIRQL old = KeAcquireSpinLockForDpc(&lock);
    EXPECT_EQ(old, DISPATCH_LEVEL);
    KeReleaseSpinLockForDpc(&lock, old);
    EXPECT_EQ(lock, 0u);
    KeLowerIrql(before);
  });
}

TEST_F(ProcessQueryTest, ListsOfMemoryAreSizedMappedAndLockedForAProcess) {
  kernel([&] {
    UserSpace& space = machine_.system().nt().user_space();
    void* user = space.allocate(&app.process(), 2 * kUserPage);
    EXPECT_EQ(MmSizeOfMdl(user, 2 * kUserPage), sizeof(MDL) + 2 * sizeof(PFN_NUMBER));
    PMDL list = IoAllocateMdl(user, 2 * kUserPage, FALSE, FALSE, nullptr);
    MmProbeAndLockProcessPages(list, reinterpret_cast<PEPROCESS>(&app.process()), UserMode, IoWriteAccess);
    EXPECT_EQ(MmMapLockedPages(list, KernelMode), user);
    MDL part;
    IoBuildPartialMdl(list, &part, static_cast<UCHAR*>(user) + 100, 50);
    EXPECT_EQ(MmGetMdlByteCount(&part), 50u);
    EXPECT_EQ(MmGetSystemAddressForMdlSafe(&part, NormalPagePriority), static_cast<UCHAR*>(user) + 100);
    MmUnlockPages(list);
    IoFreeMdl(list);
    space.free(user);
  });
}

TEST_F(ProcessQueryTest, NoProcessIsProtectedDebuggedOrOf32Bits) {
  kernel([&] {
    auto* process = reinterpret_cast<PEPROCESS>(&app.process());
    EXPECT_FALSE(PsIsProtectedProcess(process));
    EXPECT_FALSE(PsIsProtectedProcessLight(process));
    EXPECT_FALSE(PsIsProcessBeingDebugged(process));
    EXPECT_EQ(PsGetProcessWow64Process(process), nullptr);
    EXPECT_FALSE(PsGetProcessExitProcessCalled(process));
    PETHREAD self = PsGetCurrentThread();
    EXPECT_FALSE(PsIsThreadImpersonating(self));
    EXPECT_TRUE(IoIsSystemThread(self));
    EXPECT_EQ(PsGetThreadExitStatus(self), STATUS_PENDING);
    PACCESS_TOKEN token = PsReferencePrimaryToken(process);
    ULONG session = 0;
    EXPECT_EQ(SeQuerySessionIdToken(token, &session), STATUS_SUCCESS);
    EXPECT_EQ(session, 1u);
    EXPECT_EQ(SeTokenType(token), TokenPrimary);
    PTOKEN_PRIVILEGES privileges = nullptr;
    ASSERT_EQ(SeQueryInformationToken(token, TokenPrivileges, reinterpret_cast<PVOID*>(&privileges)),
              STATUS_SUCCESS);
    EXPECT_EQ(privileges->PrivilegeCount, 0u) << "of an ordinary user";
    ExFreePool(privileges);
    PsDereferencePrimaryToken(token);
    const HANDLE handle = open(app);
    HANDLE opened = nullptr;
    EXPECT_EQ(ZwOpenThreadToken(ZwCurrentThread(), TOKEN_QUERY, FALSE, &opened), STATUS_NO_TOKEN);
    EXPECT_EQ(ZwOpenProcessToken(handle, TOKEN_QUERY, &opened), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(opened), STATUS_SUCCESS);
    ZwClose(handle);
  });
}

TEST_F(ProcessQueryTest, ObjectsAreFoundByNameAndTellTheirType) {
  kernel([] {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, u"\\BaseNamedObjects\\Folder");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr,
                               nullptr);
    HANDLE folder = nullptr;
    ASSERT_EQ(ZwCreateDirectoryObject(&folder, DIRECTORY_QUERY, &attributes), STATUS_SUCCESS);
    PVOID object = nullptr;
    ASSERT_EQ(
        ObReferenceObjectByName(&name, OBJ_CASE_INSENSITIVE, nullptr, 0,
                                reinterpret_cast<POBJECT_TYPE>(const_cast<ObjectType*>(&kDirectoryType)),
                                KernelMode, nullptr, &object),
        STATUS_SUCCESS);
    EXPECT_EQ(ObGetObjectType(object),
              reinterpret_cast<POBJECT_TYPE>(const_cast<ObjectType*>(&kDirectoryType)));
    const LONG_PTR references = ObfReferenceObjectWithTag(object, 0x74736554);
    ObfDereferenceObjectWithTag(object, 0x74736554);
    EXPECT_EQ(ObfReferenceObject(object), references);
    ObDereferenceObject(object);
    ObDereferenceObject(object);
    ZwClose(folder);
    HANDLE event = nullptr;
    ASSERT_EQ(ZwCreateEvent(&event, EVENT_ALL_ACCESS, nullptr, NotificationEvent, TRUE), STATUS_SUCCESS);
    EXPECT_EQ(ZwClearEvent(event), STATUS_SUCCESS);
    LARGE_INTEGER none{};
    EXPECT_EQ(ZwWaitForSingleObject(event, FALSE, &none), STATUS_TIMEOUT);
    ZwClose(event);
    RtlInitUnicodeString(&name, u"\\BaseNamedObjects\\Kept");
    attributes.Attributes |= OBJ_PERMANENT;
    ASSERT_EQ(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, TRUE), STATUS_SUCCESS);
    ASSERT_EQ(ObReferenceObjectByHandle(event, 0, nullptr, KernelMode, &object, nullptr), STATUS_SUCCESS);
    ZwClose(event);
    ObMakeTemporaryObject(object);
    EXPECT_EQ(ZwOpenEvent(&event, EVENT_ALL_ACCESS, &attributes), STATUS_OBJECT_NAME_NOT_FOUND);
    ObDereferenceObject(object);
  });
}

TEST_F(ProcessQueryTest, CallbackObjectTellsThoseThatAreRegistered) {
  kernel([] {
    static int told;
    told = 0;
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, u"\\Callback\\Guard");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, nullptr, nullptr);
    PCALLBACK_OBJECT callback = nullptr;
    EXPECT_EQ(ExCreateCallback(&callback, &attributes, FALSE, FALSE), STATUS_OBJECT_NAME_NOT_FOUND);
    ASSERT_EQ(ExCreateCallback(&callback, &attributes, TRUE, FALSE), STATUS_SUCCESS);
    const PCALLBACK_FUNCTION function = [](PVOID, PVOID argument, PVOID) {
      told += static_cast<int>(reinterpret_cast<ULONG_PTR>(argument));
    };
    PVOID registration = ExRegisterCallback(callback, function, nullptr);
    ASSERT_NE(registration, nullptr);
    EXPECT_EQ(ExRegisterCallback(callback, function, nullptr), nullptr) << "only one";
    ExNotifyCallback(callback, reinterpret_cast<PVOID>(5), nullptr);
    EXPECT_EQ(told, 5);
    ExUnregisterCallback(registration);
    ExNotifyCallback(callback, reinterpret_cast<PVOID>(5), nullptr);
    EXPECT_EQ(told, 5);
    ObDereferenceObject(callback);
  });
}

TEST_F(ProcessQueryTest, ObjectBehindAHandleTellsItsTypeAndRights) {
  kernel([] {
    HANDLE event = nullptr;
    ASSERT_EQ(ZwCreateEvent(&event, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE), STATUS_SUCCESS);
    ULONG needed = 0;
    EXPECT_EQ(ZwQueryObject(event, ObjectTypeInformation, nullptr, 0, &needed), STATUS_INFO_LENGTH_MISMATCH);
    std::vector<UCHAR> buffer(needed);
    ASSERT_EQ(ZwQueryObject(event, ObjectTypeInformation, buffer.data(), needed, &needed), STATUS_SUCCESS);
    const auto& name = reinterpret_cast<PPUBLIC_OBJECT_TYPE_INFORMATION>(buffer.data())->TypeName;
    EXPECT_EQ(to_utf8({name.Buffer, name.Length / 2u}), "Event");
    PUBLIC_OBJECT_BASIC_INFORMATION basic{};
    EXPECT_EQ(ZwQueryObject(event, static_cast<OBJECT_INFORMATION_CLASS>(0), &basic, sizeof basic, nullptr),
              STATUS_SUCCESS);
    EXPECT_EQ(basic.HandleCount, 1u);
    EXPECT_EQ(NtClose(event), STATUS_SUCCESS);
    EXPECT_EQ(NtClose(event), STATUS_INVALID_HANDLE);
  });
}

TEST_F(ProcessQueryTest, MemoryIsCopiedBetweenProcessesAndContiguousMemoryIsPool) {
  kernel([&] {
    UserSpace& space = machine_.system().nt().user_space();
    auto* source = static_cast<UCHAR*>(space.allocate(&app.process(), kUserPage));
    source[1] = 9;
    UCHAR target[4] = {};
    SIZE_T moved = 0;
    PEPROCESS self = PsGetCurrentProcess();
    EXPECT_EQ(MmCopyVirtualMemory(self, source, self, target, 4, KernelMode, &moved), STATUS_SUCCESS);
    EXPECT_EQ(target[1], 9);
    EXPECT_EQ(MmCopyVirtualMemory(self, source, self, target, 4, UserMode, &moved), STATUS_ACCESS_VIOLATION);
    space.free(source);
    PHYSICAL_ADDRESS highest;
    highest.QuadPart = -1;
    PVOID memory = MmAllocateContiguousMemory(100, highest);
    EXPECT_EQ(BYTE_OFFSET(memory), 0u);
    MmFreeContiguousMemory(memory);
  });
}

TEST_F(ProcessQueryTest, CopyOfMemoryEndsWhereItIsNotThere) {
  kernel([&] {
    UserSpace& space = machine_.system().nt().user_space();
    auto* user = static_cast<UCHAR*>(space.allocate(nullptr, 2 * kUserPage));
    user[0] = 7;
    MM_COPY_ADDRESS source{};
    source.VirtualAddress = user;
    UCHAR copy[16] = {};
    SIZE_T moved = 0;
    EXPECT_EQ(MmCopyMemory(copy, source, 16, MM_COPY_MEMORY_VIRTUAL, &moved), STATUS_SUCCESS);
    EXPECT_EQ(copy[0], 7);
    space.unmap(user + kUserPage, kUserPage);
    source.VirtualAddress = user + kUserPage - 4;
    EXPECT_EQ(MmCopyMemory(copy, source, 16, MM_COPY_MEMORY_VIRTUAL, &moved),
              static_cast<NTSTATUS>(0x8000000D))
        << "STATUS_PARTIAL_COPY";
    EXPECT_EQ(moved, 4u);
    source.VirtualAddress = user + kUserPage;
    EXPECT_EQ(MmCopyMemory(copy, source, 16, MM_COPY_MEMORY_VIRTUAL, &moved), STATUS_INVALID_ADDRESS);
    EXPECT_EQ(MmCopyMemory(copy, source, 16, 0, &moved), STATUS_INVALID_PARAMETER);
    space.free(user);
  });
}

}  // namespace
}  // namespace fltsim::nt
