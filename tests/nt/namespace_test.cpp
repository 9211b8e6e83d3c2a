#include "nt/namespace.hpp"

#include <gtest/gtest.h>

#include "fltsim/machine.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"
#include "wdk/shared/status.h"

namespace fltsim::nt {
namespace {

constexpr ObjectType kVolumeType{.name = u"Volume",
                                 .mapping = {},
                                 .close = nullptr,
                                 .remove = nullptr,
                                 .waitable = nullptr,
                                 .parses = true,
                                 .report_leaks = false};

class NamespaceTest : public testing::Test {
 protected:
  Status add(std::u16string_view path, bool case_insensitive = true) {
    const auto event = Ref<Event>::adopt(create_object<Event>(system_, kEventType));
    return names_.insert(event.get(), path, case_insensitive, true);
  }
  Status look(std::u16string_view path, bool case_insensitive = true) {
    return names_.lookup(path, case_insensitive, found_);
  }

  Machine machine_;
  System& system_ = machine_.system();
  Namespace& names_ = system_.nt().names();
  Found found_;
};

TEST_F(NamespaceTest, NameTakenByAnyObjectIsACollision) {  // PORT-5
  EXPECT_EQ(add(u"\\MyFilterPort"), STATUS_SUCCESS);
  EXPECT_EQ(add(u"\\MyFilterPort"), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(add(u"\\Device"), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(add(u"\\myfilterport"), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(add(u"\\myfilterport", false), STATUS_SUCCESS) << "case-sensitive: another name";
}

TEST_F(NamespaceTest, MalformedPathsAreRefusedByKind) {  // PORT-7
  EXPECT_EQ(add(u"MyFilterPort"), STATUS_OBJECT_PATH_SYNTAX_BAD);
  EXPECT_EQ(add(u""), STATUS_OBJECT_PATH_SYNTAX_BAD);
  EXPECT_EQ(add(u"\\Missing\\Port"), STATUS_OBJECT_PATH_NOT_FOUND);
  EXPECT_EQ(add(u"\\Device\\\\Port"), STATUS_OBJECT_NAME_INVALID);
  EXPECT_EQ(add(u"\\Device\\"), STATUS_OBJECT_NAME_INVALID);
}

TEST_F(NamespaceTest, MissingNameIsNotFound) {  // PORT-11
  EXPECT_EQ(look(u"\\NoPort"), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(look(u"\\NoDirectory\\NoPort"), STATUS_OBJECT_PATH_NOT_FOUND);
}

TEST_F(NamespaceTest, ObjectOfAnotherTypeIsAMismatch) {  // CONN-7
  ASSERT_EQ(add(u"\\Other"), STATUS_SUCCESS);
  Ref<void> object;
  EXPECT_EQ(names_.lookup(u"\\Other", true, kMutantType, object), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(names_.lookup(u"\\Other", true, kEventType, object), STATUS_SUCCESS);
}

TEST_F(NamespaceTest, LookUpRespectsCaseWhenAsked) {
  ASSERT_EQ(add(u"\\Port"), STATUS_SUCCESS);
  EXPECT_EQ(look(u"\\PORT", true), STATUS_SUCCESS);
  EXPECT_EQ(look(u"\\PORT", false), STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_F(NamespaceTest, OfNamesThatDifferInCaseTheExactOneIsFoundElseTheFirst) {
  ASSERT_EQ(add(u"\\Port", false), STATUS_SUCCESS);
  ASSERT_EQ(look(u"\\Port"), STATUS_SUCCESS);
  const void* lower = found_.object.get();
  ASSERT_EQ(add(u"\\PORT", false), STATUS_SUCCESS);
  ASSERT_EQ(add(u"\\Porta", false), STATUS_SUCCESS);
  EXPECT_EQ(look(u"\\Port"), STATUS_SUCCESS);
  EXPECT_EQ(found_.object.get(), lower);
  EXPECT_EQ(look(u"\\PORT"), STATUS_SUCCESS);
  const void* upper = found_.object.get();
  EXPECT_NE(upper, lower);
  EXPECT_EQ(look(u"\\port"), STATUS_SUCCESS);
  EXPECT_EQ(found_.object.get(), upper) << "by the units of the names";
  EXPECT_EQ(look(u"\\por"), STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_F(NamespaceTest, LinksAreFollowedToTheVolumeWhichParsesTheRest) {
  const auto volume = Ref<Event>::adopt(create_object<Event>(system_, kVolumeType));
  ASSERT_EQ(names_.insert(volume.get(), u"\\Device\\HarddiskVolume1", true, true), STATUS_SUCCESS);
  ASSERT_EQ(names_.create_link(u"\\??\\C:", u"\\Device\\HarddiskVolume1"), STATUS_SUCCESS);
  ASSERT_EQ(look(u"\\DosDevices\\c:\\dir\\file.txt"), STATUS_SUCCESS);
  EXPECT_EQ(found_.object.get(), volume.get());
  EXPECT_EQ(found_.rest, u"\\dir\\file.txt");
  ASSERT_EQ(look(u"\\??\\C:"), STATUS_SUCCESS);
  EXPECT_EQ(found_.rest, u"");
  ASSERT_EQ(look(u"\\??\\C:\\"), STATUS_SUCCESS);
  EXPECT_EQ(found_.rest, u"\\");
}

TEST_F(NamespaceTest, LinkCycleEnds) {
  ASSERT_EQ(names_.create_link(u"\\A", u"\\B"), STATUS_SUCCESS);
  ASSERT_EQ(names_.create_link(u"\\B", u"\\A"), STATUS_SUCCESS);
  EXPECT_EQ(look(u"\\A"), STATUS_OBJECT_NAME_INVALID);
}

TEST_F(NamespaceTest, PathIsRelativeToARoot) {
  ASSERT_EQ(names_.create_directory(u"\\Dir"), STATUS_SUCCESS);
  ASSERT_EQ(add(u"\\Dir\\Port"), STATUS_SUCCESS);
  Ref<void> directory;
  ASSERT_EQ(names_.lookup(u"\\Dir", true, kDirectoryType, directory), STATUS_SUCCESS);
  EXPECT_EQ(names_.lookup(u"Port", true, found_, static_cast<Directory*>(directory.get())), STATUS_SUCCESS);
  EXPECT_EQ(name_of(found_.object.get()), u"\\Dir\\Port");
}

TEST_F(NamespaceTest, RemovedNameIsFreeAgain) {
  const auto event = Ref<Event>::adopt(create_object<Event>(system_, kEventType));
  ASSERT_EQ(names_.insert(event.get(), u"\\Port", true), STATUS_SUCCESS);
  names_.remove(event.get());
  EXPECT_EQ(look(u"\\Port"), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(name_of(event.get()), u"");
  EXPECT_EQ(add(u"\\Port"), STATUS_SUCCESS);
}

TEST_F(NamespaceTest, LinkCanBeDeletedButNotAnotherObject) {
  ASSERT_EQ(names_.create_link(u"\\L", u"\\Device"), STATUS_SUCCESS);
  EXPECT_EQ(names_.link_target(u"\\L"), u"\\Device");
  EXPECT_EQ(names_.delete_link(u"\\Device"), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(names_.delete_link(u"\\L"), STATUS_SUCCESS);
  EXPECT_EQ(names_.delete_link(u"\\L"), STATUS_OBJECT_NAME_NOT_FOUND);
}

}  // namespace
}  // namespace fltsim::nt
