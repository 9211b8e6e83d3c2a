// User memory, and the registry through its services.
#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "nt/kernel_test.hpp"
#include "nt/user_memory.hpp"

namespace fltsim::nt {
namespace {

class UserMemoryTest : public KernelTest {
 protected:
  UserSpace& space() { return machine_.system().nt().user_space(); }
};

TEST_F(UserMemoryTest, ProbeAcceptsUserMemoryAndRefusesPoolStackAndGlobals) {  // MSG-3
  static int global = 0;
  kernel([&] {
    auto* user = static_cast<UCHAR*>(space().allocate(nullptr, 100));
    int local = 0;
    PVOID pool = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 'x');
    EXPECT_EQ(status_raised_by([&] { ProbeForRead(user, 100, 1); }), STATUS_SUCCESS);
    EXPECT_EQ(status_raised_by([&] { ProbeForWrite(user, 100, 4); }), STATUS_SUCCESS);
    EXPECT_EQ(status_raised_by([&] { ProbeForRead(pool, 8, 1); }), STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(status_raised_by([&] { ProbeForRead(&local, 4, 1); }), STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(status_raised_by([&] { ProbeForWrite(&global, 4, 1); }), STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(status_raised_by([&] { ProbeForRead(&global, 0, 1); }), STATUS_SUCCESS) << "no byte, no check";
    EXPECT_EQ(status_raised_by([&] { ProbeForRead(user + 1, 8, 4); }), STATUS_DATATYPE_MISALIGNMENT);
    EXPECT_EQ(status_raised_by([&] { ProbeForRead(user, ~SIZE_T{0}, 1); }), STATUS_ACCESS_VIOLATION);
    ExFreePool(pool);
  });
}

TEST_F(UserMemoryTest, UnmappedMemoryFailsTheWriteProbe) {  // T-28
  kernel([&] {
    auto* user = static_cast<UCHAR*>(space().allocate(nullptr, 2 * kUserPage));
    user[kUserPage] = 1;
    space().unmap(user + kUserPage, 1);
    EXPECT_EQ(status_raised_by([&] { ProbeForWrite(user, kUserPage, 1); }), STATUS_SUCCESS);
    EXPECT_EQ(status_raised_by([&] { ProbeForWrite(user, kUserPage + 1, 1); }), STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(MmIsAddressValid(user), TRUE);
    EXPECT_EQ(MmIsAddressValid(user + kUserPage), FALSE);
    space().free(user);
  });
}

TEST_F(UserMemoryTest, FreedAddressesAreNotUsedAgainSoon) {  // T-28
  void* freed = space().allocate(nullptr, kUserPage);
  space().free(freed);
  for (int i = 0; i < 100; ++i) space().free(space().allocate(nullptr, kUserPage));
  EXPECT_FALSE(space().is_mapped(freed, 1));
}

TEST_F(UserMemoryTest, WholeRangeIsUsedAgain) {
  constexpr std::size_t kBlock = UserSpace::kSize / 4;
  for (int i = 0; i < 10; ++i) {
    void* block = space().allocate(nullptr, kBlock);
    ASSERT_NE(block, nullptr) << i;
    space().free(block);
  }
}

TEST_F(UserMemoryTest, ClientsBufferIsPresentedInTheRangeAndCopiedBack) {
  kernel([&] {
    char client[32] = "before";
    {
      const UserBuffer buffer(current_thread(), client + 1, 31, UserBuffer::Use::kOutput);
      EXPECT_TRUE(space().is_mapped(buffer.address(), buffer.length()));
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.address()) % 16,
                reinterpret_cast<std::uintptr_t>(client + 1) % 16);
      EXPECT_STREQ(static_cast<char*>(buffer.address()), "efore");
      static_cast<char*>(buffer.address())[0] = 'E';
      EXPECT_STREQ(client, "before") << "not yet";
    }
    EXPECT_STREQ(client, "bEfore");
  });
}

TEST_F(UserMemoryTest, NullAndUserAddressesPassThrough) {
  kernel([&] {
    auto* user = static_cast<UCHAR*>(space().allocate(nullptr, 16));
    EXPECT_EQ(UserBuffer(current_thread(), nullptr, 16, UserBuffer::Use::kInput).address(), nullptr);
    EXPECT_EQ(UserBuffer(current_thread(), user, 16, UserBuffer::Use::kInput).address(), user);
    const std::string large(200'000, 'x');
    const UserBuffer paged(current_thread(), large.data(), large.size(), UserBuffer::Use::kInput);
    EXPECT_TRUE(space().is_mapped(paged.address(), paged.length()));
  });
}

TEST_F(UserMemoryTest, MemoryOfAProcessGoesWithItsLastThread) {  // T-28
  auto app = machine_.start_process({.image = u"C:\\app.exe"});
  auto other = machine_.start_process({.image = u"C:\\other.exe"});
  void* user = space().allocate(&app.process(), 10);
  void* others = space().allocate(&other.process(), 10);
  KEVENT go_on;
  KeInitializeEvent(&go_on, NotificationEvent, FALSE);
  app.start_thread("in a driver",
                   [&] { KeWaitForSingleObject(&go_on, ::Executive, KernelMode, FALSE, nullptr); });
  ASSERT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  ASSERT_EQ(app.kill(), Outcome::kDone);
  EXPECT_TRUE(space().is_mapped(user, 10)) << "a thread may still work on it";
  kernel([&] { KeSetEvent(&go_on, 0, FALSE); });
  ASSERT_EQ(machine_.run_to_quiescence(), Outcome::kDone);
  EXPECT_FALSE(space().is_mapped(user, 1));
  EXPECT_TRUE(space().is_mapped(others, 10));
}

TEST_F(UserMemoryTest, FullUserMemoryStopsTheMachine) {  // SIM-7
  fatal("SIM-7", [&] {
    while (space().allocate(nullptr, 64 << 20) != nullptr) {
    }
    while (space().allocate(nullptr, kUserPage) != nullptr) {
    }
    std::vector<std::byte> client(2 * kUserPage);
    const UserBuffer buffer(current_thread(), client.data(), client.size(), UserBuffer::Use::kInput);
  });
}

TEST_F(UserMemoryTest, RoutineAddressIsKnownUnlessItIsNotSimulated) {
  kernel([] {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, u"KeSetEvent");
    EXPECT_EQ(MmGetSystemRoutineAddress(&name), reinterpret_cast<PVOID>(&KeSetEvent));
    for (const char16_t* other : {u"MmGetPhysicalAddress", u"wcslen", u"fltsim_seh_enter"}) {
      RtlInitUnicodeString(&name, other);
      EXPECT_EQ(MmGetSystemRoutineAddress(&name), nullptr);
    }
  });
}

using RegistryServiceTest = KernelTest;

constexpr WCHAR kService[] = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\drmfilter";

HANDLE open_key(PCWSTR path, NTSTATUS expected = STATUS_SUCCESS) {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, path);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  HANDLE key = nullptr;
  EXPECT_EQ(ZwOpenKey(&key, KEY_READ, &attributes), expected);
  return key;
}

TEST_F(RegistryServiceTest, ValueIsReadWithTheTwoStepSize) {
  machine_.system().nt().registry().set_string(kService, u"AllowedImage", u"\\Device\\x.exe");
  kernel([] {
    HANDLE key = open_key(u"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\services\\DRMFILTER");
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, u"allowedimage");
    ULONG needed = 0;
    EXPECT_EQ(ZwQueryValueKey(key, &name, KeyValuePartialInformation, nullptr, 0, &needed),
              STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(needed, 12u + 2 * 14);
    alignas(8) UCHAR buffer[128];
    EXPECT_EQ(ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, 16, &needed),
              STATUS_BUFFER_OVERFLOW);
    ASSERT_EQ(ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, sizeof buffer, &needed),
              STATUS_SUCCESS);
    const auto* value = reinterpret_cast<PKEY_VALUE_PARTIAL_INFORMATION>(buffer);
    EXPECT_EQ(value->Type, REG_SZ);
    EXPECT_EQ(std::u16string(reinterpret_cast<const char16_t*>(value->Data)), u"\\Device\\x.exe");
    RtlInitUnicodeString(&name, u"Missing");
    EXPECT_EQ(ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, sizeof buffer, &needed),
              STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(ZwClose(key), STATUS_SUCCESS);
    open_key(u"\\Registry\\Machine\\Nowhere", STATUS_OBJECT_NAME_NOT_FOUND);
    open_key(u"\\Device\\Nowhere", STATUS_OBJECT_PATH_SYNTAX_BAD);
  });
}

