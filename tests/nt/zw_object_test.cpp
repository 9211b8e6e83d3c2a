// Handles of processes, links and directories, and handles that are copied, as the WDK's pages describe them.
#include <gtest/gtest.h>
#include <ntifs.h>

#include "nt/kernel_test.hpp"

namespace fltsim::nt {
namespace {

class ZwObjectTest : public KernelTest {
 protected:
  static OBJECT_ATTRIBUTES named(UNICODE_STRING& name, PCWSTR text) {
    RtlInitUnicodeString(&name, text);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr,
                               nullptr);
    return attributes;
  }
  static OBJECT_ATTRIBUTES unnamed() {
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    return attributes;
  }
};

TEST_F(ZwObjectTest, ProcessIsOpenedByItsClientId) {
  auto app = machine_.start_process({.image = u"C:\\app.exe"});
  kernel([&] {
    OBJECT_ATTRIBUTES attributes = unnamed();
    CLIENT_ID client{ULongToHandle(app.id()), nullptr};
    HANDLE process = nullptr;
    ASSERT_EQ(ZwOpenProcess(&process, PROCESS_ALL_ACCESS, &attributes, &client), STATUS_SUCCESS);
    PVOID object = nullptr;
    ASSERT_EQ(ObReferenceObjectByHandle(process, 0, nullptr, KernelMode, &object, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(PsGetProcessId(static_cast<PEPROCESS>(object)), client.UniqueProcess);
    ObDereferenceObject(object);
    EXPECT_EQ(ZwClose(process), STATUS_SUCCESS);
    client.UniqueProcess = ULongToHandle(4444444);
    EXPECT_EQ(ZwOpenProcess(&process, PROCESS_ALL_ACCESS, &attributes, &client), STATUS_INVALID_CID);
    EXPECT_EQ(ZwOpenProcess(&process, PROCESS_ALL_ACCESS, &attributes, nullptr),
              STATUS_INVALID_PARAMETER_MIX);
    UNICODE_STRING name;
    attributes = named(name, u"\\Process");
    EXPECT_EQ(ZwOpenProcess(&process, PROCESS_ALL_ACCESS, &attributes, &client),
              STATUS_INVALID_PARAMETER_MIX);
  });
}

TEST_F(ZwObjectTest, CopyOfAHandleHasItsAccessOrWhatIsAskedFor) {
  kernel([] {
    OBJECT_ATTRIBUTES attributes = unnamed();
    HANDLE event = nullptr;
    ASSERT_EQ(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE), STATUS_SUCCESS);
    const auto access_of = [](HANDLE handle) {
      PVOID object = nullptr;
      OBJECT_HANDLE_INFORMATION information{};
      EXPECT_EQ(ObReferenceObjectByHandle(handle, 0, nullptr, KernelMode, &object, &information),
                STATUS_SUCCESS);
      ObDereferenceObject(object);
      return information.GrantedAccess;
    };
    HANDLE same = nullptr;
    HANDLE less = nullptr;
    ASSERT_EQ(ZwDuplicateObject(ZwCurrentProcess(), event, ZwCurrentProcess(), &same, 0, OBJ_KERNEL_HANDLE,
                                DUPLICATE_SAME_ACCESS),
              STATUS_SUCCESS);
    ASSERT_EQ(ZwDuplicateObject(ZwCurrentProcess(), event, ZwCurrentProcess(), &less, SYNCHRONIZE,
                                OBJ_KERNEL_HANDLE, 0),
              STATUS_SUCCESS);
    EXPECT_EQ(access_of(same), access_of(event));
    EXPECT_EQ(access_of(less), static_cast<ACCESS_MASK>(SYNCHRONIZE));
    HANDLE moved = nullptr;
    ASSERT_EQ(ZwDuplicateObject(ZwCurrentProcess(), event, ZwCurrentProcess(), &moved, 0, OBJ_KERNEL_HANDLE,
                                DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE),
              STATUS_SUCCESS);
    EXPECT_EQ(ZwDuplicateObject(ZwCurrentProcess(), event, ZwCurrentProcess(), &event, 0, OBJ_KERNEL_HANDLE,
                                DUPLICATE_SAME_ACCESS),
              STATUS_INVALID_HANDLE)
        << "its source was closed";
    for (HANDLE handle : {same, less, moved}) EXPECT_EQ(ZwClose(handle), STATUS_SUCCESS);
  });
  EXPECT_TRUE(machine_.verifier().clean());
}

TEST_F(ZwObjectTest, KernelCopyOfAProgramsHandleWorksInEveryProcess) {
  HANDLE copy = nullptr;
  auto app = machine_.start_process({.image = u"C:\\app.exe"});
  EXPECT_EQ(app.run([&] {
    HANDLE event = nullptr;
    ASSERT_EQ(ZwCreateEvent(&event, EVENT_ALL_ACCESS, nullptr, NotificationEvent, TRUE), STATUS_SUCCESS);
    ASSERT_EQ(ZwDuplicateObject(ZwCurrentProcess(), event, ZwCurrentProcess(), &copy, 0, OBJ_KERNEL_HANDLE,
                                DUPLICATE_SAME_ACCESS),
              STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(event), STATUS_SUCCESS);
  }),
            Outcome::kDone);
  kernel([&] {
    EXPECT_EQ(ZwWaitForSingleObject(copy, FALSE, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(copy), STATUS_SUCCESS);
  });
}

TEST_F(ZwObjectTest, LinkSaysItsTargetWhereThereIsRoom) {
  ASSERT_EQ(machine_.system().nt().names().create_link(u"\\??\\C:", u"\\Device\\HarddiskVolume1"),
            STATUS_SUCCESS);
  kernel([] {
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes = named(name, u"\\??\\C:");
    HANDLE link = nullptr;
    ASSERT_EQ(ZwOpenSymbolicLinkObject(&link, SYMBOLIC_LINK_QUERY, &attributes), STATUS_SUCCESS);
    WCHAR buffer[64];
    UNICODE_STRING target{0, 8, buffer};
    ULONG length = 0;
    EXPECT_EQ(ZwQuerySymbolicLinkObject(link, &target, &length), STATUS_BUFFER_TOO_SMALL);
    EXPECT_GE(length, 23 * sizeof(WCHAR));
    target.MaximumLength = sizeof buffer;
    ASSERT_EQ(ZwQuerySymbolicLinkObject(link, &target, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(std::u16string(target.Buffer, target.Length / 2), u"\\Device\\HarddiskVolume1");
    EXPECT_EQ(ZwClose(link), STATUS_SUCCESS);
    attributes = named(name, u"\\??\\Q:");
    EXPECT_EQ(ZwOpenSymbolicLinkObject(&link, SYMBOLIC_LINK_QUERY, &attributes),
              STATUS_OBJECT_NAME_NOT_FOUND);
    attributes = named(name, u"\\Device");
    EXPECT_EQ(ZwOpenSymbolicLinkObject(&link, SYMBOLIC_LINK_QUERY, &attributes), STATUS_OBJECT_TYPE_MISMATCH);
  });
}

TEST_F(ZwObjectTest, DirectoryIsOpenedByItsName) {
  kernel([] {
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes = named(name, u"\\BaseNamedObjects");
    HANDLE directory = nullptr;
    ASSERT_EQ(ZwOpenDirectoryObject(&directory, DIRECTORY_QUERY | DIRECTORY_TRAVERSE, &attributes),
              STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(directory), STATUS_SUCCESS);
    attributes = named(name, u"\\NoSuchDirectory");
    EXPECT_EQ(ZwOpenDirectoryObject(&directory, DIRECTORY_QUERY, &attributes), STATUS_OBJECT_NAME_NOT_FOUND);
  });
}

TEST_F(ZwObjectTest, KeyThatWasChangedIsFlushed) {
  kernel([] {
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes =
        named(name, u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\proof");
    HANDLE key = nullptr;
    ASSERT_EQ(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, nullptr, 0, nullptr), STATUS_SUCCESS);
    ULONG value = 17;
    UNICODE_STRING value_name;
    RtlInitUnicodeString(&value_name, u"Answer");
    EXPECT_EQ(ZwSetValueKey(key, &value_name, 0, REG_DWORD, &value, sizeof value), STATUS_SUCCESS);
    EXPECT_EQ(ZwFlushKey(key), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(key), STATUS_SUCCESS);
    EXPECT_EQ(ZwFlushKey(key), STATUS_INVALID_HANDLE);
    EXPECT_EQ(ZwFlushKey(nullptr), STATUS_INVALID_HANDLE);
  });
}

}  // namespace
}  // namespace fltsim::nt
