#include "fs/host_names.hpp"

#include <gtest/gtest.h>

namespace fltsim::fs {
namespace {

void expect_name(std::string_view host, std::u16string_view name, bool mapped) {
  NtName result = nt_name_of(host);
  EXPECT_EQ(result.name, name) << host;
  EXPECT_EQ(result.mapped, mapped) << host;
}

TEST(HostNamesTest, Utf8BecomesUtf16) {
  expect_name("plan.docx", u"plan.docx", false);
  expect_name(
      "Stra\xC3\x9F"
      "e",
      u"Stra\u00DFe", false);
  expect_name("\xE2\x82\xAC", u"\u20AC", false);
  expect_name("\xF0\x9F\x98\x80", u"\U0001F600", false);
}

TEST(HostNamesTest, ForbiddenCharactersMoveToThePrivateUseArea) {
  expect_name("a:b", u"a\uF03Ab", true);
  expect_name("\"*<>?|\\", u"\uF022\uF02A\uF03C\uF03E\uF03F\uF07C\uF05C", true);
  expect_name("\x01\x1F", u"\uF001\uF01F", true);
}

TEST(HostNamesTest, BytesThatAreNotUtf8MoveOneByOne) {
  expect_name("\xFF", u"\uF0FF", true);
  expect_name("a\x80", u"a\uF080", true);
  expect_name("\xC3(", u"\uF0C3(", true);
  expect_name("\xE2\x82", u"\uF0E2\uF082", true);
  expect_name("\xC0\xAF", u"\uF0C0\uF0AF", true);
  expect_name("\xED\xA0\x80", u"\uF0ED\uF0A0\uF080", true);
  expect_name("\xF4\x90\x80\x80", u"\uF0F4\uF090\uF080\uF080", true);
}

}  // namespace
}  // namespace fltsim::fs
