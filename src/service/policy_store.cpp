#include "service/policy_store.hpp"

#include <sqlite3.h>

#include <fltlink/wire/messages.h>

#include "service/text.hpp"

namespace drmservice {

namespace {

constexpr int64_t kApplicationId = 0x44524D50;  // "DRMP"
constexpr int64_t kSchemaVersion = 2;

constexpr char kCreateSchema[] =
    "CREATE TABLE policies ("
    " id INTEGER PRIMARY KEY,"
    " path TEXT NOT NULL UNIQUE COLLATE NOCASE,"
    " flags INTEGER NOT NULL CHECK (flags BETWEEN 0 AND 127),"
    " version INTEGER NOT NULL CHECK (version BETWEEN 1 AND 4294967295));"
    "PRAGMA application_id = 1146244432;"
    "PRAGMA user_version = 2;";

// The first schema had no room for the flag Ask, and a table's checks cannot be changed.
constexpr int64_t kSchemaWithoutAsk = 1;
constexpr char kSetOldTableAside[] = "ALTER TABLE policies RENAME TO old_policies";
constexpr char kTakeOldTable[] =
    "INSERT INTO policies (id, path, flags, version) SELECT id, path, flags, version FROM old_policies;"
    "DROP TABLE old_policies;";

struct DefaultPolicy {
  const char16_t* path;
  uint32_t flags;
};

constexpr DefaultPolicy kDefaultPolicies[] = {
    {u"C:\\ProtectedDocs\\*.docx", FLTLINK_PROTECT_STANDARD},
    {u"C:\\ProtectedDocs\\*.xlsx", FLTLINK_PROTECT_STANDARD},
    {u"C:\\Confidential\\*", FLTLINK_PROTECT_WRITE | FLTLINK_PROTECT_DELETE},
};

StoreErrorKind kind_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return StoreErrorKind::kLocked;
    case SQLITE_READONLY:
      return StoreErrorKind::kReadOnly;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return StoreErrorKind::kCorrupt;
    case SQLITE_FULL:
      return StoreErrorKind::kDiskFull;
    case SQLITE_CANTOPEN:
      return StoreErrorKind::kCannotOpen;
    default:
      return StoreErrorKind::kOther;
  }
}

const char* sentence_for(StoreErrorKind kind) {
  switch (kind) {
    case StoreErrorKind::kLocked:
      return "The policy database is in use by another program";
    case StoreErrorKind::kReadOnly:
      return "The policy database cannot be written";
    case StoreErrorKind::kCorrupt:
      return "The policy database is damaged or is no database";
    case StoreErrorKind::kDiskFull:
      return "There is no space left for the policy database";
    case StoreErrorKind::kCannotOpen:
      return "The policy database cannot be opened";
    default:
      return "The policy database failed";
  }
}

// A prepared statement with values bound in order.
class Statement {
 public:
  Statement(sqlite3* database, const char* sql) {
    code_ = sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(const std::string& text) {
    if (code_ == SQLITE_OK) {
      code_ = sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()),
                                SQLITE_TRANSIENT);
    }
    return *this;
  }
  Statement& bind(int64_t number) {
    if (code_ == SQLITE_OK) code_ = sqlite3_bind_int64(statement_, ++bound_, number);
    return *this;
  }

  // SQLITE_ROW, SQLITE_DONE or an error.
  int step() { return code_ == SQLITE_OK ? sqlite3_step(statement_) : code_; }

  std::string text(int column) const {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return data == nullptr ? std::string()
                           : std::string(data, static_cast<size_t>(sqlite3_column_bytes(statement_, column)));
  }
  int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }

 private:
  sqlite3_stmt* statement_ = nullptr;
  int code_ = SQLITE_OK;
  int bound_ = 0;
};

template <typename T>
const StoreError* error_of(const StoreResult<T>& result) {
  return std::get_if<StoreError>(&result);
}

StoreResult<std::string> checked_path(std::u16string_view path) {
  const auto utf8 = utf8_from_utf16(path);
  if (!utf8 || path.empty() || path.size() > FLTLINK_PATH_FIELD_TEXT_UNITS_MAX ||
      path.find(u'\0') != std::u16string_view::npos) {
    return StoreError{StoreErrorKind::kInvalidPath,
                      "A policy's path is 1 to 259 units of text without a zero."};
  }
  return *utf8;
}

}  // namespace

StoreResult<std::unique_ptr<PolicyStore>> PolicyStore::open(const std::string& path) {
  sqlite3* database = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  std::unique_ptr<PolicyStore> store(new PolicyStore(database));
  if (code != SQLITE_OK) return store->last_error();
  auto prepared = store->prepare_schema();
  if (const StoreError* error = error_of(prepared)) return *error;
  return store;
}

PolicyStore::~PolicyStore() { sqlite3_close(database_); }

StoreResult<Done> PolicyStore::prepare_schema() {
  const auto tables = query_number("SELECT count(*) FROM sqlite_schema");
  if (const StoreError* error = error_of(tables)) return *error;
  if (std::get<int64_t>(tables) == 0) return create_schema();
  return check_schema();
}

template <typename Work>
StoreResult<Done> PolicyStore::transact(const Work& work) {
  auto begun = execute("BEGIN IMMEDIATE");
  if (const StoreError* error = error_of(begun)) return *error;
  auto result = work();
  if (error_of(result) == nullptr) result = execute("COMMIT");
  // What went wrong first is what is told.
  if (error_of(result) != nullptr) static_cast<void>(execute("ROLLBACK"));
  return result;
}

