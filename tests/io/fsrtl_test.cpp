// Names, patterns, statuses and sizes from the file system run-time library, as the WDK's pages describe them.
#include <ntifs.h>

#include "io/io_test_support.hpp"

namespace fltsim::io {
namespace {

BOOLEAN in_expression(PCWSTR expression, PCWSTR name, BOOLEAN ignore_case) {
  UNICODE_STRING pattern = string(expression);
  UNICODE_STRING value = string(name);
  return FsRtlIsNameInExpression(&pattern, &value, ignore_case, nullptr);
}

TEST(FsRtlTest, PatternIsExpectedInCapitalsWhereCaseIsIgnored) {
  EXPECT_EQ(in_expression(u"*\\SECRET*.TXT", u"\\Device\\x\\secret1.txt", TRUE), TRUE);
  EXPECT_EQ(in_expression(u"*.txt", u"a.txt", TRUE), FALSE)
      << "a small letter in the pattern matches nothing";
  EXPECT_EQ(in_expression(u"*.txt", u"a.txt", FALSE), TRUE);
  EXPECT_EQ(in_expression(u"*.txt", u"a.TXT", FALSE), FALSE);
  EXPECT_EQ(in_expression(u"PLAN", u"plan", TRUE), TRUE);
  EXPECT_EQ(in_expression(u"A?C", u"abc", TRUE), TRUE);
  EXPECT_EQ(in_expression(u"A?C", u"ac", TRUE), FALSE);
}

TEST(FsRtlTest, PatternMatchesNoEmptyName) {
  EXPECT_EQ(in_expression(u"*", u"", TRUE), FALSE);
  EXPECT_EQ(in_expression(u"", u"a", TRUE), FALSE);
  EXPECT_EQ(in_expression(u"", u"", TRUE), TRUE);
}

TEST(FsRtlTest, PatternThatNeedNotBeInCapitals) {
  UNICODE_STRING pattern = string(u"*.txt");
  UNICODE_STRING name = string(u"A.Txt");
  EXPECT_EQ(FsRtlIsNameInUnUpcasedExpression(&pattern, &name, TRUE, nullptr), TRUE);
  EXPECT_EQ(FsRtlIsNameInUnUpcasedExpression(&pattern, &name, FALSE, nullptr), FALSE);
}

TEST(FsRtlTest, WildcardsAreFoundInAName) {
  for (PCWSTR wild : {u"a*", u"?", u"a<b", u">", u"a\"b"}) {
    UNICODE_STRING name = string(wild);
    EXPECT_EQ(FsRtlDoesNameContainWildCards(&name), TRUE);
  }
  UNICODE_STRING plain = string(u"a.b c");
  EXPECT_EQ(FsRtlDoesNameContainWildCards(&plain), FALSE);
}

TEST(FsRtlTest, NamesAreComparedWithOrWithoutCase) {
  const UNICODE_STRING lower = string(u"plan.txt");
  const UNICODE_STRING upper = string(u"PLAN.TXT");
  EXPECT_EQ(FsRtlAreNamesEqual(&lower, &upper, TRUE, nullptr), TRUE);
  EXPECT_EQ(FsRtlAreNamesEqual(&lower, &upper, FALSE, nullptr), FALSE);
  EXPECT_EQ(FsRtlAreNamesEqual(&lower, &lower, FALSE, nullptr), TRUE);
}

TEST(FsRtlTest, PathIsDissectedAsInTheTableOfItsPage) {
  struct Row {
    PCWSTR path;
    std::u16string first, remaining;
  };
  const Row rows[] = {{u"", u"", u""},
                      {u"A", u"A", u""},
                      {u"A\\B\\C\\D\\E", u"A", u"B\\C\\D\\E"},
                      {u"*A?", u"*A?", u""},
                      {u"\\A", u"A", u""},
                      {u"A[,]", u"A[,]", u""},
                      {u"A\\\\B+;\\C", u"A", u"\\B+;\\C"},
                      {u"\\A\\", u"A", u""}};
  for (const Row& row : rows) {
    UNICODE_STRING first;
    UNICODE_STRING remaining;
    const UNICODE_STRING path = string(row.path);
    FsRtlDissectName(path, &first, &remaining);
    EXPECT_EQ(text(first), row.first) << testing::PrintToString(row.path);
    EXPECT_EQ(text(remaining), row.remaining) << testing::PrintToString(row.path);
    if (first.Length != 0) {
      EXPECT_GE(first.Buffer, path.Buffer) << "in the buffer of the path";
    }
  }
}

TEST(FsRtlTest, FaultsOfCodeAreNotExpected) {
  for (const NTSTATUS fault : {STATUS_DATATYPE_MISALIGNMENT, STATUS_ACCESS_VIOLATION,
                               STATUS_ILLEGAL_INSTRUCTION, STATUS_INSTRUCTION_MISALIGNMENT}) {
    EXPECT_EQ(FsRtlIsNtstatusExpected(fault), FALSE);
    EXPECT_EQ(FsRtlNormalizeNtstatus(fault, STATUS_UNEXPECTED_IO_ERROR), STATUS_UNEXPECTED_IO_ERROR);
  }
  EXPECT_EQ(FsRtlIsNtstatusExpected(STATUS_DISK_FULL), TRUE);
  EXPECT_EQ(FsRtlNormalizeNtstatus(STATUS_DISK_FULL, STATUS_UNEXPECTED_IO_ERROR), STATUS_DISK_FULL);
}

using FsRtlFileTest = IoTest;

TEST_F(FsRtlFileTest, SizeOfAFileAndNoneOfADirectory) {
  c.write_file(u"\\dir\\a.txt", "text");
  const FileHandle file = open(u"C:\\dir\\a.txt");
  const FileHandle directory = open(u"C:\\dir");
  LARGE_INTEGER size{};
  const auto size_of = [&](FileHandle handle) {
    return ask(handle,
               [&](const Issuer&, FileObject& object) {
                 EXPECT_EQ(FsRtlIsPagingFile(&object), 0u);
                 EXPECT_EQ(FsRtlIsSystemPagingFile(&object), FALSE);
                 IO_STATUS_BLOCK block{};
                 block.Status = FsRtlGetFileSize(&object, &size);
                 return block;
               })
        .Status;
  };
  EXPECT_EQ(size_of(file), STATUS_SUCCESS);
  EXPECT_EQ(size.QuadPart, 4);
  EXPECT_EQ(size_of(directory), STATUS_FILE_IS_A_DIRECTORY);
  app.close(file);
  app.close(directory);
}

}  // namespace
}  // namespace fltsim::io
