// What drivers hear of: processes, threads, images, handles and the registry.
#include <gmock/gmock.h>

#include "fltsim/lambda_driver.hpp"
#include "nt/kernel_test.hpp"
#include "nt/text.hpp"

// As drivers declare it, which the WDK does not.
extern "C" PCHAR PsGetProcessImageFileName(PEPROCESS Process);

namespace fltsim::nt {
namespace {

std::vector<std::string> heard;

std::string text_of(PCUNICODE_STRING name) { return to_utf8({name->Buffer, name->Length / sizeof(WCHAR)}); }

VOID on_process(HANDLE parent, HANDLE process, BOOLEAN create) {
  heard.push_back(std::string(create ? "begin " : "end ") + std::to_string(HandleToULong(parent)) + ' ' +
                  std::to_string(HandleToULong(process)));
}

VOID on_process_ex(PEPROCESS process, HANDLE, PPS_CREATE_NOTIFY_INFO info) {
  if (info == nullptr) {
    heard.push_back(std::string("end of ") + PsGetProcessImageFileName(process));
    return;
  }
  EXPECT_EQ(info->Size, sizeof *info);
  EXPECT_EQ(info->CreatingThreadId.UniqueProcess, PsGetCurrentProcessId());
  heard.push_back(text_of(info->ImageFileName) + " with " + text_of(info->CommandLine));
}

VOID deny(PEPROCESS, HANDLE, PPS_CREATE_NOTIFY_INFO info) {
  if (info != nullptr) info->CreationStatus = STATUS_ACCESS_DENIED;
}

VOID on_thread(HANDLE, HANDLE, BOOLEAN create) { heard.push_back(create ? "thread" : "thread ends"); }

VOID on_image(PUNICODE_STRING name, HANDLE process, PIMAGE_INFO info) {
  EXPECT_EQ(info->SystemModeImage != 0, process == nullptr);
  heard.push_back(text_of(name));
}

class NotifyTest : public KernelTest {
 protected:
  NotifyTest() { heard.clear(); }
};

TEST_F(NotifyTest, ProcessIsHeardOfWhenItBeginsAndEnds) {
  kernel([] { EXPECT_EQ(PsSetCreateProcessNotifyRoutine(on_process, FALSE), STATUS_SUCCESS); });
  auto app = machine_.start_process({.image = u"C:\\app.exe"});
  auto child = machine_.start_process({.image = u"C:\\child.exe", .started_by = &app});
  const std::string id = std::to_string(app.id());
  const std::string child_id = std::to_string(child.id());
  EXPECT_EQ(child.exit(0), Outcome::kDone);
  EXPECT_THAT(heard, testing::ElementsAre("begin 4 " + id, "begin " + id + ' ' + child_id,
                                          "end " + id + ' ' + child_id));
  kernel([&] {
    PEPROCESS process = nullptr;
    ASSERT_EQ(PsLookupProcessByProcessId(UlongToHandle(app.id()), &process), STATUS_SUCCESS);
    EXPECT_EQ(PsGetProcessInheritedFromUniqueProcessId(process), UlongToHandle(4));
    ObDereferenceObject(process);
    EXPECT_EQ(PsSetCreateProcessNotifyRoutine(on_process, FALSE), STATUS_INVALID_PARAMETER) << "twice";
    EXPECT_EQ(PsSetCreateProcessNotifyRoutine(on_process, TRUE), STATUS_SUCCESS);
    EXPECT_EQ(PsSetCreateProcessNotifyRoutine(on_process, TRUE), STATUS_INVALID_PARAMETER);
  });
}

TEST_F(NotifyTest, ExtendedRoutineGetsTheImageAndTheCommandLine) {
  kernel([] { EXPECT_EQ(PsSetCreateProcessNotifyRoutineEx(on_process_ex, FALSE), STATUS_SUCCESS); });
  auto app = machine_.start_process({.image = u"C:\\app.exe", .command_line = u"app /x"});
  EXPECT_EQ(app.exit(0), Outcome::kDone);
  EXPECT_THAT(heard, testing::ElementsAre("\\??\\C:\\app.exe with app /x", "end of app.exe"));
  kernel([] { EXPECT_EQ(PsSetCreateProcessNotifyRoutineEx(on_process_ex, TRUE), STATUS_SUCCESS); });
}

TEST_F(NotifyTest, DeniedProcessNeverRuns) {
  kernel([] { PsSetCreateProcessNotifyRoutineEx(deny, FALSE); });
  auto app = machine_.start_process({.image = u"C:\\app.exe"});
  EXPECT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  EXPECT_TRUE(app.ended());
  EXPECT_EQ(app.run([] { ADD_FAILURE(); }), Outcome::kKilled);
  EXPECT_EQ(app.process().exit_status, STATUS_ACCESS_DENIED);
  kernel([] { PsSetCreateProcessNotifyRoutineEx(deny, TRUE); });
}

TEST_F(NotifyTest, ImageFileIsThereForTheRoutine) {
  static std::string name;
  machine_.add_volume(u"C:");
  auto writer = machine_.start_process({.image = u"C:\\writer.exe"});
  writer.write(u"C:\\app.exe", "MZ");
  const PCREATE_PROCESS_NOTIFY_ROUTINE_EX routine = [](PEPROCESS, HANDLE, PPS_CREATE_NOTIFY_INFO info) {
    if (info == nullptr) return;
    ASSERT_NE(info->FileObject, nullptr);
    POBJECT_NAME_INFORMATION dos = nullptr;
    ASSERT_EQ(IoQueryFileDosDeviceName(info->FileObject, &dos), STATUS_SUCCESS);
    name = text_of(&dos->Name);
    ExFreePool(dos);
  };
  kernel([&] { PsSetCreateProcessNotifyRoutineEx(routine, FALSE); });
  machine_.start_process({.image = u"C:\\app.exe"});
  EXPECT_EQ(name, "C:\\app.exe");
  kernel([&] { PsSetCreateProcessNotifyRoutineEx(routine, TRUE); });
}

TEST_F(NotifyTest, ThreadsAndImagesAreHeardOf) {
  kernel([] {
    EXPECT_EQ(PsSetCreateThreadNotifyRoutine(on_thread), STATUS_SUCCESS);
    EXPECT_EQ(PsSetLoadImageNotifyRoutine(on_image), STATUS_SUCCESS);
  });
  heard.clear();
  auto app = machine_.start_process({.image = u"C:\\app.exe"});
  EXPECT_THAT(heard, testing::Contains(testing::HasSubstr("app.exe")));
  heard.clear();
  EXPECT_EQ(app.run([] {}), Outcome::kDone);
  EXPECT_THAT(heard, testing::ElementsAre("thread", "thread ends"));
  kernel([] {
    EXPECT_EQ(PsRemoveCreateThreadNotifyRoutine(on_thread), STATUS_SUCCESS);
    EXPECT_EQ(PsRemoveCreateThreadNotifyRoutine(on_thread), STATUS_PROCEDURE_NOT_FOUND);
    EXPECT_EQ(PsRemoveLoadImageNotifyRoutine(on_image), STATUS_SUCCESS);
  });
}

TEST_F(NotifyTest, NewerFormsOfRegistrationHearTheSame) {
  kernel([] {
    EXPECT_EQ(PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems,
                                                 reinterpret_cast<PVOID>(on_process_ex), FALSE),
              STATUS_SUCCESS);
    EXPECT_EQ(
        PsSetCreateThreadNotifyRoutineEx(PsCreateThreadNotifyNonSystem, reinterpret_cast<PVOID>(on_thread)),
        STATUS_SUCCESS);
    EXPECT_EQ(PsSetLoadImageNotifyRoutineEx(on_image, 8), STATUS_INVALID_PARAMETER_2);
    EXPECT_EQ(PsSetLoadImageNotifyRoutineEx(on_image, 0), STATUS_SUCCESS);
  });
  EXPECT_TRUE(heard.empty()) << "threads of the system";
  auto app = machine_.start_process({.image = u"C:\\app.exe"});
  EXPECT_EQ(app.run([] {}), Outcome::kDone);
  EXPECT_THAT(heard, testing::Contains("thread ends"));
  EXPECT_EQ(heard.size(), 4u);
  kernel([] {
    PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems,
                                       reinterpret_cast<PVOID>(on_process_ex), TRUE);
    EXPECT_EQ(PsRemoveCreateThreadNotifyRoutine(on_thread), STATUS_SUCCESS);
    EXPECT_EQ(PsRemoveLoadImageNotifyRoutine(on_image), STATUS_SUCCESS);
    EXPECT_EQ(ObGetFilterVersion(), OB_FLT_REGISTRATION_VERSION);
  });
}

