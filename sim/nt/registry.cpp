#include "nt/registry.hpp"

#include <cstring>

#include "fs/upcase.hpp"

namespace fltsim::nt {
namespace {

// Takes the first component off a path; empty at the end.
std::u16string_view take_component(std::u16string_view& path) {
  while (!path.empty() && path.front() == u'\\') path.remove_prefix(1);
  const std::size_t length = std::min(path.find(u'\\'), path.size());
  const std::u16string_view component = path.substr(0, length);
  path.remove_prefix(length);
  return component;
}

// The one control set has two names: ControlSet001 leads to CurrentControlSet. On Windows it is the other way round, but
// names are shown the way most drivers write them.
std::u16string without_link(std::u16string_view path) {
  constexpr std::u16string_view kParent = u"\\Registry\\Machine\\System\\";
  constexpr std::u16string_view kNumbered = u"ControlSet001";
  if (path.size() < kParent.size() + kNumbered.size() ||
      !fs::equal_names(path.substr(0, kParent.size()), kParent) ||
      !fs::equal_names(path.substr(kParent.size(), kNumbered.size()), kNumbered)) {
    return std::u16string(path);
  }
  const std::u16string_view rest = path.substr(kParent.size() + kNumbered.size());
  if (!rest.empty() && rest.front() != u'\\') return std::u16string(path);
  return std::u16string(kParent) + u"CurrentControlSet" + std::u16string(rest);
}

void append_text(std::vector<std::uint8_t>& data, std::u16string_view text) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  data.insert(data.end(), bytes, bytes + text.size() * sizeof(char16_t));
  data.insert(data.end(), sizeof(char16_t), 0);
}

}  // namespace

struct Registry::Key {
  std::u16string name;
  std::uint64_t last_write = 0;
  std::map<std::u16string, std::unique_ptr<Key>> keys;  // both by upcased name
  std::map<std::u16string, RegistryValue> values;
};

Registry::Registry() : root_(std::make_unique<Key>()) {
  create(u"\\Registry\\Machine\\System\\CurrentControlSet\\Services");
  create(u"\\Registry\\Machine\\System\\CurrentControlSet\\Control");
  create(u"\\Registry\\Machine\\System\\Select");
  create(u"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion");
  create(u"\\Registry\\Machine\\Hardware");
  create(u"\\Registry\\User\\.Default");
  create(u"\\Registry\\User\\S-1-5-18");
}

Registry::~Registry() = default;

Registry::Key* Registry::find(std::u16string_view full) const {
  Key* key = root_.get();
  const std::u16string real = without_link(full);
  std::u16string_view path = real;
  for (std::u16string_view name = take_component(path); !name.empty(); name = take_component(path)) {
    const auto child = key->keys.find(fs::upcase(name));
    if (child == key->keys.end()) return nullptr;
    key = child->second.get();
  }
  return key;
}

bool Registry::exists(std::u16string_view path) const {
  const std::lock_guard lock(mutex_);
  return find(path) != nullptr;
}

std::optional<std::u16string> Registry::spelled(std::u16string_view full) const {
  const std::lock_guard lock(mutex_);
  const std::u16string real = without_link(full);
  std::u16string_view path = real;
  std::u16string spelled;
  const Key* key = root_.get();
  for (std::u16string_view name = take_component(path); !name.empty(); name = take_component(path)) {
    const auto child = key->keys.find(fs::upcase(name));
    if (child == key->keys.end()) return {};
    key = child->second.get();
    spelled += u'\\' + key->name;
  }
  return spelled;
}

bool Registry::create(std::u16string_view full) {
  const std::lock_guard lock(mutex_);
  const std::u16string real = without_link(full);
  std::u16string_view path = real;
  Key* key = root_.get();
  bool is_new = false;
  for (std::u16string_view name = take_component(path); !name.empty(); name = take_component(path)) {
    std::unique_ptr<Key>& child = key->keys[fs::upcase(name)];
    is_new = child == nullptr;
    if (is_new) {
      if (now_) key->last_write = now_();
      child = std::make_unique<Key>();
      child->name = name;
      child->last_write = key->last_write;
    }
    key = child.get();
  }
  return is_new;
}

bool Registry::remove(std::u16string_view path) {
  const std::lock_guard lock(mutex_);
  const std::size_t slash = path.find_last_of(u'\\');
  if (slash == std::u16string_view::npos) return false;
  Key* parent = find(path.substr(0, slash));
  if (parent == nullptr) return false;
  const auto child = parent->keys.find(fs::upcase(path.substr(slash + 1)));
  if (child == parent->keys.end() || !child->second->keys.empty()) return false;
  parent->keys.erase(child);
  if (now_) parent->last_write = now_();
  return true;
}

