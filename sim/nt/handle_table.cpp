#include "nt/handle_table.hpp"

#include <bit>
#include <utility>

#include "machine/system.hpp"
#include "nt/executive.hpp"
#include "nt/process.hpp"
#include "nt/thread.hpp"
#include "nt/wdk.hpp"
#include "wdk/shared/status.h"

namespace fltsim::nt {
namespace {

constexpr std::uint64_t kKernelBits = 0xFFFFFFFF80000000;
constexpr std::size_t kNone = SIZE_MAX;

std::uint64_t number_of(Handle handle) { return reinterpret_cast<std::uint64_t>(handle); }

// Small negative numbers, as NtCurrentProcess() and NtCurrentThread(): no table has them.
const Handle kCurrentProcess = reinterpret_cast<Handle>(~std::uint64_t{0});
const Handle kCurrentThread = reinterpret_cast<Handle>(~std::uint64_t{1});

// The table that a handle's value belongs to; null for a kernel handle in user mode.
HandleTable* table_of(Thread& thread, Handle handle, Mode mode) {
  Process& system_process = thread.system.nt().system_process();
  if ((number_of(handle) & kKernelBits) == kKernelBits) {
    return mode == Mode::kKernel ? &system_process.handles : nullptr;
  }
  return &current_process(thread).handles;
}

}  // namespace

Handle HandleTable::value_of(std::size_t index) const {
  return reinterpret_cast<Handle>((index + 1) * 4 | (kernel_ ? kKernelBits : 0));
}

std::size_t HandleTable::index_of(Handle handle) const {
  const std::uint64_t number = number_of(handle) & (kernel_ ? ~kKernelBits : ~std::uint64_t{0});
  // The lowest two bits are the caller's own.
  return number < 4 ? kNone : number / 4 - 1;
}

HandleTable::Place HandleTable::place_of(std::size_t index) {
  const auto chunk = static_cast<std::size_t>(std::bit_width(index / kFirstChunk + 1)) - 1;
  return {chunk, index - kFirstChunk * ((std::size_t{1} << chunk) - 1)};
}

HandleTable::Slot* HandleTable::slot(std::size_t index) const {
  if (index >= count_.load(std::memory_order_acquire)) return nullptr;  // with append()
  const Place place = place_of(index);
  return &chunks_[place.chunk][place.offset];
}

HandleTable::Slot& HandleTable::append() {
  const std::size_t index = count_.load(std::memory_order_relaxed);
  const Place place = place_of(index);
  if (place.offset == 0) chunks_[place.chunk] = std::make_unique<Slot[]>(kFirstChunk << place.chunk);
  count_.store(index + 1, std::memory_order_release);
  return chunks_[place.chunk][place.offset];
}

Handle HandleTable::insert(void* body, AccessMask granted, bool inheritable) {
  ObjectHeader& object = ObjectHeader::of(body);
  const std::lock_guard lock(mutex_);
  if (closed_) return nullptr;
  reference(body);
  object.handles.fetch_add(1, std::memory_order_relaxed);
  std::size_t index = count_.load(std::memory_order_relaxed);
  if (!free_.empty()) {
    index = free_.top();
    free_.pop();
  } else {
    append();
  }
  Slot& made = *slot(index);
  const std::lock_guard entry_lock(made.mutex);
  made.entry = {&object, granted, inheritable};
  return value_of(index);
}

// The parent's lock keeps its handles, and so their objects, while they are counted once more.
void HandleTable::inherit(const HandleTable& parent) {
  const std::scoped_lock lock(mutex_, parent.mutex_);
  for (std::size_t i = 0; const Slot* from = parent.slot(i); ++i) {
    Slot& made = append();
    const std::lock_guard made_lock(made.mutex);  // of an empty table, so nobody holds it and wants the other
    const std::lock_guard from_lock(from->mutex);
    const Entry& entry = from->entry;
    if (entry.object == nullptr || !entry.inheritable) {
      free_.push(i);
      continue;
    }
    reference(entry.object->body());
    entry.object->handles.fetch_add(1, std::memory_order_relaxed);
    made.entry = entry;
  }
}

bool HandleTable::close(Handle handle) {
  ObjectHeader* object = nullptr;
  {
    const std::lock_guard lock(mutex_);
    const std::size_t index = index_of(handle);
    Slot* const closed = slot(index);
    if (closed == nullptr) return false;
    const std::lock_guard entry_lock(closed->mutex);
    object = std::exchange(closed->entry, {}).object;
    if (object == nullptr) return false;
    free_.push(index);
  }
  const std::int64_t left = object->handles.fetch_sub(1, std::memory_order_acq_rel) - 1;
  if (object->type->close != nullptr)
    object->type->close(object->body(), owner_, static_cast<std::uint64_t>(left));
  if (left == 0 && !object->permanent) object->system->nt().names().remove(object->body());
  release(object->body());
  return true;
}

Ref<void> HandleTable::find(Handle handle, AccessMask* granted) const {
  const Slot* const found = slot(index_of(handle));
  if (found == nullptr) return {};
  const std::lock_guard lock(found->mutex);
  if (found->entry.object == nullptr) return {};
  if (granted != nullptr) *granted = found->entry.access;
  return Ref<void>::retain(found->entry.object->body());
}

bool HandleTable::inheritable(Handle handle, bool& is) const {
  const Slot* const found = slot(index_of(handle));
  if (found == nullptr) return false;
  const std::lock_guard lock(found->mutex);
  is = found->entry.inheritable;
  return found->entry.object != nullptr;
}

bool HandleTable::set_inheritable(Handle handle, bool inheritable) {
  Slot* const found = slot(index_of(handle));
  if (found == nullptr) return false;
  const std::lock_guard lock(found->mutex);
  if (found->entry.object == nullptr) return false;
  found->entry.inheritable = inheritable;
  return true;
}

void HandleTable::close_all() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  for (std::size_t i = 0; slot(i) != nullptr; ++i) static_cast<void>(close(value_of(i)));
}

