// Conformance: share access, as IoCheckShareAccess decides it.
#pragma once

#include "conformance/file_system_environment.hpp"

namespace fltsim::fs {

using ShareConformance = FileSystemConformance;

TEST_P(ShareConformance, OpenMustBeSharedByTheOthersAndShareThem) {
  given_file("\\file");
  const std::uint32_t accesses[] = {FILE_READ_DATA, FILE_WRITE_DATA, DELETE};
  const std::uint32_t shares[] = {FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_SHARE_DELETE};
  for (int first = 0; first < 3; ++first) {
    for (int second = 0; second < 3; ++second) {
      for (std::uint32_t first_share = 0; first_share < 8; ++first_share) {
        for (std::uint32_t second_share = 0; second_share < 8; ++second_share) {
          Handle held = open_shared(u"\\file", accesses[first], first_share);
          bool fits = (first_share & shares[second]) && (second_share & shares[first]);
          EXPECT_EQ(open_shared(u"\\file", accesses[second], second_share).status,
                    fits ? STATUS_SUCCESS : STATUS_SHARING_VIOLATION)
              << first << second << first_share << second_share;
        }
      }
    }
  }
}

TEST_P(ShareConformance, VolumeThatIsOpenExclusivelyIsSharedWithNobody) {
  Handle exclusive = open_shared(u"", FILE_READ_DATA, 0);
  EXPECT_EQ(exclusive.status, STATUS_SUCCESS);
  EXPECT_EQ(open_shared(u"", FILE_READ_DATA, 7).status, STATUS_SHARING_VIOLATION);
}

TEST_P(ShareConformance, OpenForAttributesOnlyTakesNoPart) {
  given_file("\\file");
  Handle exclusive = open_shared(u"\\file", FILE_READ_DATA, 0);
  EXPECT_EQ(open_shared(u"\\file", FILE_READ_ATTRIBUTES, 0).status, STATUS_SUCCESS);
}

TEST_P(ShareConformance, CleanupGivesUpShareAccessBeforeClose) {
  given_file("\\file");
  Handle exclusive = open_shared(u"\\file", FILE_READ_DATA, 0);
  EXPECT_EQ(open(u"\\file", FILE_READ_DATA).status, STATUS_SHARING_VIOLATION);
  exclusive.cleanup();
  EXPECT_EQ(open(u"\\file", FILE_READ_DATA).status, STATUS_SUCCESS);
}

TEST_P(ShareConformance, OverwritingNeedsSharedWritingAndSupersedingSharedDeletion) {
  given_file("\\file", "bytes");
  Handle reader = open_shared(u"\\file", FILE_READ_DATA, FILE_SHARE_READ);
  EXPECT_EQ(open(u"\\file", FILE_READ_DATA, 0, FILE_OVERWRITE).status, STATUS_SHARING_VIOLATION);
  EXPECT_EQ(open(u"\\file", FILE_READ_DATA, 0, FILE_SUPERSEDE).status, STATUS_SHARING_VIOLATION);
  EXPECT_EQ(reader.text(), "bytes");
}

TEST_P(ShareConformance, StreamsOfAFileShareApart) {
  given_file("\\file");
  make(u"\\file:s");
  Handle exclusive = open_shared(u"\\file", kAllAccess, 0);
  EXPECT_EQ(open_shared(u"\\file:s", kAllAccess, 0).status, STATUS_SUCCESS);
}

TEST_P(ShareConformance, LinksOfAFileShareTogether) {
  given_file("\\file");
  ASSERT_EQ(open(u"\\file").link(u"other"), STATUS_SUCCESS);
  Handle exclusive = open_shared(u"\\file", FILE_READ_DATA, 0);
  EXPECT_EQ(open(u"\\other", FILE_READ_DATA).status, STATUS_SHARING_VIOLATION);
}

TEST_P(ShareConformance, FailedOpenLeavesNoShareBehind) {
  given_file("\\file");
  Handle reader = open_shared(u"\\file", FILE_READ_DATA, FILE_SHARE_READ);
  EXPECT_EQ(open_shared(u"\\file", FILE_WRITE_DATA, 0).status, STATUS_SHARING_VIOLATION);
  EXPECT_EQ(open_shared(u"\\file", FILE_READ_DATA, FILE_SHARE_READ).status, STATUS_SUCCESS);
}

TEST_P(ShareConformance, OpensOfOneStreamHaveOneIdentityUntilTheLastCloses) {
  given_file("\\file");
  make(u"\\file:s");
  Handle first = open(u"\\file");
  Handle second = open(u"\\FILE");
  Handle stream = open(u"\\file:s");
  EXPECT_EQ(&(*first).stream(), &(*second).stream());
  EXPECT_NE(&(*first).stream(), &(*stream).stream());
  EXPECT_EQ((*first).stream().file_id, (*stream).stream().file_id);
  EXPECT_NE((*first).stream().stream_id, (*stream).stream().stream_id);
  EXPECT_EQ(first.close().ended_stream, nullptr);
  const StreamIdentity* identity = &(*second).stream();
  EXPECT_EQ(second.close().ended_stream.get(), identity);
}

}  // namespace fltsim::fs