TEST_F(RegistryServiceTest, NamesComeBackAsTheyWereMade) {
  Registry& registry = machine_.system().nt().registry();
  registry.set_dword(std::u16string(kService) + u"\\Parameters", u"Level", 7);
  kernel([] {
    HANDLE key = open_key(u"\\REGISTRY\\machine\\SYSTEM\\currentcontrolset\\SERVICES\\DRMFILTER\\PARAMETERS");
    alignas(8) UCHAR buffer[256];
    ULONG needed = 0;
    ASSERT_EQ(ZwQueryKey(key, KeyBasicInformation, buffer, sizeof buffer, &needed), STATUS_SUCCESS);
    const auto* basic = reinterpret_cast<PKEY_BASIC_INFORMATION>(buffer);
    EXPECT_EQ(std::u16string_view(basic->Name, basic->NameLength / 2), u"Parameters");
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, u"LEVEL");
    ULONG number = 8;
    ASSERT_EQ(ZwSetValueKey(key, &name, 0, REG_DWORD, &number, sizeof number), STATUS_SUCCESS);
    ASSERT_EQ(ZwQueryValueKey(key, &name, KeyValueBasicInformation, buffer, sizeof buffer, &needed),
              STATUS_SUCCESS);
    const auto* value = reinterpret_cast<PKEY_VALUE_BASIC_INFORMATION>(buffer);
    EXPECT_EQ(std::u16string_view(value->Name, value->NameLength / 2), u"Level");
    Ref<void> object;
    ASSERT_EQ(reference_by_handle(key, 0, &kKeyType, Mode::kKernel, object), STATUS_SUCCESS);
    auto* named = reinterpret_cast<POBJECT_NAME_INFORMATION>(buffer);
    ASSERT_EQ(ObQueryNameString(object.get(), named, sizeof buffer, &needed), STATUS_SUCCESS);
    EXPECT_EQ(std::u16string_view(named->Name.Buffer, named->Name.Length / 2),
              std::u16string(kService) + u"\\Parameters");
    ZwClose(key);
  });
}

