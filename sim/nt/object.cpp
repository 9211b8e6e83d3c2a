#include "nt/object.hpp"

#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim::nt {
namespace {

template <class Body>
DispatcherHeader* header_of(void* body) {
  return &static_cast<Body*>(body)->header;
}

constexpr AccessMask kStandardRead = 0x00020000;
constexpr AccessMask kStandardAll = 0x001F0000;
constexpr GenericMapping kEventMapping{kStandardRead | 1, kStandardRead | 2, 0x00120000, kStandardAll | 3};

[[noreturn]] void bad_object(const char* what) {
  Thread* thread = current_thread_or_null();
  if (thread == nullptr) misuse(what);
  bug_check(*thread, "VER-20", what);
}

}  // namespace

const ObjectType kDirectoryType{
    .name = u"Directory",
    .mapping = {kStandardRead | 3, kStandardRead | 12, kStandardRead | 3, 0x000F000F},
    .close = nullptr,
    .remove = nullptr,
    .waitable = nullptr,
    .parses = false,
    .report_leaks = false};
const ObjectType kSymbolicLinkType{
    .name = u"SymbolicLink",
    .mapping = {kStandardRead | 1, kStandardRead, kStandardRead | 1, 0x000F0001},
    .close = nullptr,
    .remove = nullptr,
    .waitable = nullptr,
    .parses = false,
    .report_leaks = false};
const ObjectType kEventType{.name = u"Event",
                            .mapping = kEventMapping,
                            .close = nullptr,
                            .remove = nullptr,
                            .waitable = &header_of<Event>,
                            .parses = false,
                            .report_leaks = true};
const ObjectType kMutantType{.name = u"Mutant",
                             .mapping = {kStandardRead | 1, kStandardRead, 0x00120000, kStandardAll | 1},
                             .close = nullptr,
                             .remove = nullptr,
                             .waitable = &header_of<Mutant>,
                             .parses = false,
                             .report_leaks = true};
const ObjectType kSemaphoreType{.name = u"Semaphore",
                                .mapping = kEventMapping,
                                .close = nullptr,
                                .remove = nullptr,
                                .waitable = &header_of<Semaphore>,
                                .parses = false,
                                .report_leaks = true};
const ObjectType kTimerType{.name = u"Timer",
                            .mapping = kEventMapping,
                            .close = nullptr,
                            .remove = nullptr,
                            .waitable = &header_of<Timer>,
                            .parses = false,
                            .report_leaks = true};
const ObjectType kThreadType{.name = u"Thread",
                             .mapping = {kStandardRead | 0x48, kStandardRead | 0x37, 0x00120000, 0x001FFFFF},
                             .close = nullptr,
                             .remove = nullptr,
                             .waitable = &header_of<Thread>,
                             .parses = false,
                             .report_leaks = true};
const ObjectType kProcessType{
    .name = u"Process",
    .mapping = {kStandardRead | 0x410, kStandardRead | 0xBEB, 0x00121001, 0x001FFFFF},
    .close = nullptr,
    .remove = nullptr,
    .waitable = &header_of<Process>,
    .parses = false,
    .report_leaks = true};
const ObjectType kTokenType{
    .name = u"Token",
    .mapping = {kStandardRead | 8, kStandardRead | 0xE0, kStandardRead | 4, 0x000F01FF},
    .close = nullptr,
    .remove = nullptr,
    .waitable = nullptr,
    .parses = false,
    .report_leaks = true};
const ObjectType kKeyType{
    .name = u"Key",
    .mapping = {kStandardRead | 0x19, kStandardRead | 6, kStandardRead | 0x19, 0x000F003F},
    .close = nullptr,
    .remove = nullptr,
    .waitable = nullptr,
    .parses = false,
    .report_leaks = true,
    .name_of = [](const void* body) { return static_cast<const RegistryKey*>(body)->path; }};

void register_object(ObjectHeader& header) { header.system->nt().add_object(header); }

void reference(const void* body) {
  ObjectHeader& header = ObjectHeader::of(body);
  if (header.magic != ObjectHeader::kAlive) bad_object("a reference was taken to what is no live object");
  header.references.fetch_add(1, std::memory_order_relaxed);
}

bool try_reference(const void* body) {
  std::atomic<std::int64_t>& references = ObjectHeader::of(body).references;
  std::int64_t now = references.load(std::memory_order_relaxed);
  while (now > 0) {
    if (references.compare_exchange_weak(now, now + 1, std::memory_order_relaxed)) return true;
  }
  return false;
}

static void end_object(ObjectHeader& header) {
  if (header.type->remove != nullptr) header.type->remove(header.body());
  header.system->nt().remove_object(header);
  header.magic = 0;
  header.destruct(header.body());
  free_object(header);
}

void release(const void* body) {
  ObjectHeader& header = ObjectHeader::of(body);
  if (header.system->nt().tearing_down()) return;
  if (header.magic != ObjectHeader::kAlive)
    bad_object("a reference to what is no live object was given back");
  if (header.references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (header.handles.load(std::memory_order_relaxed) != 0 || header.parent != nullptr) {
    bad_object(
        "an object was dereferenced more often than it was referenced: a handle or a name still refers to "
        "it");
  }
  // What a type does at the end (IRP_MJ_CLOSE) needs PASSIVE_LEVEL: above it a worker does it, as on NT.
  const Thread* thread = current_thread_or_null();
  if (header.type->remove != nullptr && thread != nullptr && thread->irql > kPassive) {
    header.system->nt().work().queue([&header](Thread&) { end_object(header); });
  } else {
    end_object(header);
  }
}

void free_object(ObjectHeader& header) {
  header.~ObjectHeader();
  ::operator delete (&header, std::align_val_t{alignof(ObjectHeader)});
}

std::u16string name_of(const void* body) {
  const ObjectHeader& header = ObjectHeader::of(body);
  return header.type->name_of != nullptr ? header.type->name_of(body)
                                         : header.system->nt().names().path_of(body);
}

}  // namespace fltsim::nt
