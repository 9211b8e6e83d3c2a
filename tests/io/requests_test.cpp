// Requests on open files: parameters, flags, rights, positions, and NT's statuses.
#include "io/io_test_support.hpp"
#include "io/services.hpp"

namespace fltsim::io {
namespace {

using testing::Contains;
using testing::ElementsAre;

class RequestsTest : public IoTest {};

TEST_F(RequestsTest, ReadsAndWritesMoveThePositionOfASynchronousHandle) {
  const FileHandle file = open(u"C:\\a.txt", FILE_SYNCHRONOUS_IO_NONALERT, FILE_CREATE);
  EXPECT_EQ(app.write(file, "hello ").information, 6u);
  EXPECT_EQ(app.write(file, "world").information, 5u);
  EXPECT_EQ(app.read(file, 1).status, STATUS_END_OF_FILE);
  EXPECT_EQ(app.read(file, 5, 0).content, "hello");
  EXPECT_EQ(app.read(file, 100).content, " world");
  FILE_POSITION_INFORMATION position{};
  position.CurrentByteOffset.QuadPart = 3;
  EXPECT_EQ(app.set(file, FilePositionInformation, bytes_of(position)).status, STATUS_SUCCESS);
  EXPECT_EQ(app.read(file, 2).content, "lo");
  EXPECT_EQ(app.query(file, FilePositionInformation, 8).content, bytes_of(LONGLONG{5}));
}

TEST_F(RequestsTest, AsynchronousHandleHasNoPosition) {
  c.write_file(u"\\a.txt", "text");
  const FileHandle file = open(u"C:\\a.txt", 0);
  EXPECT_EQ(app.read(file, 4).status, STATUS_INVALID_PARAMETER);
  EXPECT_EQ(app.read(file, 4, 0).content, "text");
}

TEST_F(RequestsTest, WritesGoToTheEndWhenAskedOrWhenTheHandleMayAppendOnly) {
  c.write_file(u"\\a.txt", "one");
  EXPECT_EQ(app.append(u"C:\\a.txt", "two").status, STATUS_SUCCESS);
  EXPECT_EQ(app.write(open(u"C:\\a.txt"), "three", -1).status, STATUS_SUCCESS);
  EXPECT_EQ(c.read_file(u"\\a.txt"), "onetwothree");
}

TEST_F(RequestsTest, HandleWithoutTheRightIsRefusedBeforeTheStack) {
  c.write_file(u"\\a.txt", "text");
  const FileHandle reader = app.create({.path = u"C:\\a.txt"}).handle;
  const FileHandle writer =
      app.create({.path = u"C:\\a.txt", .access = FILE_WRITE_DATA | SYNCHRONIZE}).handle;
  stack.clear();
  EXPECT_EQ(app.write(reader, "x").status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(app.flush(reader).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(app.read(writer, 1).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(app.query(writer, FileBasicInformation, 40).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(app.set(writer, FileDispositionInformation, "\1").status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(app.read(static_cast<FileHandle>(0x1234), 1).status, STATUS_INVALID_HANDLE);
  EXPECT_THAT(stack.seen(), testing::IsEmpty());
}

TEST_F(RequestsTest, TransferParametersReachTheStack) {
  c.write_file(u"\\a.txt", "text");
  const FileHandle file = open(u"C:\\a.txt");
  const char* buffer = nullptr;
  std::string written;
  stack.before = [&](Operation& operation) {
    if (operation.parameters.MajorFunction == IRP_MJ_WRITE) {
      const auto& write = operation.parameters.Parameters.Write;
      buffer = static_cast<const char*>(write.WriteBuffer);
      written.assign(buffer, write.Length);
    }
    return false;
  };
  app.write(file, "more", 2);
  const Seen write = stack.first(IRP_MJ_WRITE);
  EXPECT_EQ(write.irp_flags, IRP_WRITE_OPERATION | IRP_DEFER_IO_COMPLETION);
  EXPECT_EQ(write.mode, UserMode);
  EXPECT_EQ(write.parameters.Write.ByteOffset.QuadPart, 2);
  EXPECT_EQ(written, "more");
  EXPECT_TRUE(machine.system().nt().user_space().contains(buffer, 4));
}

TEST_F(RequestsTest, UncachedTransfersAreMarkedAndMustBeAligned) {
  c.write_file(u"\\a.txt", std::string(1024, 'x'));
  const FileHandle file = open(u"C:\\a.txt", FILE_SYNCHRONOUS_IO_NONALERT | FILE_NO_INTERMEDIATE_BUFFERING);
  EXPECT_EQ(app.read(file, 512, 512).information, 512u);
  EXPECT_EQ(stack.first(IRP_MJ_READ).irp_flags & IRP_NOCACHE, IRP_NOCACHE);
  EXPECT_EQ(app.read(file, 100, 0).status, STATUS_INVALID_PARAMETER);
  EXPECT_EQ(app.read(file, 512, 100).status, STATUS_INVALID_PARAMETER);
}

TEST_F(RequestsTest, UserBufferThatHasVanishedIsNoCrash) {
  c.write_file(u"\\a.txt", "text");
  const FileHandle file = open(u"C:\\a.txt");
  nt::UserSpace& space = machine.system().nt().user_space();
  stack.before = [&](Operation& operation) {
    auto& read = operation.parameters.Parameters.Read;
    if (operation.parameters.MajorFunction == IRP_MJ_READ) {
      read.ReadBuffer = space.allocate(nullptr, 4096);
      space.unmap(read.ReadBuffer, 4096);
    }
    return false;
  };
  EXPECT_EQ(app.read(file, 4).status, STATUS_INVALID_USER_BUFFER);
}

TEST_F(RequestsTest, DirectoryBufferThatHasVanishedIsNoCrash) {
  c.write_file(u"\\dir\\a.txt", "");
  const FileHandle dir = open(u"C:\\dir", FILE_SYNCHRONOUS_IO_NONALERT | FILE_DIRECTORY_FILE);
  nt::UserSpace& space = machine.system().nt().user_space();
  stack.before = [&](Operation& operation) {
    if (operation.parameters.MajorFunction == IRP_MJ_DIRECTORY_CONTROL) {
      auto& query = operation.parameters.Parameters.DirectoryControl.QueryDirectory;
      query.DirectoryBuffer = space.allocate(nullptr, 4096);
      space.unmap(query.DirectoryBuffer, 4096);
    }
    return false;
  };
  EXPECT_EQ(app.query_directory(dir).status, STATUS_INVALID_USER_BUFFER);
}

TEST_F(RequestsTest, AnswerToAUserBufferThatHasVanishedIsAnAccessViolation) {
  c.write_file(u"\\a.txt", "");
  const FileHandle file = open(u"C:\\a.txt");
  nt::UserSpace& space = machine.system().nt().user_space();
  void* const buffer = space.allocate(nullptr, 4096);
  stack.before = [&](Operation&) {
    space.unmap(buffer, 4096);
    return false;
  };
  const Outcome done = app.run([&] {
    const Caller caller{nt::current_thread(), nt::Mode::kUser};
    const auto handle = reinterpret_cast<HANDLE>(file);
    IO_STATUS_BLOCK block{};
    EXPECT_EQ(query_information_file(caller, handle, block, buffer, 40, FileBasicInformation),
              STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(query_volume_information_file(caller, handle, block, buffer, 24, FileFsSizeInformation),
              STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(set_information_file(caller, handle, block, buffer, 40, FileBasicInformation),
              STATUS_ACCESS_VIOLATION);
  });
  EXPECT_EQ(done, Outcome::kDone);
}

TEST_F(RequestsTest, FilterMayPutItsOwnBufferBelow) {
  c.write_file(u"\\a.txt", "text");
  const FileHandle file = open(u"C:\\a.txt");
  char swapped[4] = {};
  stack.before = [&](Operation& operation) {
    if (operation.parameters.MajorFunction == IRP_MJ_READ) {
      operation.parameters.Parameters.Read.ReadBuffer = swapped;
    }
    return false;
  };
  EXPECT_EQ(app.read(file, 4).information, 4u);
  EXPECT_EQ(std::string(swapped, 4), "text");
}

// --- information ---

TEST_F(RequestsTest, QueriesAnswerWithTheStructuresOfTheirClass) {
  c.write_file(u"\\dir\\a.txt", "text");
  const FileHandle file = open(u"C:\\dir\\a.txt");
  const auto standard = from_bytes<FILE_STANDARD_INFORMATION>(
      app.query(file, FileStandardInformation, sizeof(FILE_STANDARD_INFORMATION)).content);
  EXPECT_EQ(standard.EndOfFile.QuadPart, 4);
  EXPECT_EQ(standard.NumberOfLinks, 1u);
  EXPECT_EQ(standard.DeletePending, FALSE);
  const auto basic = from_bytes<FILE_BASIC_INFORMATION>(app.query(file, FileBasicInformation, 40).content);
  EXPECT_EQ(basic.FileAttributes, FILE_ATTRIBUTE_ARCHIVE);
  EXPECT_NE(basic.CreationTime.QuadPart, 0);
  const Seen query = stack.first(IRP_MJ_QUERY_INFORMATION);
  EXPECT_EQ(query.irp_flags,
            IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | IRP_INPUT_OPERATION | IRP_DEFER_IO_COMPLETION);
  EXPECT_FALSE(
      machine.system().nt().user_space().contains(query.parameters.QueryFileInformation.InfoBuffer, 1));
}

TEST_F(RequestsTest, NameIsCutWhereTheBufferEnds) {
  c.write_file(u"\\dir\\a.txt", "");
  const FileHandle file = open(u"C:\\DIR\\A.TXT");
  const IoResult whole = app.query(file, FileNameInformation, 100);
  EXPECT_EQ(whole.status, STATUS_SUCCESS);
  EXPECT_EQ(whole.information, 4u + 20u);
  EXPECT_EQ(whole.content.substr(4), std::string("\\\0d\0i\0r\0\\\0a\0.\0t\0x\0t\0", 20));
  const IoResult cut = app.query(file, FileNameInformation, 8);
  EXPECT_EQ(cut.status, STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(cut.content, std::string("\x14\0\0\0\\\0d\0", 8));
  EXPECT_EQ(app.query(file, FileNameInformation, 7).status, STATUS_INFO_LENGTH_MISMATCH);
}

TEST_F(RequestsTest, AllInformationHoldsThePartsOfTheIoManagerToo) {
  c.write_file(u"\\a.txt", "text");
  const FileHandle file = open(u"C:\\a.txt");
  app.read(file, 2);
  const auto all = from_bytes<FILE_ALL_INFORMATION>(app.query(file, FileAllInformation, 512).content);
  EXPECT_EQ(all.StandardInformation.EndOfFile.QuadPart, 4);
  EXPECT_EQ(all.PositionInformation.CurrentByteOffset.QuadPart, 2);
  EXPECT_EQ(all.AccessInformation.AccessFlags, FILE_GENERIC_READ | FILE_GENERIC_WRITE | DELETE);
  EXPECT_EQ(all.ModeInformation.Mode, FILE_SYNCHRONOUS_IO_NONALERT);
  EXPECT_EQ(all.NameInformation.FileNameLength, 12u);
}

TEST_F(RequestsTest, StreamsAreListedWithTheirSizes) {
  c.write_file(u"\\a.txt", "text");
  app.write(u"C:\\a.txt:s", "22");
  const IoResult answer = app.query(open(u"C:\\a.txt"), FileStreamInformation, 256);
  ASSERT_EQ(answer.status, STATUS_SUCCESS);
  const auto first = from_bytes<FILE_STREAM_INFORMATION>(answer.content);
  EXPECT_EQ(first.StreamSize.QuadPart, 4);
  const auto second = from_bytes<FILE_STREAM_INFORMATION>(answer.content.substr(first.NextEntryOffset));
  EXPECT_EQ(second.NextEntryOffset, 0u);
  EXPECT_EQ(second.StreamSize.QuadPart, 2);
  EXPECT_EQ(app.query(open(u"C:\\a.txt"), FileStreamInformation, 40).status, STATUS_BUFFER_OVERFLOW);
}

TEST_F(RequestsTest, HardLinksAreListedWithTheirDirectories) {
  c.write_file(u"\\a.txt", "text");
  c.make_directory(u"\\sub");
  ASSERT_EQ(app.link(u"C:\\sub\\second.txt", u"C:\\a.txt").status, STATUS_SUCCESS);
  const FileHandle sub =
      app.create({.path = u"C:\\sub", .access = FILE_READ_ATTRIBUTES | SYNCHRONIZE}).handle;
  const auto sub_id =
      from_bytes<FILE_INTERNAL_INFORMATION>(app.query(sub, FileInternalInformation, 8).content);
  const IoResult answer = app.query(open(u"C:\\a.txt"), FileHardLinkInformation, 256);
  ASSERT_EQ(answer.status, STATUS_SUCCESS);
  const auto links = from_bytes<FILE_LINKS_INFORMATION>(answer.content);
  EXPECT_EQ(links.EntriesReturned, 2u);
  EXPECT_EQ(links.BytesNeeded, answer.information);
  EXPECT_EQ(links.Entry.FileNameLength, 5u);
  const std::size_t second_at = offsetof(FILE_LINKS_INFORMATION, Entry) + links.Entry.NextEntryOffset;
  const auto second = from_bytes<FILE_LINK_ENTRY_INFORMATION>(answer.content.substr(second_at));
  EXPECT_EQ(second.NextEntryOffset, 0u);
  EXPECT_EQ(second.ParentFileId, sub_id.IndexNumber.QuadPart);
  EXPECT_EQ(second.FileNameLength, 10u);
  const IoResult cut = app.query(open(u"C:\\a.txt"), FileHardLinkInformation, 64);
  EXPECT_EQ(cut.status, STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(from_bytes<FILE_LINKS_INFORMATION>(cut.content).BytesNeeded, links.BytesNeeded);
}

TEST_F(RequestsTest, FiltersBufferThatIsTooShortForItsClassStaysUntouched) {
  c.write_file(u"\\a.txt", "text");
  const FileHandle file = open(u"C:\\a.txt");
  for (const auto& asked : {std::pair{FileAllInformation, 40u}, {FileHardLinkInformation, 4u}}) {
    std::string buffer(512, '#');
    const auto asks = [&](const Issuer& issuer, FileObject& object) {
      return manager().query_information(issuer, object, asked.first, buffer.data(), asked.second);
    };
    EXPECT_EQ(ask(file, asks).Status, STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_EQ(buffer, std::string(512, '#'));
  }
}

TEST_F(RequestsTest, FiltersChangeThatIsTooShortForItsClassIsRefused) {
  c.write_file(u"\\a.txt", "text");
  const FileHandle file = open(u"C:\\a.txt");
  for (const auto& asked :
       {std::pair{FileBasicInformation, 4u}, {FileEndOfFileInformation, 4u}, {FileRenameInformation, 19u}}) {
    std::string buffer(512, '\0');
    buffer[16] = 4;  // FileNameLength
    const auto asks = [&](const Issuer& issuer, FileObject& object) {
      return manager().set_information(issuer, object, asked.first, buffer.data(), asked.second);
    };
    EXPECT_EQ(ask(file, asks).Status, STATUS_INFO_LENGTH_MISMATCH);
  }
  EXPECT_EQ(c.read_file(u"\\a.txt"), "text");
}

TEST_F(RequestsTest, UnknownInformationClassIsRefused) {
  c.write_file(u"\\a.txt", "");
  const FileHandle file = open(u"C:\\a.txt");
  EXPECT_EQ(app.query(file, 0, 100).status, STATUS_INVALID_INFO_CLASS);
  EXPECT_EQ(app.query(file, 1000, 100).status, STATUS_INVALID_INFO_CLASS);
  EXPECT_EQ(app.set(file, 1000, "12345678").status, STATUS_INVALID_INFO_CLASS);
}

TEST_F(RequestsTest, InformationClassThatIsNotSimulatedStopsTheMachineByName) {
  machine.verifier().expect("SIM-1");
  c.write_file(u"\\a.txt", "");
  const FileHandle file = open(u"C:\\a.txt");
  EXPECT_EQ(app.query(file, FileObjectIdInformation, 100).status, kVerbDidNotEnd);
  EXPECT_TRUE(machine.stopped());
  EXPECT_EQ(machine.verifier().count("SIM-1"), 1u);
}

TEST_F(RequestsTest, ClassThatHasNoMeaningInItsRoleIsRefused) {
  c.write_file(u"\\a.txt", "");
  const FileHandle file = open(u"C:\\a.txt");
  EXPECT_EQ(app.set(file, FileStandardInformation, std::string(24, '\0')).status, STATUS_INVALID_INFO_CLASS);
  EXPECT_EQ(app.query(file, FileRenameInformation, 100).status, STATUS_INVALID_INFO_CLASS);
  EXPECT_EQ(app.query_volume(file, 40, 100).status, STATUS_INVALID_INFO_CLASS);
}

TEST_F(RequestsTest, FilterIsToldThePositionAndMaySetIt) {
  c.write_file(u"\\a.txt", "text");
  const FileHandle file = open(u"C:\\a.txt");
  app.read(file, 3);
  FILE_POSITION_INFORMATION position{};
  const auto asks = [&](const Issuer& issuer, FileObject& object) {
    return manager().query_information(issuer, object, FilePositionInformation, &position, sizeof position);
  };
  EXPECT_EQ(ask(file, asks).Status, STATUS_SUCCESS);
  EXPECT_EQ(position.CurrentByteOffset.QuadPart, 3);
  position.CurrentByteOffset.QuadPart = 1;
  const auto sets = [&](const Issuer& issuer, FileObject& object) {
    return manager().set_information(issuer, object, FilePositionInformation, &position, sizeof position);
  };
  EXPECT_EQ(ask(file, sets).Status, STATUS_SUCCESS);
  EXPECT_EQ(app.read(file, 3).content, "ext");
}

TEST_F(RequestsTest, ChangeThatIsNotSimulatedStopsTheMachineByName) {  // SIM-1
  machine.verifier().expect("SIM-1");
  c.write_file(u"\\a.txt", "text");
  const FileHandle file = open(u"C:\\a.txt");
  EXPECT_EQ(app.set(file, FileValidDataLengthInformation, bytes_of(LONGLONG{4})).status,
            STATUS_PRIVILEGE_NOT_HELD);
  EXPECT_EQ(app.set(file, FileShortNameInformation, bytes_of(LONGLONG{4})).status, kVerbDidNotEnd);
  EXPECT_EQ(machine.verifier().count("SIM-1"), 1u);
}

TEST_F(RequestsTest, SizesAreSet) {
  c.write_file(u"\\a.txt", "0123456789");
  const FileHandle file = open(u"C:\\a.txt");
  EXPECT_EQ(app.set(file, FileEndOfFileInformation, bytes_of(LONGLONG{4})).status, STATUS_SUCCESS);
  EXPECT_EQ(c.read_file(u"\\a.txt"), "0123");
  EXPECT_EQ(app.set(file, FileAllocationInformation, bytes_of(LONGLONG{0})).status, STATUS_SUCCESS);
  EXPECT_EQ(c.read_file(u"\\a.txt"), "");
  EXPECT_EQ(app.set(file, FileEndOfFileInformation, "1234").status, STATUS_INFO_LENGTH_MISMATCH);
}

TEST_F(RequestsTest, DispositionDeletesWithTheLastHandle) {
  c.write_file(u"\\a.txt", "");
  const FileHandle file = open(u"C:\\a.txt");
  EXPECT_EQ(app.set(file, FileDispositionInformation, "\1").status, STATUS_SUCCESS);
  EXPECT_EQ(app.create({.path = u"C:\\a.txt"}).status, STATUS_DELETE_PENDING);
  EXPECT_EQ(app.set(file, FileDispositionInformation, std::string(1, '\0')).status, STATUS_SUCCESS);
  EXPECT_EQ(app.set(file, FileDispositionInformationEx, bytes_of(ULONG{FILE_DISPOSITION_DELETE})).status,
            STATUS_SUCCESS);
  app.close(file);
  EXPECT_FALSE(c.exists(u"\\a.txt"));
}

// --- rename and link ---

TEST_F(RequestsTest, RenameInPlaceOpensNoTargetDirectory) {
  c.write_file(u"\\a.txt", "text");
  const FileHandle file = open(u"C:\\a.txt");
  stack.clear();
  EXPECT_EQ(app.set_name(file, FileRenameInformation, u"b.txt", 0).status, STATUS_SUCCESS);
  EXPECT_THAT(stack.texts(), ElementsAre("set rename \\a.txt"));
  EXPECT_EQ(stack.first(IRP_MJ_SET_INFORMATION).parameters.SetFileInformation.ParentOfTarget, nullptr);
  EXPECT_EQ(c.read_file(u"\\b.txt"), "text");
}

TEST_F(RequestsTest, RenameToAPathOpensTheTargetDirectoryFirst) {
  c.write_file(u"\\a.txt", "text");
  c.make_directory(u"\\dir");
  const FileHandle file = open(u"C:\\a.txt");
  stack.clear();
  const void* parent = nullptr;
  stack.before = [&](Operation& operation) {
    if (operation.parameters.MajorFunction == IRP_MJ_SET_INFORMATION) {
      parent = operation.parameters.Parameters.SetFileInformation.ParentOfTarget;
    }
    return false;
  };
  EXPECT_EQ(app.set_name(file, FileRenameInformation, u"C:\\dir\\b.txt", 0).status, STATUS_SUCCESS);
  EXPECT_THAT(stack.texts(),
              ElementsAre("create target directory of \\dir\\b.txt", "set rename \\a.txt",
                          "cleanup \\dir\\b.txt", "close \\dir\\b.txt", "deleted \\dir\\b.txt", "torn down"));
  const Seen create = stack.first(IRP_MJ_CREATE);
  EXPECT_EQ(create.operation_flags, SL_OPEN_TARGET_DIRECTORY | SL_FORCE_ACCESS_CHECK);
  EXPECT_EQ(create.mode, UserMode);
  EXPECT_EQ(parent, create.file);
  EXPECT_EQ(c.read_file(u"\\dir\\b.txt"), "text");
}

TEST_F(RequestsTest, RenameBelowARootHandle) {
  c.write_file(u"\\a.txt", "text");
  c.make_directory(u"\\dir");
  const FileHandle dir = app.create({.path = u"C:\\dir"}).handle;
  EXPECT_EQ(app.set_name(open(u"C:\\a.txt"), FileRenameInformation, u"b.txt", 0, dir).status, STATUS_SUCCESS);
  EXPECT_TRUE(c.exists(u"\\dir\\b.txt"));
}

TEST_F(RequestsTest, RenameReplacesOnlyWhenAsked) {
  c.write_file(u"\\a.txt", "new");
  c.write_file(u"\\b.txt", "old");
  EXPECT_EQ(app.rename(u"C:\\a.txt", u"C:\\b.txt").status, STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(app.rename(u"C:\\a.txt", u"b.txt", true).status, STATUS_SUCCESS);
  EXPECT_EQ(c.read_file(u"\\b.txt"), "new");
}

TEST_F(RequestsTest, ExtendedRenameCarriesItsFlags) {
  c.write_file(u"\\a.txt", "new");
  c.write_file(u"\\b.txt", "old");
  const FileHandle target = open(u"C:\\b.txt");
  const FileHandle file = open(u"C:\\a.txt");
  EXPECT_EQ(app.set_name(file, FileRenameInformationEx, u"b.txt", FILE_RENAME_REPLACE_IF_EXISTS).status,
            STATUS_ACCESS_DENIED);
  EXPECT_EQ(app.set_name(file, FileRenameInformationEx, u"b.txt",
                         FILE_RENAME_REPLACE_IF_EXISTS | FILE_RENAME_POSIX_SEMANTICS)
                .status,
            STATUS_SUCCESS);
  EXPECT_EQ(app.read(target, 10).content, "old");
  EXPECT_EQ(c.read_file(u"\\b.txt"), "new");
}

TEST_F(RequestsTest, RenameToAnotherVolumeIsNotTheSameDevice) {
  machine.add_volume(u"D:");
  c.write_file(u"\\a.txt", "");
  stack.clear();
  EXPECT_EQ(app.rename(u"C:\\a.txt", u"D:\\a.txt").status, STATUS_NOT_SAME_DEVICE);
  EXPECT_EQ(stack.count(IRP_MJ_SET_INFORMATION), 0u);
}

TEST_F(RequestsTest, RefusedTargetDirectoryRefusesTheRename) {
  c.write_file(u"\\a.txt", "");
  stack.before = [](Operation& operation) {
    operation.status.Status = STATUS_ACCESS_DENIED;
    return (operation.parameters.OperationFlags & SL_OPEN_TARGET_DIRECTORY) != 0;
  };
  EXPECT_EQ(app.move(u"C:\\a.txt", u"C:\\dir\\a.txt").status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(stack.count(IRP_MJ_SET_INFORMATION), 0u);
}

TEST_F(RequestsTest, RenameWithALengthBeyondItsBufferIsRefused) {
  c.write_file(u"\\a.txt", "");
  FILE_RENAME_INFORMATION information{};
  information.FileNameLength = 1000;
  EXPECT_EQ(app.set(open(u"C:\\a.txt"), FileRenameInformation, bytes_of(information)).status,
            STATUS_INVALID_PARAMETER);
}

TEST_F(RequestsTest, HardLinkIsAnotherNameOfTheFile) {
  c.write_file(u"\\a.txt", "text");
  c.make_directory(u"\\dir");
  EXPECT_EQ(app.link(u"C:\\dir\\b.txt", u"C:\\a.txt").status, STATUS_SUCCESS);
  EXPECT_EQ(app.write(u"C:\\a.txt", "changed").status, STATUS_SUCCESS);
  EXPECT_EQ(c.read_file(u"\\dir\\b.txt"), "changed");
  EXPECT_THAT(stack.texts(), Contains("set link \\a.txt"));
}

// --- directories and volumes ---

TEST_F(RequestsTest, DirectoryIsListedInPieces) {
  for (int i = 0; i < 20; ++i) {
    c.write_file(u"\\dir\\file" + std::u16string(1, static_cast<char16_t>(u'a' + i)), "x");
  }
  const FileHandle dir = open(u"C:\\dir", FILE_SYNCHRONOUS_IO_NONALERT | FILE_DIRECTORY_FILE);
  std::vector<std::u16string> names;
  for (;;) {
    const ListResult part = app.query_directory(dir, {}, false, 512);
    if (part.status == STATUS_NO_MORE_FILES) break;
    ASSERT_EQ(part.status, STATUS_SUCCESS);
    ASSERT_LT(part.entries.size(), 20u);
    for (const std::u16string& name : part.names()) names.push_back(name);
  }
  EXPECT_EQ(names.size(), 22u);
  EXPECT_EQ(app.query_directory(dir, {}, true, 512).names().front(), u".");
  EXPECT_EQ(app.list(u"C:\\dir").entries.size(), 20u);
}

TEST_F(RequestsTest, DirectoryPatternSelects) {
  c.write_file(u"\\dir\\a.txt", "");
  c.write_file(u"\\dir\\b.doc", "12");
  const FileHandle dir = open(u"C:\\dir", FILE_SYNCHRONOUS_IO_NONALERT | FILE_DIRECTORY_FILE);
  const ListResult found = app.query_directory(dir, u"*.doc");
  EXPECT_THAT(found.names(), ElementsAre(u"b.doc"));
  EXPECT_EQ(found.entries[0].size, 2u);
  EXPECT_EQ(app.query_directory(open(u"C:\\dir", FILE_SYNCHRONOUS_IO_NONALERT | FILE_DIRECTORY_FILE), u"none")
                .status,
            STATUS_NO_SUCH_FILE);
  EXPECT_EQ(stack.first(IRP_MJ_DIRECTORY_CONTROL).minor, IRP_MN_QUERY_DIRECTORY);
}

TEST_F(RequestsTest, FirstEntryOfAListingIsCutRatherThanRefused) {
  c.write_file(u"\\dir\\a name that is longer than the room for it.txt", "");
  const FileHandle dir = open(u"C:\\dir", FILE_SYNCHRONOUS_IO_NONALERT | FILE_DIRECTORY_FILE);
  const std::uint32_t least = sizeof(FILE_BOTH_DIR_INFORMATION);
  EXPECT_EQ(app.query_directory(dir, u"a*", false, least).status, STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(app.query_directory(dir, u"a*", false, least - 1).status, STATUS_INFO_LENGTH_MISMATCH);
}

TEST_F(RequestsTest, ListingThatAFilterSpoiledEndsWhereItsBytesEnd) {
  c.write_file(u"\\dir\\a.txt", "");
  stack.after = [](Operation& operation) {
    if (operation.parameters.MajorFunction != IRP_MJ_DIRECTORY_CONTROL) return;
    const auto& query = operation.parameters.Parameters.DirectoryControl.QueryDirectory;
    static_cast<FILE_BOTH_DIR_INFORMATION*>(query.DirectoryBuffer)->NextEntryOffset =
        static_cast<ULONG>(operation.status.Information - 8);
  };
  const FileHandle dir = open(u"C:\\dir", FILE_SYNCHRONOUS_IO_NONALERT | FILE_DIRECTORY_FILE);
  EXPECT_EQ(app.query_directory(dir).entries.size(), 1u);
}

TEST_F(RequestsTest, VolumeInformationComesThroughAnyHandle) {
  c.write_file(u"\\a.txt", "");
  const FileHandle file = open(u"C:\\a.txt");
  const auto size = from_bytes<FILE_FS_SIZE_INFORMATION>(
      app.query_volume(file, FileFsSizeInformation, sizeof(FILE_FS_SIZE_INFORMATION)).content);
  EXPECT_GT(size.TotalAllocationUnits.QuadPart, 0);
  EXPECT_EQ(size.BytesPerSector, 512u);
  const IoResult attributes = app.query_volume(file, FileFsAttributeInformation, 64);
  EXPECT_EQ(attributes.content.substr(12), std::string("N\0T\0F\0S\0", 8));
  const IoResult volume = app.query_volume(file, FileFsVolumeInformation, 64);
  EXPECT_EQ(from_bytes<FILE_FS_VOLUME_INFORMATION>(volume.content).VolumeSerialNumber, c.serial_number());
}

TEST_F(RequestsTest, FlushGoesThroughTheStack) {
  c.write_file(u"\\a.txt", "");
  EXPECT_EQ(app.flush(open(u"C:\\a.txt")).status, STATUS_SUCCESS);
  EXPECT_THAT(stack.texts(), Contains("flush \\a.txt"));
}

}  // namespace
}  // namespace fltsim::io