bool Registry::rename(std::u16string_view full, std::u16string_view name) {
  const std::lock_guard lock(mutex_);
  const std::u16string path = without_link(full);
  const std::size_t slash = path.find_last_of(u'\\');
  if (slash == std::u16string::npos) return false;
  Key* parent = find(path.substr(0, slash));
  if (parent == nullptr) return false;
  const auto child = parent->keys.find(fs::upcase(path.substr(slash + 1)));
  if (child == parent->keys.end()) return false;
  const std::u16string upper = fs::upcase(name);
  if (const auto taken = parent->keys.find(upper); taken != parent->keys.end() && taken != child)
    return false;
  auto moved = parent->keys.extract(child);
  moved.key() = upper;
  moved.mapped()->name = name;
  if (now_) moved.mapped()->last_write = parent->last_write = now_();
  parent->keys.insert(std::move(moved));
  return true;
}

std::uint64_t Registry::last_write(std::u16string_view path) const {
  const std::lock_guard lock(mutex_);
  const Key* key = find(path);
  return key != nullptr ? key->last_write : 0;
}

std::vector<std::u16string> Registry::subkeys(std::u16string_view path) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::u16string> names;
  if (const Key* key = find(path)) {
    for (const auto& [upper, child] : key->keys) names.push_back(child->name);
  }
  return names;
}

std::vector<std::u16string> Registry::values(std::u16string_view path) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::u16string> names;
  if (const Key* key = find(path)) {
    for (const auto& [upper, value] : key->values) names.push_back(value.name);
  }
  return names;
}

std::optional<RegistryValue> Registry::get(std::u16string_view path, std::u16string_view name) const {
  const std::lock_guard lock(mutex_);
  const Key* key = find(path);
  if (key == nullptr) return {};
  const auto value = key->values.find(fs::upcase(name));
  return value == key->values.end() ? std::nullopt : std::optional(value->second);
}

bool Registry::set(std::u16string_view path, std::u16string_view name, RegistryValue value) {
  const std::lock_guard lock(mutex_);
  Key* key = find(path);
  if (key == nullptr) return false;
  RegistryValue& place = key->values[fs::upcase(name)];
  value.name = place.name.empty() ? std::u16string(name) : place.name;
  place = std::move(value);
  if (now_) key->last_write = now_();
  return true;
}

bool Registry::remove_value(std::u16string_view path, std::u16string_view name) {
  const std::lock_guard lock(mutex_);
  Key* key = find(path);
  if (key == nullptr || key->values.erase(fs::upcase(name)) == 0) return false;
  if (now_) key->last_write = now_();
  return true;
}

void Registry::put(std::u16string_view path, std::u16string_view name, RegistryValue value) {
  create(path);
  static_cast<void>(set(path, name, std::move(value)));
}

void Registry::set_string(std::u16string_view path, std::u16string_view name, std::u16string_view text) {
  RegistryValue value{ValueType::kString, {}, {}};
  append_text(value.data, text);
  put(path, name, std::move(value));
}

void Registry::set_dword(std::u16string_view path, std::u16string_view name, std::uint32_t number) {
  RegistryValue value{ValueType::kDword, std::vector<std::uint8_t>(sizeof number), {}};
  std::memcpy(value.data.data(), &number, sizeof number);
  put(path, name, std::move(value));
}

void Registry::set_multi_string(std::u16string_view path, std::u16string_view name,
                                const std::vector<std::u16string>& texts) {
  RegistryValue value{ValueType::kMultiString, {}, {}};
  for (const std::u16string& text : texts) append_text(value.data, text);
  append_text(value.data, {});
  put(path, name, std::move(value));
}

std::optional<std::u16string> Registry::get_string(std::u16string_view path, std::u16string_view name) const {
  const std::optional<RegistryValue> value = get(path, name);
  if (!value || (value->type != ValueType::kString && value->type != ValueType::kExpandString)) return {};
  std::u16string text(value->data.size() / sizeof(char16_t), u'\0');
  std::memcpy(text.data(), value->data.data(), text.size() * sizeof(char16_t));
  while (!text.empty() && text.back() == u'\0') text.pop_back();
  return text;
}

}  // namespace fltsim::nt
