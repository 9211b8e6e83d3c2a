// PolicyStore: the policies, in a SQLite database. A removed policy stays as a row without flags until the
// driver has been told, so that a removal survives a restart of the service.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace drmservice {

// Paths are DOS paths with NT's wildcards, 1 to 259 units of well-formed UTF-16. Two paths that differ only
// in the case of ASCII letters are the same policy.
struct Policy {
  std::u16string path;
  uint32_t flags;    // FLTLINK_PROTECT_*; 0: removed, the driver has yet to be told
  uint32_t version;  // grows with each change of this path
};

enum class StoreErrorKind {
  kCannotOpen,
  kLocked,  // another program is writing
  kReadOnly,
  kCorrupt,      // not a database, or a damaged one
  kWrongSchema,  // a database of something else, or of a newer version of this program
  kDiskFull,
  kInvalidPath,
  kInvalidFlags,
  kNoSuchPolicy,
  kOther,
};

struct StoreError {
  StoreErrorKind kind;
  std::string text;  // one sentence for the operator
};

template <typename T>
using StoreResult = std::variant<T, StoreError>;

struct Done {};

// Any thread; calls take turns. Each call reads or writes the file and may block on it, but never waits for a
// lock of another program: that is kLocked, and the caller's to try again.
class PolicyStore final {
 public:
  // Opens or creates. A new database holds the three default policies; one of an older version of this
  // program is brought up to date.
  [[nodiscard]] static StoreResult<std::unique_ptr<PolicyStore>> open(const std::string& path);
  ~PolicyStore();
  PolicyStore(const PolicyStore&) = delete;
  PolicyStore& operator=(const PolicyStore&) = delete;

  // Adds a policy, or replaces the flags of the one with this path.
  [[nodiscard]] StoreResult<Done> add(std::u16string_view path, uint32_t flags);

  [[nodiscard]] StoreResult<Done> remove(std::u16string_view path);

  // The policies in force, in the order in which their paths were first added.
  [[nodiscard]] StoreResult<std::vector<Policy>> list();

  // Those, and the removed ones that the driver has yet to be told of.
  [[nodiscard]] StoreResult<std::vector<Policy>> list_to_apply();

  // The driver knows of the removal that has this version.
  [[nodiscard]] StoreResult<Done> forget_removed(std::u16string_view path, uint32_t version);

 private:
  explicit PolicyStore(sqlite3* database) : database_(database) {}

  StoreResult<Done> prepare_schema();
  template <typename Work>
  StoreResult<Done> transact(const Work& work);
  StoreResult<Done> create_schema();
  StoreResult<Done> upgrade_schema();
  StoreResult<Done> check_schema();
  StoreResult<Done> execute(const char* sql);
  StoreResult<int64_t> query_number(const char* sql);
  StoreResult<std::vector<Policy>> query_policies(const char* sql);
  StoreResult<Done> add_locked(std::u16string_view path, uint32_t flags);
  StoreError last_error() const;

  std::mutex mutex_;
  sqlite3* database_;
};

}  // namespace drmservice