TEST_F(NotifyTest, RoutineThatADriverLeavesIsReported) {  // VER-20
  Driver driver = machine_.load_driver(LambdaDriver{
      .registered = [](PFLT_FILTER) { return PsSetCreateProcessNotifyRoutine(on_process, FALSE); }});
  machine_.verifier().expect("VER-20");
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  EXPECT_EQ(machine_.verifier().count("VER-20"), 1u);
  machine_.start_process({.image = u"C:\\app.exe"});
  EXPECT_TRUE(heard.empty());
}

// --- handles ---

struct Guard {
  ACCESS_MASK take_away = 0;
  ACCESS_MASK seen = 0;
  ACCESS_MASK granted = 0;
  int calls = 0;
  PVOID handle = nullptr;

  static OB_PREOP_CALLBACK_STATUS pre(PVOID context, POB_PRE_OPERATION_INFORMATION information) {
    auto& guard = *static_cast<Guard*>(context);
    ++guard.calls;
    EXPECT_NE(information->Object, nullptr);
    auto& create = information->Parameters->CreateHandleInformation;
    guard.seen = create.OriginalDesiredAccess;
    create.DesiredAccess &= ~guard.take_away;
    information->CallContext = &guard;
    return OB_PREOP_SUCCESS;
  }
  static VOID post(PVOID context, POB_POST_OPERATION_INFORMATION information) {
    auto& guard = *static_cast<Guard*>(context);
    EXPECT_EQ(information->CallContext, context);
    EXPECT_EQ(information->ReturnStatus, STATUS_SUCCESS);
    guard.granted = information->Parameters->CreateHandleInformation.GrantedAccess;
  }
  NTSTATUS add(POBJECT_TYPE type, PCWSTR altitude = u"321000") {
    POBJECT_TYPE place = type;
    OB_OPERATION_REGISTRATION operation{&place, OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE,
                                        pre, post};
    OB_CALLBACK_REGISTRATION registration{OB_FLT_REGISTRATION_VERSION, 1, {}, this, &operation};
    RtlInitUnicodeString(&registration.Altitude, altitude);
    return ObRegisterCallbacks(&registration, &handle);
  }
};

