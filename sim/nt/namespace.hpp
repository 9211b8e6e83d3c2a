// Object names: directories, symbolic links, and looking a path up.
//
// A machine starts with \, \Device, \DosDevices (a link to \??), \??, \BaseNamedObjects, \Driver,
// \FileSystem, \FileSystem\Filters, \ObjectTypes and \GLOBAL?? (a link to \??).
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nt/object.hpp"

namespace fltsim::nt {

// Orders names without regard to case, and those that differ in nothing else by their units.
struct ObjectNameLess {
  using is_transparent = void;
  struct AnyCase {
    std::u16string_view name;
  };
  bool operator()(std::u16string_view left, std::u16string_view right) const;
  bool operator()(std::u16string_view left, AnyCase right) const;
  bool operator()(AnyCase left, std::u16string_view right) const;
};

class Directory {
 public:
  // Guarded by the namespace's lock.
  std::map<std::u16string, ObjectHeader*, ObjectNameLess> children;
};

struct SymbolicLink {
  std::u16string target;
};

// What a look-up found.
struct Found {
  Ref<void> object;
  std::u16string
      rest;  // for a type that parses: what follows its name, with the leading backslash; may be empty
};

class Namespace {
 public:
  explicit Namespace(System& system);
  Namespace(const Namespace&) = delete;
  Namespace& operator=(const Namespace&) = delete;

  // Gives `body` a name; the directory takes a reference, which it drops with the last handle (unless
  // permanent) or with remove(). `path` is absolute, or relative to `root` if that is given.
  //   STATUS_OBJECT_PATH_SYNTAX_BAD   no leading backslash
  //   STATUS_OBJECT_NAME_INVALID      an empty component
  //   STATUS_OBJECT_PATH_NOT_FOUND    a directory on the way is missing
  //   STATUS_OBJECT_NAME_COLLISION    the name is taken, by an object of any type
  [[nodiscard]] Status insert(void* body, std::u16string_view path, bool case_insensitive,
                              bool permanent = false, Directory* root = nullptr);
  void remove(void* body);

  // Follows symbolic links, the last one too unless `open_link`. The statuses of insert(), and
  //   STATUS_OBJECT_NAME_NOT_FOUND    the last component is missing
  [[nodiscard]] Status lookup(std::u16string_view path, bool case_insensitive, Found& found,
                              Directory* root = nullptr, bool open_link = false);
  // As lookup(), for one type: STATUS_OBJECT_TYPE_MISMATCH for any other.
  [[nodiscard]] Status lookup(std::u16string_view path, bool case_insensitive, const ObjectType& type,
                              Ref<void>& object);

  [[nodiscard]] Status create_directory(std::u16string_view path);
  [[nodiscard]] Status create_link(std::u16string_view path, std::u16string_view target);
  // The link itself; STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_TYPE_MISMATCH.
  [[nodiscard]] Status delete_link(std::u16string_view path);

  // Where a symbolic link points; nothing when there is no such link.
  std::optional<std::u16string> link_target(std::u16string_view path) const;

  std::u16string path_of(const void* body) const;

 private:
  struct Walk;
  Status run(Walk& walk) const;
  Status step(Walk& walk) const;

  System& system_;
  mutable std::mutex mutex_;
  Directory* root_;
};

}  // namespace fltsim::nt