StoreResult<Done> PolicyStore::create_schema() {
  return transact([this] {
    auto result = execute(kCreateSchema);
    for (const DefaultPolicy& policy : kDefaultPolicies) {
      if (error_of(result) == nullptr) result = add_locked(policy.path, policy.flags);
    }
    return result;
  });
}

StoreResult<Done> PolicyStore::upgrade_schema() {
  return transact([this] {
    auto result = execute(kSetOldTableAside);
    if (error_of(result) == nullptr) result = execute(kCreateSchema);
    if (error_of(result) == nullptr) result = execute(kTakeOldTable);
    return result;
  });
}

StoreResult<Done> PolicyStore::check_schema() {
  const auto id = query_number("PRAGMA application_id");
  if (const StoreError* error = error_of(id)) return *error;
  const auto version = query_number("PRAGMA user_version");
  if (const StoreError* error = error_of(version)) return *error;
  const bool is_old = std::get<int64_t>(version) == kSchemaWithoutAsk;
  if (std::get<int64_t>(id) != kApplicationId || (!is_old && std::get<int64_t>(version) != kSchemaVersion)) {
    return StoreError{StoreErrorKind::kWrongSchema,
                      "The file is no policy database, or one of a newer version of this program."};
  }
  const auto damages = query_number("SELECT count(*) FROM pragma_quick_check WHERE quick_check <> 'ok'");
  if (const StoreError* error = error_of(damages)) return *error;
  if (std::get<int64_t>(damages) != 0) {
    return StoreError{StoreErrorKind::kCorrupt, std::string(sentence_for(StoreErrorKind::kCorrupt)) + "."};
  }
  if (is_old) return upgrade_schema();
  return Done{};
}

StoreResult<Done> PolicyStore::add(std::u16string_view path, uint32_t flags) {
  const std::lock_guard lock(mutex_);
  return add_locked(path, flags);
}

StoreResult<Done> PolicyStore::add_locked(std::u16string_view path, uint32_t flags) {
  const auto checked = checked_path(path);
  if (const StoreError* error = error_of(checked)) return *error;
  if ((flags & FLTLINK_PROTECT_ALL) == 0 ||
      (flags & ~uint32_t{FLTLINK_PROTECT_ALL | FLTLINK_PROTECT_ASK}) != 0) {
    return StoreError{StoreErrorKind::kInvalidFlags,
                      "A policy forbids at least one thing, and only known ones."};
  }
  Statement statement(database_,
                      "INSERT INTO policies (path, flags, version) VALUES (?, ?, 1) "
                      "ON CONFLICT (path) DO UPDATE SET flags = excluded.flags, version = version + 1");
  if (statement.bind(std::get<std::string>(checked)).bind(int64_t{flags}).step() != SQLITE_DONE)
    return last_error();
  return Done{};
}

StoreResult<Done> PolicyStore::remove(std::u16string_view path) {
  const std::lock_guard lock(mutex_);
  const auto checked = checked_path(path);
  if (const StoreError* error = error_of(checked)) return *error;
  Statement statement(database_,
                      "UPDATE policies SET flags = 0, version = version + 1 WHERE path = ? AND flags <> 0");
  if (statement.bind(std::get<std::string>(checked)).step() != SQLITE_DONE) return last_error();
  if (sqlite3_changes(database_) == 0) {
    return StoreError{StoreErrorKind::kNoSuchPolicy, "There is no policy for this path."};
  }
  return Done{};
}

StoreResult<std::vector<Policy>> PolicyStore::list() {
  return query_policies("SELECT path, flags, version FROM policies WHERE flags <> 0 ORDER BY id");
}

StoreResult<std::vector<Policy>> PolicyStore::list_to_apply() {
  return query_policies("SELECT path, flags, version FROM policies ORDER BY id");
}

StoreResult<Done> PolicyStore::forget_removed(std::u16string_view path, uint32_t version) {
  const std::lock_guard lock(mutex_);
  const auto checked = checked_path(path);
  if (const StoreError* error = error_of(checked)) return *error;
  Statement statement(database_, "DELETE FROM policies WHERE path = ? AND flags = 0 AND version = ?");
  if (statement.bind(std::get<std::string>(checked)).bind(int64_t{version}).step() != SQLITE_DONE) {
    return last_error();
  }
  return Done{};
}

StoreResult<Done> PolicyStore::execute(const char* sql) {
  if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return last_error();
  return Done{};
}

StoreResult<int64_t> PolicyStore::query_number(const char* sql) {
  Statement statement(database_, sql);
  if (statement.step() != SQLITE_ROW) return last_error();
  return statement.number(0);
}

StoreResult<std::vector<Policy>> PolicyStore::query_policies(const char* sql) {
  const std::lock_guard lock(mutex_);
  Statement statement(database_, sql);
  std::vector<Policy> policies;
  int code = statement.step();
  for (; code == SQLITE_ROW; code = statement.step()) {
    auto path = utf16_from_utf8(statement.text(0));
    if (!path) return StoreError{StoreErrorKind::kCorrupt, "A path in the policy database is not text."};
    policies.push_back({std::move(*path), static_cast<uint32_t>(statement.number(1)),
                        static_cast<uint32_t>(statement.number(2))});
  }
  if (code != SQLITE_DONE) return last_error();
  return policies;
}

StoreError PolicyStore::last_error() const {
  const StoreErrorKind kind = kind_of(sqlite3_errcode(database_));
  return {kind, std::string(sentence_for(kind)) + ": " + sqlite3_errmsg(database_) + "."};
}

}  // namespace drmservice
