#include "nt/namespace.hpp"

#include <algorithm>
#include <compare>

#include "fs/upcase.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"
#include "wdk/shared/status.h"

namespace fltsim::nt {
namespace {

constexpr int kLinksMax = 32;
constexpr char16_t kSeparator = u'\\';

ObjectHeader* child_of(const Directory& directory, std::u16string_view name, bool case_insensitive) {
  if (const auto exact = directory.children.find(name); exact != directory.children.end())
    return exact->second;
  if (!case_insensitive) return nullptr;
  const auto found = directory.children.lower_bound(ObjectNameLess::AnyCase{name});
  const bool is_it = found != directory.children.end() && fs::equal_names(found->first, name);
  return is_it ? found->second : nullptr;
}

std::strong_ordering compare_any_case(std::u16string_view left, std::u16string_view right) {
  return std::lexicographical_compare_three_way(
      left.begin(), left.end(), right.begin(), right.end(),
      [](char16_t a, char16_t b) { return fs::upcase(a) <=> fs::upcase(b); });
}

}  // namespace

bool ObjectNameLess::operator()(std::u16string_view left, std::u16string_view right) const {
  const std::strong_ordering order = compare_any_case(left, right);
  return order != 0 ? order < 0 : left < right;
}

bool ObjectNameLess::operator()(std::u16string_view left, AnyCase right) const {
  return compare_any_case(left, right.name) < 0;
}

bool ObjectNameLess::operator()(AnyCase left, std::u16string_view right) const {
  return compare_any_case(left.name, right) < 0;
}

// A look-up in progress: where it starts, what it follows, and where it ended.
struct Namespace::Walk {
  std::u16string path;
  bool case_insensitive;
  bool open_link;
  Directory* root;  // null: the path is absolute

