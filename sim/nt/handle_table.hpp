// Handles: numbers for references, per process. Values are multiples of 4, given out lowest first. The
// kernel's table (OBJ_KERNEL_HANDLE) is that of the system process; its handles have the upper bits set and
// work in every process, in kernel mode only.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <queue>
#include <string>
#include <vector>

#include "nt/object.hpp"
#include "sched/leaf_lock.hpp"

namespace fltsim::nt {

using Handle = void*;  // HANDLE

enum class Mode : std::uint8_t {  // KPROCESSOR_MODE
  kKernel = 0,
  kUser = 1,
};

// Threads: any. The table's lock is for making and closing handles. A look-up takes that of the one entry, so that calls on
// different handles have nothing in common.
class HandleTable {
 public:
  HandleTable(Process& owner, bool kernel) : owner_(owner), kernel_(kernel) {}
  HandleTable(const HandleTable&) = delete;
  HandleTable& operator=(const HandleTable&) = delete;

  struct Entry {
    ObjectHeader* object = nullptr;
    AccessMask access = 0;
    bool inheritable = false;
  };

  // The handle holds a reference of its own. Null: the process has been run down.
  Handle insert(void* body, AccessMask granted, bool inheritable = false);
  // REQUIRES: an empty table, that of a process at its birth. A handle of the same value, access and object for each inheritable one.
  void inherit(const HandleTable& parent);
  // Runs the type's close procedure with the calling thread's context. False: no such handle.
  [[nodiscard]] bool close(Handle handle);
  // The object with a reference, or null.
  Ref<void> find(Handle handle, AccessMask* granted = nullptr) const;
  // False: no such handle.
  [[nodiscard]] bool inheritable(Handle handle, bool& is) const;
  [[nodiscard]] bool set_inheritable(Handle handle, bool inheritable);
  // Rundown: closes all, lowest value first. Handles that are made meanwhile are refused.
  void close_all();

  std::vector<std::pair<Handle, Entry>> entries() const;
  std::size_t count() const;

 private:
  // An entry never moves, and has a cache line of its own.
  struct alignas(64) Slot {
    mutable sched::LeafLock mutex;  // also below the table's
    Entry entry;
  };
  // Chunks of doubling size, made by need.
  static constexpr std::size_t kFirstChunk = 16;
  static constexpr std::size_t kChunks = 28;
  struct Place {
    std::size_t chunk;
    std::size_t offset;
  };
  static Place place_of(std::size_t index);

  // Null: there was never a handle of that value. Takes no lock.
  Slot* slot(std::size_t index) const;
  Slot& append();  // mutex_ held

  Handle value_of(std::size_t index) const;
  std::size_t index_of(Handle handle) const;

  Process& owner_;
  const bool kernel_;
  mutable std::mutex mutex_;
  std::array<std::unique_ptr<Slot[]>, kChunks> chunks_;
  std::atomic<std::size_t> count_{0};  // of entries; set behind the chunk that has the last of them
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> free_;  // the lowest first
  bool closed_ = false;
};

// The table and the object that `handle` means in the calling thread, pseudo handles included.
//   STATUS_INVALID_HANDLE         no such handle, or a kernel handle in user mode
//   STATUS_OBJECT_TYPE_MISMATCH   of another type than `type` (null: any)
//   STATUS_ACCESS_DENIED          user mode, and the handle lacks a bit of `desired`
[[nodiscard]] Status reference_by_handle(Handle handle, AccessMask desired, const ObjectType* type, Mode mode,
                                         Ref<void>& object, AccessMask* granted = nullptr);
// Closes a handle of the calling thread's process or of the kernel: STATUS_INVALID_HANDLE.
[[nodiscard]] Status close_handle(Handle handle, Mode mode);
// A new handle for `body`, in the kernel's table or in that of the calling thread's process.
Handle make_handle(void* body, AccessMask granted, bool kernel, bool inheritable = false);

}  // namespace fltsim::nt
