#include "service/policy_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <fltlink/wire/messages.h>

namespace drmservice {

static bool operator==(const Policy& a, const Policy& b) {
  return a.path == b.path && a.flags == b.flags && a.version == b.version;
}

namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr uint32_t kStandard = FLTLINK_PROTECT_STANDARD;

class PolicyStoreTest : public testing::Test {
 protected:
  PolicyStoreTest()
      : path_(testing::TempDir() + "fltlink_" + std::to_string(getpid()) + "_" +
              testing::UnitTest::GetInstance()->current_test_info()->name() + ".db") {
    std::filesystem::remove(path_);
  }
  ~PolicyStoreTest() override { std::filesystem::remove(path_); }

  std::unique_ptr<PolicyStore> open() {
    auto result = PolicyStore::open(path_);
    if (const auto* error = std::get_if<StoreError>(&result)) ADD_FAILURE() << error->text;
    return std::move(std::get<std::unique_ptr<PolicyStore>>(result));
  }
  StoreErrorKind open_error() {
    auto result = PolicyStore::open(path_);
    return std::get<StoreError>(result).kind;
  }
  static std::vector<Policy> listed(StoreResult<std::vector<Policy>> result) {
    return std::get<std::vector<Policy>>(result);
  }
  template <typename T>
  static StoreErrorKind kind(const StoreResult<T>& result) {
    return std::get<StoreError>(result).kind;
  }
  void run_sql(const char* sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }

