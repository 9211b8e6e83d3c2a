#include "fltmgr/context.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "fltmgr/filter_call.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim::fltmgr {
namespace {

constexpr SIZE_T kSizeMax = 0xFFFF;
constexpr SIZE_T kVariable = static_cast<SIZE_T>(-1);
constexpr int kFill = 0xC7;
constexpr std::size_t kQuarantineMax = 64;

}  // namespace

bool is_context_type(FLT_CONTEXT_TYPE type) {
  switch (type) {
    case FLT_VOLUME_CONTEXT:
    case FLT_INSTANCE_CONTEXT:
    case FLT_FILE_CONTEXT:
    case FLT_STREAM_CONTEXT:
    case FLT_STREAMHANDLE_CONTEXT:
    case FLT_SECTION_CONTEXT:
    case FLT_TRANSACTION_CONTEXT:
      return true;
    default:
      return false;
  }
}

namespace {

const char* name_of(FLT_CONTEXT_TYPE type) {
  switch (type) {
    case FLT_VOLUME_CONTEXT:
      return "volume context";
    case FLT_INSTANCE_CONTEXT:
      return "instance context";
    case FLT_FILE_CONTEXT:
      return "file context";
    case FLT_STREAM_CONTEXT:
      return "stream context";
    case FLT_STREAMHANDLE_CONTEXT:
      return "stream handle context";
    case FLT_SECTION_CONTEXT:
      return "section context";
    case FLT_TRANSACTION_CONTEXT:
      return "transaction context";
    default:
      return "context";
  }
}

void free_memory(void* context) { ::operator delete (context, std::align_val_t{alignof(Context)}); }

}  // namespace

Contexts::~Contexts() {
  for (void* context : quarantine_) free_memory(context);
  for (const auto& [filter, list] : by_filter_) {
    for (Context* context = list.oldest; context != nullptr;) {
      Context* next = context->newer;
      context->~Context();
      free_memory(context);
      context = next;
    }
  }
}

const FLT_CONTEXT_REGISTRATION* Contexts::find_registration(const Filter& filter, FLT_CONTEXT_TYPE type,
                                                            SIZE_T size) const {
  const FLT_CONTEXT_REGISTRATION* variable = nullptr;
  for (const FLT_CONTEXT_REGISTRATION& entry : filter.registration.contexts) {
    if (entry.ContextType != type) continue;
    if (entry.ContextAllocateCallback != nullptr || entry.Size == kVariable) {
      variable = &entry;
    } else if ((entry.Flags & FLTFL_CONTEXT_REGISTRATION_NO_EXACT_SIZE_MATCH) != 0 ? size <= entry.Size
                                                                                   : size == entry.Size) {
      return &entry;
    }
  }
  return variable;
}

NTSTATUS Contexts::allocate(Filter& filter, FLT_CONTEXT_TYPE type, SIZE_T size, POOL_TYPE pool,
                            Context*& context) {
  if (!is_context_type(type) || size == 0) return STATUS_INVALID_PARAMETER;
  if (size > kSizeMax) return STATUS_INVALID_BUFFER_SIZE;
  if (filter.rundown.closing()) return STATUS_FLT_DELETING_OBJECT;
  const FLT_CONTEXT_REGISTRATION* registration = find_registration(filter, type, size);
  if (registration == nullptr) return STATUS_FLT_CONTEXT_ALLOCATION_NOT_FOUND;
  if (registration->ContextAllocateCallback != nullptr)
    nt::unsupported("FLT_CONTEXT_REGISTRATION.ContextAllocateCallback");
  if (type == FLT_VOLUME_CONTEXT && (pool & 1) != 0) {  // odd pool types are paged
    report(filter, "VER-17", Severity::kError, "a volume context must come from nonpaged pool (CTX-5).");
    return STATUS_FLT_MUST_BE_NONPAGED_POOL;
  }
  void* memory = ::operator new (sizeof(Context) + size, std::align_val_t{alignof(Context)});
  context = new (memory) Context;
  std::memset(context->bytes(), kFill, size);
  context->filter = &filter;
  context->registration = registration;
  context->type = type;
  context->size = size;
  const std::lock_guard lock(mutex_);
  context->number = next_number_++;
  List& list = by_filter_[&filter];
  context->older = list.newest;
  (list.newest != nullptr ? list.newest->newer : list.oldest) = context;
  list.newest = context;
  return STATUS_SUCCESS;
}