HANDLE open_process(std::uint32_t id, ULONG flags) {
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, flags, nullptr, nullptr);
  CLIENT_ID client{UlongToHandle(id), nullptr};
  HANDLE handle = nullptr;
  EXPECT_EQ(ZwOpenProcess(&handle, PROCESS_TERMINATE | PROCESS_VM_READ, &attributes, &client),
            STATUS_SUCCESS);
  return handle;
}

TEST_F(NotifyTest, HandleCallbackTakesRightsAway) {
  auto victim = machine_.start_process({.image = u"C:\\victim.exe"});
  auto attacker = machine_.start_process({.image = u"C:\\attacker.exe"});
  Guard guard;
  guard.take_away = PROCESS_TERMINATE;
  kernel([&] { ASSERT_EQ(guard.add(wdk(kProcessType)), STATUS_SUCCESS); });
  EXPECT_EQ(attacker.run([&] {
    const HANDLE handle = open_process(victim.id(), 0);
    Ref<void> object;
    AccessMask granted = 0;
    EXPECT_EQ(reference_by_handle(handle, 0, &kProcessType, Mode::kUser, object, &granted), STATUS_SUCCESS);
    EXPECT_EQ(granted, PROCESS_VM_READ);
    ZwClose(handle);
  }),
            Outcome::kDone);
  EXPECT_EQ(guard.seen, PROCESS_TERMINATE | PROCESS_VM_READ);
  EXPECT_EQ(guard.granted, PROCESS_VM_READ);
  kernel([&] {
    ZwClose(open_process(victim.id(), OBJ_KERNEL_HANDLE));
    EXPECT_EQ(guard.granted, PROCESS_TERMINATE | PROCESS_VM_READ) << "the kernel keeps its rights";
    ObUnRegisterCallbacks(guard.handle);
    const int calls = guard.calls;
    ZwClose(open_process(victim.id(), OBJ_KERNEL_HANDLE));
    EXPECT_EQ(guard.calls, calls);
  });
}