std::vector<std::pair<Handle, HandleTable::Entry>> HandleTable::entries() const {
  std::vector<std::pair<Handle, Entry>> all;
  for (std::size_t i = 0; const Slot* one = slot(i); ++i) {
    const std::lock_guard lock(one->mutex);
    if (one->entry.object != nullptr) all.emplace_back(value_of(i), one->entry);
  }
  return all;
}

std::size_t HandleTable::count() const {
  const std::lock_guard lock(mutex_);
  return count_.load(std::memory_order_relaxed) - free_.size();
}

Status reference_by_handle(Handle handle, AccessMask desired, const ObjectType* type, Mode mode,
                           Ref<void>& object, AccessMask* granted) {
  Thread& thread = current_thread("ObReferenceObjectByHandle");
  AccessMask access = 0;
  Ref<void> found;
  if (handle == kCurrentProcess) {
    found = Ref<void>::retain(&current_process(thread));
    access = kProcessType.mapping.all;
  } else if (handle == kCurrentThread) {
    found = Ref<void>::retain(&thread);
    access = kThreadType.mapping.all;
  } else if (HandleTable* table = table_of(thread, handle, mode)) {
    found = table->find(handle, &access);
  }
  if (!found) return STATUS_INVALID_HANDLE;
  if (type != nullptr && &type_of(found.get()) != type) return STATUS_OBJECT_TYPE_MISMATCH;
  if (mode == Mode::kUser && (desired & ~access) != 0) return STATUS_ACCESS_DENIED;
  if (granted != nullptr) *granted = access;
  object = std::move(found);
  return STATUS_SUCCESS;
}

Status close_handle(Handle handle, Mode mode) {
  Thread& thread = current_thread("NtClose");
  if (handle == kCurrentProcess || handle == kCurrentThread) return STATUS_SUCCESS;
  HandleTable* table = table_of(thread, handle, mode);
  return table != nullptr && table->close(handle) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

Handle make_handle(void* body, AccessMask granted, bool kernel, bool inheritable) {
  Thread& thread = current_thread("ObOpenObjectByPointer");
  Process& process = kernel ? thread.system.nt().system_process() : current_process(thread);
  return process.handles.insert(body, granted, inheritable);
}

}  // namespace fltsim::nt