Context* Contexts::find(const Key& key) const {
  const auto found = by_object_.find(key.object);
  Context* context = found == by_object_.end() ? nullptr : found->second;
  while (context != nullptr &&
         (context->type != key.type || context->filter != key.filter || context->instance != key.instance)) {
    context = context->next_on_object;
  }
  return context;
}

void Contexts::link(const Key& key, Context& context) {
  context.object = key.object;
  context.instance = key.instance;
  context.was_linked = true;
  context.next_on_object = std::exchange(by_object_[key.object], &context);
}

void Contexts::detach(Context& context) {
  const auto found = by_object_.find(context.object);
  Context** place = &found->second;
  while (*place != &context) place = &(*place)->next_on_object;
  *place = context.next_on_object;
  if (found->second == nullptr) by_object_.erase(found);
  context.object = nullptr;
}

NTSTATUS Contexts::set(const Key& key, FLT_SET_CONTEXT_OPERATION operation, Context& context,
                       PFLT_CONTEXT* old) {
  if (old != nullptr) *old = NULL_CONTEXT;
  if (operation != FLT_SET_CONTEXT_KEEP_IF_EXISTS && operation != FLT_SET_CONTEXT_REPLACE_IF_EXISTS) {
    return STATUS_INVALID_PARAMETER;
  }
  if (context.type != key.type || context.filter != key.filter) {
    report(*key.filter, "VER-16", Severity::kError,
           std::string("a ") + name_of(context.type) + " was set as a " + name_of(key.type) +
               ", or on another filter's instance (CTX-11, CTX-26).");
    return STATUS_INVALID_PARAMETER;
  }
  Context* replaced = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (context.object != nullptr) return STATUS_FLT_CONTEXT_ALREADY_LINKED;
    if (context.was_linked && !system_.options().semantics.context_can_be_set_again) {
      report(*key.filter, "VER-16", Severity::kError,
             std::string("a ") + name_of(context.type) +
                 " was set again after it was deleted or replaced (CTX-13).");
      return STATUS_FLT_CONTEXT_ALREADY_LINKED;
    }
    Context* present = find(key);
    if (present != nullptr && operation == FLT_SET_CONTEXT_KEEP_IF_EXISTS) {
      if (old != nullptr) {
        present->references.fetch_add(1);
        *old = present->bytes();
      }
      return STATUS_FLT_CONTEXT_ALREADY_DEFINED;
    }
    if (present != nullptr) detach(*present);
    replaced = present;
    context.references.fetch_add(1);
    link(key, context);
  }
  if (replaced != nullptr && old != nullptr) {
    *old = replaced->bytes();  // with the object's reference
  } else if (replaced != nullptr) {
    release(*replaced);
  }
  return STATUS_SUCCESS;
}

NTSTATUS Contexts::get(const Key& key, PFLT_CONTEXT& context) {
  context = NULL_CONTEXT;
  const std::lock_guard lock(mutex_);
  Context* present = find(key);
  if (present == nullptr) return STATUS_NOT_FOUND;
  present->references.fetch_add(1);
  context = present->bytes();
  return STATUS_SUCCESS;
}

NTSTATUS Contexts::remove(const Key& key, PFLT_CONTEXT* old) {
  if (old != nullptr) *old = NULL_CONTEXT;
  Context* present = nullptr;
  {
    const std::lock_guard lock(mutex_);
    present = find(key);
    if (present == nullptr) return STATUS_NOT_FOUND;
    detach(*present);
  }
  if (old != nullptr) {
    *old = present->bytes();
  } else {
    release(*present);
  }
  return STATUS_SUCCESS;
}

void Contexts::unlink(Context& context) {
  {
    const std::lock_guard lock(mutex_);
    if (context.object == nullptr) return;
    detach(context);
  }
  release(context);
}

namespace {

[[noreturn]] void stop_at_use_after_the_end(const char* routine) {
  nt::bug_check(nt::current_thread(routine), "VER-16",
                std::string(routine) +
                    " was called with a context whose last reference is gone (bug check 0xF5/0x6E).");
}

}  // namespace

void Contexts::reference(Context& context) {
  if (context.references.fetch_add(1) < 1) stop_at_use_after_the_end("FltReferenceContext");
}

