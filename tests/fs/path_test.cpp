#include "fs/path.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ntifs.h>

namespace fltsim::fs {
namespace {

TEST(PathTest, ComponentsAndStreamAreSplit) {
  ParsedPath parsed;
  ASSERT_EQ(parse_path(u"dir\\file:stream:$DATA", parsed), STATUS_SUCCESS);
  EXPECT_THAT(parsed.components, testing::ElementsAre(u"dir", u"file"));
  EXPECT_EQ(parsed.stream, u"stream");
  EXPECT_TRUE(parsed.explicit_data);
  EXPECT_FALSE(parsed.trailing_backslash);
}

TEST(PathTest, EmptyPathHasNoComponents) {
  ParsedPath parsed;
  ASSERT_EQ(parse_path(u"", parsed), STATUS_SUCCESS);
  EXPECT_TRUE(parsed.components.empty());
}

TEST(PathTest, StreamWithoutAFileHasNoComponents) {
  ParsedPath parsed;
  ASSERT_EQ(parse_path(u":stream", parsed), STATUS_SUCCESS);
  EXPECT_TRUE(parsed.components.empty());
  EXPECT_EQ(parsed.stream, u"stream");
}

TEST(PathTest, DefaultStreamByNameOfItsTypeIsNoNamedStream) {
  ParsedPath parsed;
  ASSERT_EQ(parse_path(u"file::$data", parsed), STATUS_SUCCESS);
  EXPECT_TRUE(parsed.stream.empty());
  EXPECT_TRUE(parsed.explicit_data);
}

TEST(PathTest, IndexTypeIsForTheDirectoryItself) {
  ParsedPath parsed;
  ASSERT_EQ(parse_path(u"dir:$i30:$index_allocation", parsed), STATUS_SUCCESS);
  EXPECT_TRUE(parsed.explicit_index);
  ParsedPath other;
  EXPECT_EQ(parse_path(u"dir:s:$INDEX_ALLOCATION", other), STATUS_OBJECT_NAME_INVALID);
}

TEST(PathTest, EmptyComponentsAndLoneColonsAreInvalid) {
  for (const char16_t* path : {u"\\", u"a\\\\b", u"\\a", u"a:", u"a::", u":", u"a:b\\", u"a:b:c"}) {
    ParsedPath parsed;
    EXPECT_EQ(parse_path(path, parsed), STATUS_OBJECT_NAME_INVALID);
  }
}

TEST(PathTest, StreamNamesMayHoldWhatFileNamesMayNot) {
  ParsedPath parsed;
  EXPECT_EQ(parse_path(u"file:a*b<c>", parsed), STATUS_SUCCESS);
}

}  // namespace
}  // namespace fltsim::fs