TEST_F(RegistryServiceTest, ClassThatIsNotSimulatedStopsTheMachineByName) {  // SIM-1
  machine_.system().nt().registry().create(kService);
  fatal("SIM-1", [] {
    UCHAR buffer[64];
    ULONG needed = 0;
    ZwQueryKey(open_key(kService), KeyCachedInformation, buffer, sizeof buffer, &needed);
  });
}

TEST_F(RegistryServiceTest, KeysAndValuesAreMadeEnumeratedAndDeleted) {
  machine_.system().nt().registry().create(kService);
  kernel([] {
    HANDLE service = open_key(kService);
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, u"Parameters");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, service, nullptr);
    HANDLE key = nullptr;
    ULONG disposition = 0;
    ASSERT_EQ(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, nullptr, 0, &disposition), STATUS_SUCCESS);
    EXPECT_EQ(disposition, REG_CREATED_NEW_KEY);
    ULONG number = 7;
    RtlInitUnicodeString(&name, u"Level");
    EXPECT_EQ(ZwSetValueKey(key, &name, 0, REG_DWORD, &number, sizeof number), STATUS_SUCCESS);
    alignas(8) UCHAR buffer[128];
    ULONG needed = 0;
    ASSERT_EQ(ZwEnumerateValueKey(key, 0, KeyValueFullInformation, buffer, sizeof buffer, &needed),
              STATUS_SUCCESS);
    const auto* value = reinterpret_cast<PKEY_VALUE_FULL_INFORMATION>(buffer);
    EXPECT_EQ(buffer[value->DataOffset], 7);
    EXPECT_EQ(ZwEnumerateValueKey(key, 1, KeyValueFullInformation, buffer, sizeof buffer, &needed),
              STATUS_NO_MORE_ENTRIES);
    ASSERT_EQ(ZwEnumerateKey(service, 0, KeyBasicInformation, buffer, sizeof buffer, &needed),
              STATUS_SUCCESS);
    EXPECT_EQ(reinterpret_cast<PKEY_BASIC_INFORMATION>(buffer)->NameLength, 20u);
    EXPECT_EQ(ZwEnumerateKey(service, 1, KeyBasicInformation, buffer, sizeof buffer, &needed),
              STATUS_NO_MORE_ENTRIES);
    EXPECT_EQ(ZwDeleteKey(service), STATUS_CANNOT_DELETE) << "has a subkey";
    EXPECT_EQ(ZwDeleteValueKey(key, &name), STATUS_SUCCESS);
    EXPECT_EQ(ZwDeleteKey(key), STATUS_SUCCESS);
    EXPECT_EQ(ZwSetValueKey(key, &name, 0, REG_DWORD, &number, sizeof number), STATUS_KEY_DELETED);
    ZwClose(key);
    ZwClose(service);
  });
}

}  // namespace
}  // namespace fltsim::nt
