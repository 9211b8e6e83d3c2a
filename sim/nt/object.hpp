// The object model: everything that drivers and clients hold by reference, by handle or by name is a body
// with an ObjectHeader right in front of it. A body may be a WDK structure (FILE_OBJECT, DEVICE_OBJECT) or a
// class of ours (nt::Thread, a filter port).
//
// Life: create_object() gives one reference. A handle and a name in a directory hold a reference each. When
// the last handle goes, the type's close procedure hears about it; when the last reference goes, the delete
// procedure runs, the body is destroyed and the memory is freed.
//
// Threads: counts are atomic; names and handle tables have leaf locks. Close and delete procedures run
// without any lock, in the thread that let go, and may call drivers.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "nt/dispatcher.hpp"

namespace fltsim {
class System;
}

namespace fltsim::nt {

class Directory;
class Process;

using Status = std::int32_t;  // NTSTATUS
using AccessMask = std::uint32_t;

// How generic rights are spelled out for a type (GENERIC_MAPPING, 16 bytes).
struct GenericMapping {
  AccessMask read;
  AccessMask write;
  AccessMask execute;
  AccessMask all;
};

// One constant per kind of object. Drivers know it as POBJECT_TYPE.
struct ObjectType {
  const char16_t* name;  // "Event", "File", ...
  GenericMapping mapping;
  // A handle was closed; `handles_left` counts those that remain in the whole machine. May be null.
  void (*close)(void* body, Process& process, std::uint64_t handles_left);
  // The last reference is gone; runs before the body's destructor. May be null.
  void (*remove)(void* body);
  // Which header KeWait- and ZwWait-routines wait for; null: the object cannot be waited for.
  DispatcherHeader* (*waitable)(void* body);
  // A path may go on below the object (a volume): look-ups stop here and hand back the rest.
  bool parses;
  // Not released at the end of the machine: a leak finding.
  bool report_leaks;
  // The full name of an object that is not in the namespace; null: such an object has none.
  std::u16string (*name_of)(const void* body) = nullptr;
  // Drivers know it by this type, which another kind of body has too; null: it is the only one.
  const ObjectType* known_as = nullptr;

  bool is(const ObjectType& other) const { return this == &other || known_as == &other; }
};

extern const ObjectType kDirectoryType;
extern const ObjectType kSymbolicLinkType;
extern const ObjectType kEventType;
extern const ObjectType kMutantType;
extern const ObjectType kSemaphoreType;
extern const ObjectType kTimerType;
extern const ObjectType kThreadType;
extern const ObjectType kProcessType;
extern const ObjectType kTokenType;
extern const ObjectType kKeyType;
// kFileType, kDeviceType, kDriverType: io/. kPortTypes: fltmgr/.

// Directly in front of the body, 16-aligned.
struct alignas(16) ObjectHeader {
  static constexpr std::uint64_t kAlive = 0x4A424F4B4E494C54;

  std::uint64_t magic = kAlive;
  const ObjectType* type = nullptr;
  System* system = nullptr;
  void (*destruct)(void* body) = nullptr;  // the body's destructor
  ObjectHeader* older = nullptr;           // the machine's list of live objects, in order of creation
  ObjectHeader* newer = nullptr;
  std::uint64_t number = 0;  // in order of creation, per machine

  // The place in the namespace; set and cleared under the namespace's lock, empty for an unnamed object.
  Directory* parent = nullptr;
  std::u16string name;
  bool permanent = false;  // stays in the namespace without handles

  // Self-relative security descriptor; empty: none (everybody has access).
  std::vector<std::uint8_t> security;

  // Last, away from what is only read: every call on a handle changes the first of them.
  std::atomic<std::int64_t> references{1};
  std::atomic<std::int64_t> handles{0};

  void* body() { return this + 1; }
  static ObjectHeader& of(const void* body) {
    return *(static_cast<ObjectHeader*>(const_cast<void*>(body)) - 1);
  }
};

// For create_object(): puts the object on its machine's list.
void register_object(ObjectHeader& header);
// Frees the memory of an object whose body has been destructed.
void free_object(ObjectHeader& header);

// A new object with one reference, which the caller owns. A WDK structure is zeroed.
template <class Body, class... Args>
Body* create_object(System& system, const ObjectType& type, Args&&... args) {
  static_assert(alignof(Body) <= alignof(ObjectHeader));
  void* memory =
      ::operator new (sizeof(ObjectHeader) + sizeof(Body), std::align_val_t{alignof(ObjectHeader)});
  auto* header = new (memory) ObjectHeader;
  Body* body = new (header->body()) Body(std::forward<Args>(args)...);
  header->type = &type;
  header->system = &system;
  header->destruct = [](void* dead) { static_cast<Body*>(dead)->~Body(); };
  register_object(*header);
  return body;
}

// References. `release` may destroy the object. A body that is no live object is a fatal finding.
void reference(const void* body);
void release(const void* body);
// False when the count has reached zero already (for look-ups in tables that hold no reference).
[[nodiscard]] bool try_reference(const void* body);

inline const ObjectType& type_of(const void* body) { return *ObjectHeader::of(body).type; }

// The body if it is of that type, else null.
template <class Body>
Body* as(void* body, const ObjectType& type) {
  return body != nullptr && ObjectHeader::of(body).type == &type ? static_cast<Body*>(body) : nullptr;
}

// Full name, e.g. u"\\Device\\HarddiskVolume1\\dir\\file.txt"; empty for an unnamed object.
std::u16string name_of(const void* body);

// Owns one reference.
template <class Body>
class Ref {
 public:
  Ref() = default;
  Ref(const Ref& other) : body_(other.body_) {
    if (body_ != nullptr) reference(body_);
  }
  Ref(Ref&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(body_, other.body_);
    return *this;
  }
  ~Ref() {
    if (body_ != nullptr) release(body_);
  }
  static Ref adopt(Body* body) {  // takes over the caller's reference
    Ref ref;
    ref.body_ = body;
    return ref;
  }
  static Ref retain(Body* body) {
    if (body != nullptr) reference(body);
    return adopt(body);
  }
  Body* get() const { return body_; }
  Body* operator->() const { return body_; }
  std::add_lvalue_reference_t<Body> operator*() const requires(!std::is_void_v<Body>) { return *body_; }
  explicit operator bool() const { return body_ != nullptr; }
  Body* detach() { return std::exchange(body_, nullptr); }

 private:
  Body* body_ = nullptr;
};

// An event as an object (ZwCreateEvent, CreateEvent): the body of kEventType.
struct Event {
  DispatcherHeader header;
};

}  // namespace fltsim::nt
