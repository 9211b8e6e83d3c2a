// What a handle that is open may do, beside reading and writing: sections, control codes, extended attributes,
// MDL transfers. Programs of the machine have no verbs for most of these, so the requests are made by hand.
#include <ntifs.h>

#include "driver/siege.hpp"
#include "fltsim/lambda_driver.hpp"
#include "io/services.hpp"
#include "nt/enter.hpp"

namespace drmfilter::test {
namespace {

using fltsim::FileHandle;
namespace io = fltsim::io;
namespace nt = fltsim::nt;

class HandleTest : public testing::Test {
 protected:
  HandleTest() {
    siege.machine.load_driver(everything_else_succeeds(), {.name = u"bottom", .altitude = u"20000"});
  }
  // The file system of the machine has none of these operations; a filter below stands in for it.
  static fltsim::LambdaDriver everything_else_succeeds() {
    fltsim::LambdaDriver driver;
    for (const UCHAR major : {UCHAR{IRP_MJ_FILE_SYSTEM_CONTROL}, UCHAR{IRP_MJ_SET_EA},
                              IRP_MJ_PREPARE_MDL_WRITE, IRP_MJ_MDL_READ}) {
      driver.operations.push_back({.major = major, .pre = [](PFLT_CALLBACK_DATA data, auto, auto) {
                                     data->IoStatus.Status = STATUS_SUCCESS;
                                     return FLT_PREOP_COMPLETE;
                                   }});
    }
    return driver;
  }

  static nt::Ref<io::FileObject> file_of(FileHandle handle, nt::Mode mode) {
    nt::Ref<void> object;
    EXPECT_EQ(nt::reference_by_handle(reinterpret_cast<HANDLE>(handle), 0, &io::kFileType, mode, object),
              STATUS_SUCCESS);
    return nt::Ref<io::FileObject>::adopt(static_cast<io::FileObject*>(object.detach()));
  }
  int32_t request(FileHandle handle, UCHAR major, ULONG control_code = 0) {
    int32_t status = 0;
    siege.attack([&] {
      status = nt::client_call("NtRequest", -1, [&](nt::Thread& thread) {
        const auto file = file_of(handle, nt::Mode::kUser);
        auto operation = io::IoManager::make_operation({.thread = thread, .mode = UserMode}, *file, major);
        if (major == IRP_MJ_FILE_SYSTEM_CONTROL)
          operation.parameters.Parameters.FileSystemControl.Common.FsControlCode = control_code;
        siege.machine.system().io().submit(operation);
        return operation.status.Status;
      });
    });
    return status;
  }
  int32_t control(FileHandle handle, ULONG code) { return request(handle, IRP_MJ_FILE_SYSTEM_CONTROL, code); }
  int32_t make_section(FileHandle handle, ULONG protection) {
    int32_t status = 0;
    siege.attack([&] {
      status = nt::client_call("NtCreateSection", -1, [&](nt::Thread& thread) {
        HANDLE section = nullptr;
        return io::create_section({thread, nt::Mode::kUser}, section, reinterpret_cast<HANDLE>(handle),
                                  protection);
      });
    });
    return status;
  }