TEST_F(NotifyTest, HandleCallbackIsRefusedForAnotherTypeAndATakenAltitude) {
  kernel([] {
    Guard one;
    Guard two;
    EXPECT_EQ(one.add(wdk(kEventType)), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(one.add(wdk(kThreadType), u"top"), STATUS_INVALID_PARAMETER);
    ASSERT_EQ(one.add(wdk(kThreadType)), STATUS_SUCCESS);
    EXPECT_EQ(two.add(wdk(kProcessType), u"321000.0"), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    ObUnRegisterCallbacks(one.handle);
  });
}

// --- the registry ---

struct Watcher {
  std::vector<int> classes;
  REG_NOTIFY_CLASS refuse = MaxRegNtNotifyClass;
  NTSTATUS with = STATUS_ACCESS_DENIED;
  LARGE_INTEGER cookie{};
  std::string last_name;

  static NTSTATUS callback(PVOID context, PVOID kind, PVOID argument) {
    auto& watcher = *static_cast<Watcher*>(context);
    const auto which = static_cast<REG_NOTIFY_CLASS>(reinterpret_cast<ULONG_PTR>(kind));
    watcher.classes.push_back(which);
    if (which == RegNtPreSetValueKey) {
      PCUNICODE_STRING name = nullptr;
      EXPECT_EQ(
          CmCallbackGetKeyObjectID(
              &watcher.cookie, static_cast<PREG_SET_VALUE_KEY_INFORMATION>(argument)->Object, nullptr, &name),
          STATUS_SUCCESS);
      watcher.last_name = text_of(name);
    }
    return which == watcher.refuse ? watcher.with : STATUS_SUCCESS;
  }
};

HANDLE make_key() {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, u"\\Registry\\Machine\\Software\\Vendor");
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  HANDLE key = nullptr;
  EXPECT_EQ(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, nullptr, 0, nullptr), STATUS_SUCCESS);
  return key;
}

NTSTATUS set_level(HANDLE key) {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, u"Level");
  ULONG level = 1;
  return ZwSetValueKey(key, &name, 0, REG_DWORD, &level, sizeof level);
}

TEST_F(NotifyTest, RegistryCallbackHearsBeforeAndAfterAndMayRefuse) {
  kernel([] {
    Watcher watcher;
    UNICODE_STRING altitude;
    RtlInitUnicodeString(&altitude, u"370000");
    ASSERT_EQ(CmRegisterCallbackEx(Watcher::callback, &altitude, nullptr, &watcher, &watcher.cookie, nullptr),
              STATUS_SUCCESS);
    LARGE_INTEGER other{};
    EXPECT_EQ(CmRegisterCallbackEx(Watcher::callback, &altitude, nullptr, &watcher, &other, nullptr),
              STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    const HANDLE key = make_key();
    EXPECT_EQ(set_level(key), STATUS_SUCCESS);
    EXPECT_EQ(watcher.last_name, "\\Registry\\Machine\\Software\\Vendor");
    EXPECT_THAT(watcher.classes, testing::ElementsAre(RegNtPreCreateKeyEx, RegNtPostCreateKeyEx,
                                                      RegNtPreSetValueKey, RegNtPostSetValueKey));
    watcher.refuse = RegNtPreSetValueKey;
    EXPECT_EQ(set_level(key), STATUS_ACCESS_DENIED);
    EXPECT_EQ(watcher.classes.size(), 5u) << "who refuses is not told again";
    watcher.with = STATUS_CALLBACK_BYPASS;
    EXPECT_EQ(set_level(key), STATUS_SUCCESS);
    watcher.refuse = RegNtPreDeleteKey;
    watcher.with = STATUS_ACCESS_DENIED;
    EXPECT_EQ(ZwDeleteKey(key), STATUS_ACCESS_DENIED);
    Ref<void> object;
    ASSERT_EQ(reference_by_handle(key, 0, &kKeyType, Mode::kKernel, object), STATUS_SUCCESS);
    PCUNICODE_STRING copy = nullptr;
    EXPECT_EQ(CmCallbackGetKeyObjectIDEx(&watcher.cookie, object.get(), nullptr, &copy, 0), STATUS_SUCCESS);
    EXPECT_EQ(text_of(copy), "\\Registry\\Machine\\Software\\Vendor");
    CmCallbackReleaseKeyObjectIDEx(copy);
    EXPECT_EQ(CmGetBoundTransaction(&watcher.cookie, object.get()), nullptr);
    ULONG major = 0;
    ULONG minor = 0;
    CmGetCallbackVersion(&major, &minor);
    EXPECT_EQ(major, 1u);
    EXPECT_EQ(CmUnRegisterCallback(watcher.cookie), STATUS_SUCCESS);
    EXPECT_EQ(CmUnRegisterCallback(watcher.cookie), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(ZwDeleteKey(key), STATUS_SUCCESS);
    ZwClose(key);
  });
}

TEST_F(NotifyTest, RegistryCallbackThatADriverLeavesIsReported) {  // VER-20
  static Watcher watcher;
  Driver driver = machine_.load_driver(LambdaDriver{.registered = [](PFLT_FILTER) {
    return CmRegisterCallback(Watcher::callback, &watcher, &watcher.cookie);
  }});
  machine_.verifier().expect("VER-20");
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  EXPECT_EQ(machine_.verifier().count("VER-20"), 1u);
}

}  // namespace
}  // namespace fltsim::nt