  const std::string path_;
};

TEST_F(PolicyStoreTest, FreshDatabaseHoldsTheThreeDefaults) {
  EXPECT_THAT(listed(open()->list()),
              ElementsAre(Policy{u"C:\\ProtectedDocs\\*.docx", kStandard, 1},
                          Policy{u"C:\\ProtectedDocs\\*.xlsx", kStandard, 1},
                          Policy{u"C:\\Confidential\\*", FLTLINK_PROTECT_WRITE | FLTLINK_PROTECT_DELETE, 1}));
}

TEST_F(PolicyStoreTest, ChangesOutliveTheProgram) {
  ASSERT_TRUE(std::holds_alternative<Done>(open()->add(u"C:\\\u00DCbung\\*", 1)));
  ASSERT_TRUE(std::holds_alternative<Done>(open()->remove(u"C:\\Confidential\\*")));
  const auto policies = listed(open()->list());
  ASSERT_THAT(policies, SizeIs(3));
  EXPECT_EQ(policies[2], (Policy{u"C:\\\u00DCbung\\*", 1, 1}));
}

TEST_F(PolicyStoreTest, AddingAgainReplacesWithAHigherVersion) {
  const auto store = open();
  ASSERT_TRUE(std::holds_alternative<Done>(store->add(u"c:\\confidential\\*", 1)));
  EXPECT_EQ(listed(store->list())[2], (Policy{u"C:\\Confidential\\*", 1, 2}));
}

TEST_F(PolicyStoreTest, RemovedPolicyWaitsUntilTheDriverKnows) {
  const auto store = open();
  ASSERT_TRUE(std::holds_alternative<Done>(store->remove(u"C:\\Confidential\\*")));
  EXPECT_THAT(listed(store->list()), SizeIs(2));
  EXPECT_EQ(listed(store->list_to_apply())[2], (Policy{u"C:\\Confidential\\*", 0, 2}));
  ASSERT_TRUE(std::holds_alternative<Done>(store->forget_removed(u"C:\\Confidential\\*", 2)));
  EXPECT_THAT(listed(store->list_to_apply()), SizeIs(2));
}

TEST_F(PolicyStoreTest, PolicyAddedAgainIsNotForgotten) {
  const auto store = open();
  ASSERT_TRUE(std::holds_alternative<Done>(store->remove(u"C:\\Confidential\\*")));
  ASSERT_TRUE(std::holds_alternative<Done>(store->add(u"C:\\Confidential\\*", 1)));
  ASSERT_TRUE(std::holds_alternative<Done>(store->forget_removed(u"C:\\Confidential\\*", 2)));
  EXPECT_EQ(listed(store->list())[2], (Policy{u"C:\\Confidential\\*", 1, 3}));
}

TEST_F(PolicyStoreTest, RemovingWhatIsNotThereIsAnError) {
  const auto store = open();
  EXPECT_EQ(kind(store->remove(u"C:\\None")), StoreErrorKind::kNoSuchPolicy);
  ASSERT_TRUE(std::holds_alternative<Done>(store->remove(u"C:\\Confidential\\*")));
  EXPECT_EQ(kind(store->remove(u"C:\\Confidential\\*")), StoreErrorKind::kNoSuchPolicy);
}

TEST_F(PolicyStoreTest, PathsAndFlagsAreChecked) {
  const auto store = open();
  EXPECT_EQ(kind(store->add(u"", 1)), StoreErrorKind::kInvalidPath);
  EXPECT_EQ(kind(store->add(std::u16string(260, u'a'), 1)), StoreErrorKind::kInvalidPath);
  EXPECT_EQ(kind(store->add(std::u16string{u'a', 0, u'b'}, 1)), StoreErrorKind::kInvalidPath);
  EXPECT_EQ(kind(store->add(std::u16string{0xD800}, 1)), StoreErrorKind::kInvalidPath);
  EXPECT_EQ(kind(store->add(u"C:\\a", 0)), StoreErrorKind::kInvalidFlags);
  EXPECT_EQ(kind(store->add(u"C:\\a", 0x40)), StoreErrorKind::kInvalidFlags);
  EXPECT_TRUE(std::holds_alternative<Done>(store->add(std::u16string(259, u'a'), 1)));
}

TEST_F(PolicyStoreTest, PolicyThatIsToBeAskedAboutIsKept) {
  constexpr uint32_t kAsking = FLTLINK_PROTECT_ALL | FLTLINK_PROTECT_ASK;
  ASSERT_TRUE(std::holds_alternative<Done>(open()->add(u"C:\\Asked\\*", kAsking)));
  EXPECT_EQ(listed(open()->list()).back(), (Policy{u"C:\\Asked\\*", kAsking, 1}));
}

// As the first version of this program made it, whose table has no room for the flag Ask.
TEST_F(PolicyStoreTest, DatabaseOfTheFirstSchemaKeepsItsPoliciesAndTakesNewOnes) {
  run_sql(
      "CREATE TABLE policies (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE COLLATE NOCASE,"
      " flags INTEGER NOT NULL CHECK (flags BETWEEN 0 AND 63),"
      " version INTEGER NOT NULL CHECK (version BETWEEN 1 AND 4294967295));"
      "INSERT INTO policies VALUES (7, 'C:\\Old\\*', 2, 9), (9, 'C:\\Gone\\*', 0, 3);"
      "PRAGMA application_id = 1146244432; PRAGMA user_version = 1;");
  ASSERT_TRUE(std::holds_alternative<Done>(open()->add(u"c:\\old\\*", 0x42)));
  EXPECT_THAT(listed(open()->list_to_apply()),
              ElementsAre(Policy{u"C:\\Old\\*", 0x42, 10}, Policy{u"C:\\Gone\\*", 0, 3}));
}

// A path is data, never SQL.
TEST_F(PolicyStoreTest, QuotesInAPathAreHarmless) {
  const auto store = open();
  ASSERT_TRUE(std::holds_alternative<Done>(store->add(u"C:\\'; DROP TABLE policies; --", 1)));
  EXPECT_THAT(listed(store->list()), SizeIs(4));
}

TEST_F(PolicyStoreTest, LockedDatabaseSaysSoAtOnce) {
  const auto store = open();
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_EQ(kind(store->add(u"C:\\a", 1)), StoreErrorKind::kLocked);
  EXPECT_EQ(kind(store->list()), StoreErrorKind::kLocked);
  EXPECT_EQ(open_error(), StoreErrorKind::kLocked);
  sqlite3_close(other);
  EXPECT_TRUE(std::holds_alternative<Done>(store->add(u"C:\\a", 1)));
}

TEST_F(PolicyStoreTest, FileThatIsNoDatabaseIsCorrupt) {
  std::ofstream(path_)
      << "This is not a database, and it is long enough to have a header of one hundred bytes, so that "
         "it is looked at.";
  EXPECT_EQ(open_error(), StoreErrorKind::kCorrupt);
}

TEST_F(PolicyStoreTest, DamagedDatabaseIsCorrupt) {
  open();
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  file << std::string(4096, '\xA5');
  file.close();
  EXPECT_EQ(open_error(), StoreErrorKind::kCorrupt);
}

TEST_F(PolicyStoreTest, DatabaseOfSomethingElseIsRefused) {
  run_sql("CREATE TABLE cats (name TEXT)");
  EXPECT_EQ(open_error(), StoreErrorKind::kWrongSchema);
}

TEST_F(PolicyStoreTest, NewerSchemaIsRefused) {
  open();
  run_sql("PRAGMA user_version = 3");
  EXPECT_EQ(open_error(), StoreErrorKind::kWrongSchema);
}

TEST_F(PolicyStoreTest, MissingDirectoryIsNamedAsSuch) {
  auto result = PolicyStore::open("/nowhere/policies.db");
  EXPECT_EQ(std::get<StoreError>(result).kind, StoreErrorKind::kCannotOpen);
  EXPECT_THAT(std::get<StoreError>(result).text, HasSubstr("cannot be opened"));
}

// Permissions do not stop root, so the read-only file is made through SQLite's own means.
TEST_F(PolicyStoreTest, ReadOnlyDatabaseIsReadAndNotWritten) {
  open();
  auto result = PolicyStore::open("file:" + path_ + "?mode=ro");
  const auto& store = std::get<std::unique_ptr<PolicyStore>>(result);
  EXPECT_THAT(listed(store->list()), SizeIs(3));
  EXPECT_EQ(kind(store->add(u"C:\\a", 1)), StoreErrorKind::kReadOnly);
}

}  // namespace
}  // namespace drmservice