  Siege siege{VolumeKind::kHost};
};

constexpr ULONG kWritingCodes[] = {FSCTL_SET_ZERO_DATA,          FSCTL_DUPLICATE_EXTENTS_TO_FILE,
                                   FSCTL_SET_REPARSE_POINT,      FSCTL_DELETE_REPARSE_POINT,
                                   FSCTL_SET_ENCRYPTION,         FSCTL_WRITE_RAW_ENCRYPTED,
                                   FSCTL_DELETE_EXTERNAL_BACKING};

TEST_F(HandleTest, ControlCodesThatWriteAreWrites) {
  siege.protect(u"C:\\Vault\\*", ProtectionFlags::kWrite);
  const auto most = siege.open(Siege::kSecret, MAXIMUM_ALLOWED).handle;
  const auto evil = siege.open(u"C:\\Free\\evil.docx", MAXIMUM_ALLOWED).handle;
  for (const ULONG code : kWritingCodes) {
    EXPECT_EQ(control(siege.everything_on_plan, code), STATUS_ACCESS_DENIED) << std::hex << code;
    EXPECT_EQ(control(most, code), STATUS_ACCESS_DENIED) << std::hex << code;
    EXPECT_EQ(control(evil, code), STATUS_SUCCESS) << std::hex << code;
  }
  for (const ULONG code : {FSCTL_GET_REPARSE_POINT, FSCTL_GET_COMPRESSION, FSCTL_REQUEST_OPLOCK_LEVEL_2})
    EXPECT_EQ(control(siege.everything_on_plan, code), STATUS_SUCCESS) << std::hex << code;
  EXPECT_THAT(siege.service->blocked(), SizeIs(2 * std::size(kWritingCodes)));
}

TEST_F(HandleTest, ControlCodesThatReadAreReads) {
  siege.protect(u"C:\\Vault\\*", ProtectionFlags::kRead);
  for (const ULONG code : {FSCTL_READ_RAW_ENCRYPTED, FSCTL_QUERY_ALLOCATED_RANGES})
    EXPECT_EQ(control(siege.everything_on_plan, code), STATUS_ACCESS_DENIED) << std::hex << code;
  EXPECT_EQ(control(siege.everything_on_plan, FSCTL_SET_ZERO_DATA), STATUS_SUCCESS);
}

TEST_F(HandleTest, ExtendedAttributesAndMdlTransfersAreJudgedAsWritesAndReads) {
  siege.protect(u"C:\\Vault\\*", ProtectionFlags::kWrite);
  EXPECT_EQ(request(siege.everything_on_plan, IRP_MJ_SET_EA), STATUS_ACCESS_DENIED);
  EXPECT_EQ(request(siege.everything_on_plan, IRP_MJ_PREPARE_MDL_WRITE), STATUS_ACCESS_DENIED);
  EXPECT_EQ(request(siege.everything_on_plan, IRP_MJ_MDL_READ), STATUS_SUCCESS);
  siege.protect(u"C:\\Vault\\*", ProtectionFlags::kRead);
  EXPECT_EQ(request(siege.everything_on_plan, IRP_MJ_MDL_READ), STATUS_ACCESS_DENIED);
  EXPECT_EQ(request(siege.everything_on_plan, IRP_MJ_PREPARE_MDL_WRITE), STATUS_SUCCESS);
}

TEST_F(HandleTest, ExecuteProtectionDeniesSectionsThatCanBeExecuted) {
  siege.protect(u"C:\\Vault\\*", ProtectionFlags::kExecute);
  for (const ULONG protection :
       {PAGE_EXECUTE, PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_WRITECOPY})
    EXPECT_EQ(make_section(siege.everything_on_plan, protection), STATUS_ACCESS_DENIED) << protection;
  for (const ULONG protection : {PAGE_READONLY, PAGE_READWRITE, PAGE_WRITECOPY})
    EXPECT_EQ(make_section(siege.everything_on_plan, protection), STATUS_SUCCESS) << protection;
}

// CB-41: a directory that leads to another volume.
TEST_F(HandleTest, AWayThatGoesOnAtAnotherVolumeIsJudgedThere) {
  fltsim::Volume& e = siege.machine.add_volume(u"E:");
  for (const char16_t* path : {u"\\Free\\a.docx", u"\\Vault\\a.docx"}) e.write_file(path, "there");
  for (const char16_t* path : {u"\\Jump\\Free", u"\\Jump\\Vault"}) siege.c->make_directory(path);
  fltsim::LambdaDriver jump;
  jump.operations.push_back(
      {.major = IRP_MJ_CREATE, .pre = [&](PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, auto) {
         const UNICODE_STRING& name = objects->FileObject->FileName;
         std::u16string_view path(reinterpret_cast<const char16_t*>(name.Buffer), name.Length / 2);
         if (!path.starts_with(u"\\Jump")) return FLT_PREOP_SUCCESS_NO_CALLBACK;
         std::u16string to = e.device_name() + std::u16string(path.substr(5));
         EXPECT_EQ(IoReplaceFileObjectName(objects->FileObject, reinterpret_cast<PWSTR>(to.data()),
                                           static_cast<USHORT>(to.size() * 2)),
                   STATUS_SUCCESS);
         data->IoStatus.Status = STATUS_REPARSE;
         data->IoStatus.Information = IO_REPARSE;
         return FLT_PREOP_COMPLETE;
       }});
  siege.machine.load_driver(std::move(jump), {.name = u"jump", .altitude = u"20001"});
  siege.protect(u"C:\\Vault\\*", ProtectionFlags::kStandard);
  siege.protect(u"E:\\Vault\\*", ProtectionFlags::kStandard);
  EXPECT_EQ(siege.open(u"C:\\Jump\\Free\\a.docx", FILE_READ_DATA, FILE_OVERWRITE).status, STATUS_SUCCESS);
  EXPECT_EQ(siege.open(u"C:\\Jump\\Vault\\a.docx", FILE_READ_DATA, FILE_OVERWRITE).status,
            STATUS_ACCESS_DENIED);
  EXPECT_EQ(e.read_file(u"\\Vault\\a.docx"), "there");
}

}  // namespace
}  // namespace drmfilter::test
