// Contexts: memory that a filter attaches to volumes, instances, files, streams and handles (CTX-1..CTX-29).
//
// A context is a header of ours and the driver's bytes behind it; drivers hold the address of the bytes. It
// counts its references: one for who allocated it or got it, one for the object that it is set on. At zero
// the cleanup callback runs once and the memory goes.
#pragma once

#include <fltKernel.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "fltmgr/objects.hpp"

namespace fltsim::fltmgr {

struct alignas(16) Context {
  enum class Magic : std::uint64_t {
    kAlive = 0x3154584554584E43,
    kDying = 0x4749594454584E43,  // the last reference is gone, the cleanup callback is due or runs
    kFreed = 0x4545524654584E43,
  };

  Magic magic = Magic::kAlive;
  Filter* filter = nullptr;
  const FLT_CONTEXT_REGISTRATION* registration = nullptr;
  FLT_CONTEXT_TYPE type = 0;
  std::size_t size = 0;
  std::uint64_t number = 0;  // in order of allocation: leaks are reported in this order
  std::atomic<std::int64_t> references{1};

  // Guarded by the lock of Contexts.
  // What it is set on: a file object, an FsContext, an instance or a volume; or null.
  const void* object = nullptr;
  Instance* instance = nullptr;  // null for volume contexts, and before it is set
  bool was_linked = false;
  Context* next_on_object = nullptr;
  Context* older = nullptr;  // among its filter's
  Context* newer = nullptr;

  void* bytes() { return this + 1; }
  static Context& of(PFLT_CONTEXT bytes) { return *(static_cast<Context*>(bytes) - 1); }
};

// One of CTX-1's types, and no combination of them.
bool is_context_type(FLT_CONTEXT_TYPE type);

class Contexts {
 public:
  explicit Contexts(System& system) : system_(system) {}
  ~Contexts();
  Contexts(const Contexts&) = delete;
  Contexts& operator=(const Contexts&) = delete;

  // CTX-3, CTX-4, CTX-5. The bytes are filled with a pattern (CTX-6).
  NTSTATUS allocate(Filter& filter, FLT_CONTEXT_TYPE type, SIZE_T size, POOL_TYPE pool, Context*& context);

  // The key of a context: one per (instance, object) for files, streams and handles; one per instance; one
  // per (filter, volume) (CTX-21).
  struct Key {
    FLT_CONTEXT_TYPE type;
    const void* object;
    Filter* filter;
    Instance* instance;  // null for volume contexts
  };
  // CTX-7..CTX-13. `old` may be null.
  NTSTATUS set(const Key& key, FLT_SET_CONTEXT_OPERATION operation, Context& context, PFLT_CONTEXT* old);
  // CTX-14: STATUS_NOT_FOUND; else a reference more.
  NTSTATUS get(const Key& key, PFLT_CONTEXT& context);
  // FltDeleteXxxContext (CTX-17).
  NTSTATUS remove(const Key& key, PFLT_CONTEXT* old);
  // FltDeleteContext (CTX-16).
  void unlink(Context& context);

  void reference(Context& context);
  // At DISPATCH_LEVEL a worker thread runs the cleanup callback (CTX-18).
  void release(Context& context);

  // CTX-20: the object, the instance or the filter is going. The contexts of an instance are those on it and
  // those that it has set on files, streams and handles.
  void delete_on_object(const void* object);
  void delete_of_instance(const Instance& instance);
  void delete_of_filter(const Filter& filter);

  // What is still there of `filter`, in order of allocation (CTX-27).
  std::vector<Context*> live(const Filter& filter) const;

  // The bytes are a live context; a finding names `routine` otherwise (CTX-22, VER-16).
  Context* check(PFLT_CONTEXT bytes, const char* routine);

 private:
  const FLT_CONTEXT_REGISTRATION* find_registration(const Filter& filter, FLT_CONTEXT_TYPE type,
                                                    SIZE_T size) const;
  Context* find(const Key& key) const;          // with the lock held
  void link(const Key& key, Context& context);  // likewise
  void detach(Context& context);                // likewise; the object's reference is the caller's then
  // Unlinks what `wanted` says of the filter's, in order of allocation, and drops the objects' references without the
  // lock.
  template <class Wanted>
  void delete_where(const Filter& filter, Wanted wanted);
  void destroy(Context& context);

  System& system_;
  mutable std::mutex mutex_;
  std::uint64_t next_number_ = 1;
  std::unordered_map<const void*, Context*> by_object_;  // the first one on it; looked up only
  // Every live or dying context of a filter, in order of allocation.
  struct List {
    Context* oldest = nullptr;
    Context* newest = nullptr;
  };
  std::unordered_map<const Filter*, List> by_filter_;
  std::deque<void*> quarantine_;  // freed lately: a late use is recognised by the magic number
};

}  // namespace fltsim::fltmgr