  Directory* parent = nullptr;
  std::u16string name{};
  ObjectHeader* object = nullptr;  // null: everything but the last component is there
  std::u16string rest{};
};

Namespace::Namespace(System& system)
    : system_(system), root_(create_object<Directory>(system, kDirectoryType)) {
  for (const char16_t* path : {u"\\Device", u"\\??", u"\\BaseNamedObjects", u"\\Driver", u"\\FileSystem",
                               u"\\FileSystem\\Filters", u"\\ObjectTypes"}) {
    static_cast<void>(create_directory(path));
  }
  static_cast<void>(create_link(u"\\DosDevices", u"\\??"));
  static_cast<void>(create_link(u"\\GLOBAL??", u"\\??"));
}

// One pass from a root to the end of the path or to the next link; STATUS_REPARSE: the path has been
// replaced, start again.
Status Namespace::step(Walk& walk) const {
  if (walk.root == nullptr && (walk.path.empty() || walk.path[0] != kSeparator)) {
    return STATUS_OBJECT_PATH_SYNTAX_BAD;
  }
  std::u16string_view rest = walk.path;
  if (walk.root == nullptr) rest.remove_prefix(1);
  Directory* directory = walk.root != nullptr ? walk.root : root_;
  walk.object = &ObjectHeader::of(directory);
  while (!rest.empty()) {
    const std::size_t length = std::min(rest.find(kSeparator), rest.size());
    const std::u16string_view tail = rest.substr(length);
    walk.parent = directory;
    walk.name = rest.substr(0, length);
    if (walk.name.empty()) return STATUS_OBJECT_NAME_INVALID;
    walk.object = child_of(*directory, walk.name, walk.case_insensitive);
    if (walk.object == nullptr) return tail.empty() ? STATUS_SUCCESS : STATUS_OBJECT_PATH_NOT_FOUND;
    if (const auto* link = as<SymbolicLink>(walk.object->body(), kSymbolicLinkType);
        link != nullptr && !(tail.empty() && walk.open_link)) {
      walk.path = link->target + std::u16string(tail);
      walk.root = nullptr;
      return STATUS_REPARSE;
    }
    if (tail.empty()) return STATUS_SUCCESS;
    if (walk.object->type->parses) {
      walk.rest = tail;
      return STATUS_SUCCESS;
    }
    directory = as<Directory>(walk.object->body(), kDirectoryType);
    if (directory == nullptr) return STATUS_OBJECT_PATH_NOT_FOUND;
    rest = tail.substr(1);
    if (rest.empty()) return STATUS_OBJECT_NAME_INVALID;
  }
  return STATUS_SUCCESS;
}

Status Namespace::run(Walk& walk) const {
  for (int links = 0; links < kLinksMax; ++links) {
    const Status status = step(walk);
    if (status != STATUS_REPARSE) return status;
  }
  return STATUS_OBJECT_NAME_INVALID;
}

Status Namespace::insert(void* body, std::u16string_view path, bool case_insensitive, bool permanent,
                         Directory* root) {
  Walk walk{
      .path = std::u16string(path), .case_insensitive = case_insensitive, .open_link = true, .root = root};
  const std::lock_guard lock(mutex_);
  if (const Status status = run(walk); status != STATUS_SUCCESS) return status;
  if (!walk.rest.empty()) return STATUS_OBJECT_PATH_NOT_FOUND;
  if (walk.object != nullptr) return STATUS_OBJECT_NAME_COLLISION;
  ObjectHeader& header = ObjectHeader::of(body);
  reference(body);
  header.parent = walk.parent;
  header.name = walk.name;
  header.permanent = permanent;
  walk.parent->children.emplace(std::move(walk.name), &header);
  return STATUS_SUCCESS;
}

void Namespace::remove(void* body) {
  ObjectHeader& header = ObjectHeader::of(body);
  {
    const std::lock_guard lock(mutex_);
    if (header.parent == nullptr) return;
    header.parent->children.erase(header.name);
    header.parent = nullptr;
    header.name.clear();
  }
  release(body);
}

Status Namespace::lookup(std::u16string_view path, bool case_insensitive, Found& found, Directory* root,
                         bool open_link) {
  Walk walk{.path = std::u16string(path),
            .case_insensitive = case_insensitive,
            .open_link = open_link,
            .root = root};
  const std::lock_guard lock(mutex_);
  if (const Status status = run(walk); status != STATUS_SUCCESS) return status;
  if (walk.object == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
  found = {Ref<void>::retain(walk.object->body()), std::move(walk.rest)};
  return STATUS_SUCCESS;
}

Status Namespace::lookup(std::u16string_view path, bool case_insensitive, const ObjectType& type,
                         Ref<void>& object) {
  Found found;
  const bool open_link = &type == &kSymbolicLinkType;
  if (const Status status = lookup(path, case_insensitive, found, nullptr, open_link);
      status != STATUS_SUCCESS) {
    return status;
  }
  if (&type_of(found.object.get()) != &type || !found.rest.empty()) return STATUS_OBJECT_TYPE_MISMATCH;
  object = std::move(found.object);
  return STATUS_SUCCESS;
}

Status Namespace::create_directory(std::u16string_view path) {
  const auto directory = Ref<Directory>::adopt(create_object<Directory>(system_, kDirectoryType));
  return insert(directory.get(), path, true, true);
}

Status Namespace::create_link(std::u16string_view path, std::u16string_view target) {
  const auto link = Ref<SymbolicLink>::adopt(
      create_object<SymbolicLink>(system_, kSymbolicLinkType, SymbolicLink{std::u16string(target)}));
  return insert(link.get(), path, true, true);
}

Status Namespace::delete_link(std::u16string_view path) {
  Ref<void> link;
  if (const Status status = lookup(path, true, kSymbolicLinkType, link); status != STATUS_SUCCESS)
    return status;
  remove(link.get());
  return STATUS_SUCCESS;
}

std::optional<std::u16string> Namespace::link_target(std::u16string_view path) const {
  Walk walk{.path = std::u16string(path), .case_insensitive = true, .open_link = true, .root = nullptr};
  const std::lock_guard lock(mutex_);
  if (run(walk) != STATUS_SUCCESS || walk.object == nullptr) return {};
  const auto* link = as<SymbolicLink>(walk.object->body(), kSymbolicLinkType);
  return link != nullptr ? std::optional(link->target) : std::nullopt;
}

std::u16string Namespace::path_of(const void* body) const {
  const std::lock_guard lock(mutex_);
  if (body == root_) return u"\\";
  std::u16string path;
  for (const ObjectHeader* header = &ObjectHeader::of(body); header->parent != nullptr;
       header = &ObjectHeader::of(header->parent)) {
    path = kSeparator + header->name + path;
  }
  return path;
}

}  // namespace fltsim::nt
