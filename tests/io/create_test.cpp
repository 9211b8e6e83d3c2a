// IoManager::open() and NtCreateFile: what the stack sees of a create, and what becomes of its answer.
#include "io/io_test_support.hpp"

namespace fltsim::io {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CreateTest : public IoTest {};

TEST_F(CreateTest, ParametersReachTheStack) {
  c.write_file(u"\\dir\\a.txt", "text");
  const CreateResult opened = app.create({.path = u"C:\\dir\\a.txt",
                                          .access = GENERIC_READ | SYNCHRONIZE,
                                          .options = FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE,
                                          .share = FILE_SHARE_READ});
  ASSERT_EQ(opened.status, STATUS_SUCCESS);
  EXPECT_EQ(opened.information, FILE_OPENED);
  const Seen create = stack.first(IRP_MJ_CREATE);
  EXPECT_EQ(create.file_name, u"\\dir\\a.txt");
  EXPECT_EQ(create.irp_flags, IRP_CREATE_OPERATION | IRP_SYNCHRONOUS_API | IRP_DEFER_IO_COMPLETION);
  EXPECT_EQ(create.mode, UserMode);
  EXPECT_EQ(create.process, "app.exe");
  EXPECT_EQ(create.parameters.Create.Options,
            FILE_OPEN << 24 | FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
  EXPECT_EQ(create.parameters.Create.ShareAccess, FILE_SHARE_READ);
}

TEST_F(CreateTest, DesiredAccessIsMappedToSpecificRights) {
  c.write_file(u"\\a.txt", "");
  ACCESS_MASK desired = 0;
  stack.before = [&](Operation& operation) {
    if (operation.parameters.MajorFunction == IRP_MJ_CREATE) {
      desired = operation.parameters.Parameters.Create.SecurityContext->DesiredAccess;
    }
    return false;
  };
  app.create({.path = u"C:\\a.txt", .access = GENERIC_READ | SYNCHRONIZE});
  EXPECT_EQ(desired, FILE_GENERIC_READ);
}

TEST_F(CreateTest, FileObjectIsFilledInWhenTheOpenSucceeded) {
  c.write_file(u"\\a.txt", "");
  FILE_OBJECT* file = nullptr;
  stack.after = [&](Operation& operation) {
    if (operation.parameters.MajorFunction == IRP_MJ_READ) file = operation.parameters.TargetFileObject;
  };
  const FileHandle handle = open(u"C:\\a.txt");
  app.read(handle, 1);
  ASSERT_NE(file, nullptr);
  EXPECT_NE(file->FsContext, nullptr);
  EXPECT_NE(file->FsContext2, nullptr);
  EXPECT_NE(file->SectionObjectPointer, nullptr);
  EXPECT_EQ(file->RelatedFileObject, nullptr);
  EXPECT_EQ(file->DeviceObject, &c.volume());
  EXPECT_TRUE(file->ReadAccess && file->WriteAccess && file->DeleteAccess && file->SharedDelete);
  EXPECT_TRUE((file->Flags & FO_SYNCHRONOUS_IO) != 0 && (file->Flags & FO_HANDLE_CREATED) != 0);
}

TEST_F(CreateTest, TwoOpensOfOneStreamShareItsContext) {
  c.write_file(u"\\a.txt", "");
  std::vector<const void*> contexts;
  stack.after = [&](Operation& operation) {
    if (operation.parameters.MajorFunction == IRP_MJ_CREATE) {
      contexts.push_back(operation.parameters.TargetFileObject->FsContext);
    }
  };
  open(u"C:\\a.txt");
  open(u"C:\\A.TXT");
  open(u"C:\\a.txt:s", FILE_SYNCHRONOUS_IO_NONALERT, FILE_CREATE);
  ASSERT_EQ(contexts.size(), 3u);
  EXPECT_EQ(contexts[0], contexts[1]);
  EXPECT_NE(contexts[0], contexts[2]);
}

TEST_F(CreateTest, DispositionsAnswerWithWhatWasDone) {
  const auto disposed = [&](std::uint32_t disposition) {
    const CreateResult result =
        app.create({.path = u"C:\\a.txt", .access = GENERIC_WRITE | SYNCHRONIZE, .disposition = disposition});
    if (result.status == STATUS_SUCCESS) app.close(result.handle);
    return std::pair(result.status, result.information);
  };
  EXPECT_EQ(disposed(FILE_OPEN).first, STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(disposed(FILE_OPEN_IF), std::pair(STATUS_SUCCESS, std::uint64_t{FILE_CREATED}));
  EXPECT_EQ(disposed(FILE_CREATE).first, STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(disposed(FILE_OPEN_IF), std::pair(STATUS_SUCCESS, std::uint64_t{FILE_OPENED}));
  EXPECT_EQ(disposed(FILE_OVERWRITE_IF), std::pair(STATUS_SUCCESS, std::uint64_t{FILE_OVERWRITTEN}));
  EXPECT_EQ(disposed(FILE_SUPERSEDE), std::pair(STATUS_SUCCESS, std::uint64_t{FILE_SUPERSEDED}));
}

TEST_F(CreateTest, InvalidCombinationsAreRefusedBeforeTheStack) {
  c.write_file(u"\\a.txt", "");
  const auto refused = [&](CreateArguments arguments) {
    arguments.path = u"C:\\a.txt";
    return app.create(arguments).status;
  };
  EXPECT_EQ(refused({.path = {}, .disposition = 6}), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(refused({.path = {}, .share = 8}), STATUS_INVALID_PARAMETER);
  // As asked for: that GENERIC_READ comes to hold SYNCHRONIZE does not count.
  EXPECT_EQ(refused({.path = {}, .access = GENERIC_READ, .options = FILE_SYNCHRONOUS_IO_ALERT}),
            STATUS_INVALID_PARAMETER);
  EXPECT_EQ(refused({.path = {}, .options = FILE_DELETE_ON_CLOSE}), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(refused({.path = {}, .options = FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE}),
            STATUS_INVALID_PARAMETER);
  EXPECT_EQ(refused({.path = {}, .disposition = FILE_OVERWRITE, .options = FILE_DIRECTORY_FILE}),
            STATUS_INVALID_PARAMETER);
  EXPECT_THAT(stack.seen(), IsEmpty());
}

TEST_F(CreateTest, DriverMayAskForTheChecksOfACreate) {
  c.write_file(u"\\a.txt", "");
  OpenRequest request;
  request.name = u"\\??\\C:\\a.txt";
  request.access = FILE_READ_DATA;  // without SYNCHRONIZE
  request.disposition = FILE_OPEN;
  request.options = FILE_SYNCHRONOUS_IO_NONALERT;
  const Outcome done = machine.system_process().run([&] {
    EXPECT_EQ(manager().open({.thread = nt::current_thread()}, request).status, STATUS_SUCCESS);
    request.flags = IO_CHECK_CREATE_PARAMETERS;
    EXPECT_EQ(manager().open({.thread = nt::current_thread()}, request).status, STATUS_INVALID_PARAMETER);
  });
  EXPECT_EQ(done, Outcome::kDone);
}

TEST_F(CreateTest, OpensThatDoNotShareConflictUntilCleanup) {
  c.write_file(u"\\a.txt", "");
  const CreateResult first = app.create({.path = u"C:\\a.txt", .share = 0});
  EXPECT_EQ(app.create({.path = u"C:\\a.txt"}).status, STATUS_SHARING_VIOLATION);
  app.close(first.handle);
  EXPECT_EQ(app.create({.path = u"C:\\a.txt"}).status, STATUS_SUCCESS);
}

TEST_F(CreateTest, RelativeNameStartsAtTheRootHandle) {
  c.write_file(u"\\dir\\a.txt", "text");
  const FileHandle dir = open(u"C:\\dir", FILE_SYNCHRONOUS_IO_NONALERT | FILE_DIRECTORY_FILE);
  const CreateResult opened = app.create({.path = u"a.txt", .root = dir});
  ASSERT_EQ(opened.status, STATUS_SUCCESS);
  EXPECT_EQ(app.read(opened.handle, 10).content, "text");
  EXPECT_THAT(stack.texts(), testing::Contains("create \\dir\\a.txt"));
  EXPECT_EQ(app.create({.path = u"a.txt", .root = static_cast<FileHandle>(4444)}).status,
            STATUS_INVALID_HANDLE);
}

TEST_F(CreateTest, RelatedFileObjectIsThereDuringTheCreateOnly) {
  c.write_file(u"\\dir\\a.txt", "");
  const FileHandle dir = open(u"C:\\dir", FILE_SYNCHRONOUS_IO_NONALERT | FILE_DIRECTORY_FILE);
  std::vector<bool> related;
  stack.before = [&](Operation& operation) {
    related.push_back(operation.parameters.TargetFileObject->RelatedFileObject != nullptr);
    return false;
  };
  const CreateResult opened = app.create({.path = u"a.txt", .root = dir});
  app.read(opened.handle, 1);
  EXPECT_THAT(related, ElementsAre(true, false));
}

TEST_F(CreateTest, FileIsOpenedByItsId) {
  c.write_file(u"\\dir\\a.txt", "text");
  const FileHandle named = open(u"C:\\dir\\a.txt");
  const std::string id = app.query(named, FileInternalInformation, 8).content;
  std::u16string name(4, u'\0');
  std::memcpy(name.data(), id.data(), 8);
  const CreateResult relative = app.create(
      {.path = name, .options = FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_BY_FILE_ID, .root = named});
  ASSERT_EQ(relative.status, STATUS_SUCCESS);
  EXPECT_EQ(app.read(relative.handle, 10).content, "text");
  const CreateResult absolute = app.create(
      {.path = u"\\??\\C:\\" + name, .options = FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_BY_FILE_ID});
  EXPECT_EQ(absolute.status, STATUS_SUCCESS);
}

TEST_F(CreateTest, NamesOutsideTheVolumesAreRefusedByTheNamespace) {
  EXPECT_EQ(app.create({.path = u"X:"}).status, STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(app.create({.path = u"\\Device"}).status, STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(app.create({.path = u"\\Nowhere\\a"}).status, STATUS_OBJECT_PATH_NOT_FOUND);
  EXPECT_THAT(stack.seen(), IsEmpty());
}

TEST_F(CreateTest, VolumeItselfOpensWithoutAPath) {
  const CreateResult opened = app.create({.path = u"C:"});
  ASSERT_EQ(opened.status, STATUS_SUCCESS);
  EXPECT_EQ(app.read(opened.handle, 1, 0).status, STATUS_INVALID_DEVICE_REQUEST);
}

TEST_F(CreateTest, FailedCreateIsForgottenWithoutCleanupAndClose) {
  EXPECT_EQ(app.create({.path = u"C:\\missing"}).status, STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_THAT(stack.texts(), ElementsAre("create \\missing", "deleted \\missing"));
}

TEST_F(CreateTest, MaximumAllowedGrantsWhatAReadOnlyFileGives) {
  c.write_file(u"\\a.txt", "x");
  const CreateResult all = app.create({.path = u"C:\\a.txt", .access = MAXIMUM_ALLOWED | SYNCHRONIZE});
  EXPECT_EQ(app.write(all.handle, "y").status, STATUS_SUCCESS);
  FILE_BASIC_INFORMATION basic{};
  basic.FileAttributes = FILE_ATTRIBUTE_READONLY;
  ASSERT_EQ(app.set(all.handle, FileBasicInformation, bytes_of(basic)).status, STATUS_SUCCESS);
  const CreateResult less = app.create({.path = u"C:\\a.txt", .access = MAXIMUM_ALLOWED | SYNCHRONIZE});
  EXPECT_EQ(app.read(less.handle, 1).status, STATUS_SUCCESS);
  EXPECT_EQ(app.write(less.handle, "z").status, STATUS_ACCESS_DENIED);
}

// --- what filters make of a create ---

// What simrep does: another name, STATUS_REPARSE, IO_REPARSE.
void redirect(Operation& operation, std::u16string_view to) {
  FILE_OBJECT& file = *operation.parameters.TargetFileObject;
  nt::Thread& thread = *operation.originator;
  nt::Pool& pool = thread.system.nt().pool();
  pool.free(thread, "test", file.FileName.Buffer, 0);
  const auto size = static_cast<USHORT>(to.size() * sizeof(WCHAR));
  file.FileName.Buffer = static_cast<PWCH>(
      pool.allocate(nullptr, nt::Pool::Kind::kPaged, nt::Pool::Fill::kZero, size, 0x74736574));
  file.FileName.Length = file.FileName.MaximumLength = size;
  std::memcpy(file.FileName.Buffer, to.data(), size);
  operation.status = {};
  operation.status.Status = STATUS_REPARSE;
  operation.status.Information = IO_REPARSE;
}

TEST_F(CreateTest, ReparseStartsAgainAtTheTopWithTheNewName) {  // CB-44
  c.write_file(u"\\real.txt", "real");
  stack.before = [&](Operation& operation) {
    const bool redirected = operation.parameters.MajorFunction == IRP_MJ_CREATE &&
                            FileObject::of(*operation.parameters.TargetFileObject).name() == u"\\alias.txt";
    if (redirected) redirect(operation, u"\\Device\\HarddiskVolume1\\real.txt");
    return redirected;
  };
  const CreateResult opened = app.create({.path = u"C:\\alias.txt"});
  ASSERT_EQ(opened.status, STATUS_SUCCESS);
  EXPECT_EQ(opened.information, FILE_OPENED);
  EXPECT_EQ(app.read(opened.handle, 10).content, "real");
  EXPECT_THAT(stack.texts(), testing::Contains("create \\alias.txt"));
  EXPECT_THAT(stack.texts(), testing::Contains("create \\real.txt"));
}

TEST_F(CreateTest, ReparseLeadsToAnotherVolume) {  // CB-44
  fltsim::Volume& d = machine.add_volume(u"D:");
  d.write_file(u"\\real.txt", "on D");
  stack.before = [&](Operation& operation) {
    if (operation.parameters.MajorFunction != IRP_MJ_CREATE) return false;
    redirect(operation, u"\\??\\D:\\real.txt");
    return true;
  };
  EXPECT_EQ(app.read(u"C:\\alias.txt").content, "on D");
}

TEST_F(CreateTest, EndlessReparseEnds) {  // CB-44
  stack.before = [&](Operation& operation) {
    redirect(operation, u"\\??\\C:\\again");
    return true;
  };
  EXPECT_EQ(app.create({.path = u"C:\\again"}).status, STATUS_REPARSE_POINT_NOT_RESOLVED);
  EXPECT_EQ(stack.count(IRP_MJ_CREATE), 33u);
}

TEST_F(CreateTest, CreateCompletedByAFilterNeverReachesTheFileSystem) {  // CB-14
  stack.before = [](Operation& operation) {
    operation.status.Status = STATUS_ACCESS_DENIED;
    return operation.parameters.MajorFunction == IRP_MJ_CREATE;
  };
  EXPECT_EQ(app.write(u"C:\\new.txt", "x").status, STATUS_ACCESS_DENIED);
  EXPECT_FALSE(c.exists(u"\\new.txt"));
}

TEST_F(CreateTest, CancelledOpenIsCleanedUpAndClosed) {  // CB-42
  c.write_file(u"\\a.txt", "");
  stack.after = [&](Operation& operation) {
    if (operation.parameters.MajorFunction != IRP_MJ_CREATE) return;
    FileObject& file = FileObject::of(*operation.parameters.TargetFileObject);
    manager().cancel_open({.thread = *operation.originator}, file);
    operation.status = {};
    operation.status.Status = STATUS_ACCESS_DENIED;
  };
  EXPECT_EQ(app.create({.path = u"C:\\a.txt", .share = 0}).status, STATUS_ACCESS_DENIED);
  EXPECT_THAT(stack.texts(), ElementsAre("create \\a.txt", "cleanup \\a.txt", "close \\a.txt",
                                         "deleted \\a.txt", "torn down"));
  stack.after = nullptr;
  EXPECT_EQ(app.create({.path = u"C:\\a.txt"}).status, STATUS_SUCCESS);
}

TEST_F(CreateTest, FailingAnOpenWithoutCancellingLeavesItOpenBelow) {  // CB-43
  c.write_file(u"\\a.txt", "");
  stack.after = [](Operation& operation) {
    if (operation.parameters.MajorFunction == IRP_MJ_CREATE) operation.status.Status = STATUS_ACCESS_DENIED;
  };
  EXPECT_EQ(app.create({.path = u"C:\\a.txt", .share = 0}).status, STATUS_ACCESS_DENIED);
  stack.after = nullptr;
  EXPECT_EQ(app.create({.path = u"C:\\a.txt"}).status, STATUS_SHARING_VIOLATION);
}

TEST_F(CreateTest, CreateBelowAnInstanceKeepsItsPlaceUntilClose) {  // CB-50, CB-51
  c.write_file(u"\\a.txt", "text");
  const int instance = 0;
  const Outcome done = machine.system_process().run([&] {
    nt::Thread& thread = nt::current_thread();
    const Issuer issuer{.thread = thread, .below = &instance};
    OpenRequest request;
    request.name = u"\\??\\C:\\a.txt";
    request.access = FILE_GENERIC_READ;
    OpenResult opened = manager().open(issuer, request);
    ASSERT_EQ(opened.status, STATUS_SUCCESS);
    char buffer[4];
    manager().read({.thread = thread}, *opened.file, {.buffer = buffer, .length = 4});
  });
  EXPECT_EQ(done, Outcome::kDone);
  EXPECT_THAT(stack.texts(), ElementsAre("create \\a.txt", "read \\a.txt", "cleanup \\a.txt", "close \\a.txt",
                                         "deleted \\a.txt", "torn down"));
  for (const Seen& one : stack.seen()) {
    if (one.file == nullptr) continue;
    EXPECT_EQ(one.below, &instance) << one.text;
  }
}

}  // namespace
}  // namespace fltsim::io