void Contexts::release(Context& context) {
  const std::int64_t before = context.references.fetch_sub(1);
  if (before > 1) return;
  if (before < 1) stop_at_use_after_the_end("FltReleaseContext");
  bool linked = false;
  {
    const std::lock_guard lock(mutex_);
    linked = context.object != nullptr;
  }
  if (linked) {
    nt::bug_check(
        nt::current_thread(), "VER-16",
        std::string("a ") + name_of(context.type) +
            " was released more often than it was referenced, while it is set (bug check 0xF5/0x6D).");
  }
  context.magic = Context::Magic::kDying;
  nt::Thread& thread = nt::current_thread("FltReleaseContext");
  if (thread.irql <= nt::kApc || context.registration->ContextCleanupCallback == nullptr) {
    destroy(context);
    return;
  }
  context.filter->rundown.hold();
  system_.nt().work().queue([this, &context](nt::Thread&) {
    Filter& filter = *context.filter;
    destroy(context);
    filter.rundown.release();
  });
}

void Contexts::destroy(Context& context) {
  if (context.registration->ContextCleanupCallback != nullptr) {
    call_filter(nt::current_thread(), *context.filter, [&] {
      context.registration->ContextCleanupCallback(context.bytes(), context.type);
      return 0;
    });
  }
  std::memset(context.bytes(), 0xDD, context.size);
  context.magic = Context::Magic::kFreed;
  const std::lock_guard lock(mutex_);
  List& list = by_filter_[context.filter];
  (context.older != nullptr ? context.older->newer : list.oldest) = context.newer;
  (context.newer != nullptr ? context.newer->older : list.newest) = context.older;
  quarantine_.push_back(&context);
  if (quarantine_.size() > kQuarantineMax) {
    free_memory(quarantine_.front());
    quarantine_.pop_front();
  }
}

template <class Wanted>
void Contexts::delete_where(const Filter& filter, Wanted wanted) {
  std::vector<Context*> gone;
  {
    const std::lock_guard lock(mutex_);
    for (Context* context = by_filter_[&filter].oldest; context != nullptr; context = context->newer) {
      if (context->object != nullptr && wanted(*context)) gone.push_back(context);
    }
    for (Context* context : gone) detach(*context);
  }
  for (Context* context : gone) release(*context);
}

void Contexts::delete_on_object(const void* object) {
  std::vector<Context*> gone;
  {
    const std::lock_guard lock(mutex_);
    const auto found = by_object_.find(object);
    if (found == by_object_.end()) return;
    for (Context* context = found->second; context != nullptr; context = context->next_on_object) {
      context->object = nullptr;
      // Not held by any callback, and no longer on the list of what the end of the filter looks for: that waits.
      context->filter->rundown.hold();
      gone.push_back(context);
    }
    by_object_.erase(found);
  }
  std::ranges::sort(gone, {}, &Context::number);
  for (Context* context : gone) {
    Filter& filter = *context->filter;
    release(*context);
    filter.rundown.release();
  }
}

void Contexts::delete_of_instance(const Instance& instance) {
  delete_where(instance.filter, [&](const Context& context) { return context.instance == &instance; });
}

void Contexts::delete_of_filter(const Filter& filter) {
  delete_where(filter, [](const Context&) { return true; });
}

std::vector<Context*> Contexts::live(const Filter& filter) const {
  const std::lock_guard lock(mutex_);
  std::vector<Context*> contexts;
  const auto list = by_filter_.find(&filter);
  if (list == by_filter_.end()) return contexts;
  for (Context* context = list->second.oldest; context != nullptr; context = context->newer) {
    if (context->references.load() > 0) contexts.push_back(context);
  }
  return contexts;
}

Context* Contexts::check(PFLT_CONTEXT bytes, const char* routine) {
  nt::Thread& thread = nt::current_thread(routine);
  if (bytes == nullptr) {
    nt::bug_check(thread, "VER-16", std::string(routine) + " was called without a context.");
  }
  Context& context = Context::of(bytes);
  if (context.magic == Context::Magic::kDying || context.magic == Context::Magic::kFreed)
    stop_at_use_after_the_end(routine);
  if (context.magic != Context::Magic::kAlive) {
    nt::bug_check(thread, "VER-16", std::string(routine) + " was called with an address that is no context.");
  }
  return &context;
}

}  // namespace fltsim::fltmgr
