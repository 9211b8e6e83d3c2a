// Context routines (CTX-*, IRQL-3, IRQL-4).
#include "fltmgr/api.hpp"
#include "io/file_object.hpp"

using namespace fltsim;
using namespace fltsim::fltmgr;

namespace {

bool is_open(PFILE_OBJECT file) { return file != nullptr && io::FileObject::of(*file).opened(); }

const void* object_of(FLT_CONTEXT_TYPE type, PFILE_OBJECT file) {
  if (type == FLT_STREAMHANDLE_CONTEXT) return file;
  return type == FLT_STREAM_CONTEXT ? file->FsContext : io::FileObject::of(*file).stream->file.get();
}

// Where file, stream and handle contexts are not available: before the open has succeeded (CTX-24, CB-40).
NTSTATUS key_for(nt::Thread& thread, const char* routine, FLT_CONTEXT_TYPE type,
                 PFLT_INSTANCE instance_pointer, PFILE_OBJECT file, Contexts::Key& key) {
  Instance* instance = thread.system.fltmgr().live(instance_pointer, routine);
  if (instance == nullptr) return STATUS_INVALID_PARAMETER;
  if (!is_open(file)) {
    nt::report(thread, "VER-16", Severity::kError,
               std::string(routine) +
                   " before the file is open: file, stream and handle contexts exist from post-create to "
                   "pre-close (CTX-29).");
    return STATUS_NOT_SUPPORTED;
  }
  key = {type, object_of(type, file), &instance->filter, instance};
  return STATUS_SUCCESS;
}

NTSTATUS key_for(nt::Thread& thread, const char* routine, PFLT_INSTANCE instance_pointer,
                 Contexts::Key& key) {
  Instance* instance = thread.system.fltmgr().live(instance_pointer, routine);
  if (instance == nullptr) return STATUS_INVALID_PARAMETER;
  key = {FLT_INSTANCE_CONTEXT, static_cast<const fltmgr::FltObject*>(instance), &instance->filter, instance};
  return STATUS_SUCCESS;
}

NTSTATUS key_for(nt::Thread& thread, const char* routine, PFLT_FILTER filter_pointer,
                 PFLT_VOLUME volume_pointer, Contexts::Key& key) {
  Filter* filter = thread.system.fltmgr().live(filter_pointer, routine);
  VolumeStack* volume = thread.system.fltmgr().live(volume_pointer, routine);
  if (filter == nullptr || volume == nullptr) return STATUS_INVALID_PARAMETER;
  key = {FLT_VOLUME_CONTEXT, static_cast<const fltmgr::FltObject*>(volume), filter, nullptr};
  return STATUS_SUCCESS;
}

NTSTATUS set(nt::Thread& thread, const char* routine, NTSTATUS status, const Contexts::Key& key,
             FLT_SET_CONTEXT_OPERATION operation, PFLT_CONTEXT context, PFLT_CONTEXT* old) {
  if (old != nullptr) *old = NULL_CONTEXT;
  if (!NT_SUCCESS(status)) return status;
  const bool volume_going =
      key.type == FLT_VOLUME_CONTEXT && static_cast<const fltmgr::FltObject*>(key.object)->rundown.closing();
  const bool going = volume_going || key.filter->rundown.closing() ||
                     (key.instance != nullptr && key.instance->state >= Instance::State::kTearingDown);
  if (going) return STATUS_FLT_DELETING_OBJECT;  // CTX-12
  Contexts& contexts = thread.system.fltmgr().contexts();
  return contexts.set(key, operation, *contexts.check(context, routine), old);
}

NTSTATUS get(nt::Thread& thread, NTSTATUS status, const Contexts::Key& key, PFLT_CONTEXT* context) {
  *context = NULL_CONTEXT;
  return NT_SUCCESS(status) ? thread.system.fltmgr().contexts().get(key, *context) : status;
}

NTSTATUS remove(nt::Thread& thread, NTSTATUS status, const Contexts::Key& key, PFLT_CONTEXT* old) {
  if (old != nullptr) *old = NULL_CONTEXT;
  return NT_SUCCESS(status) ? thread.system.fltmgr().contexts().remove(key, old) : status;
}

}  // namespace

extern "C" {

NTSTATUS FltAllocateContext(PFLT_FILTER Filter, FLT_CONTEXT_TYPE ContextType, SIZE_T ContextSize,
                            POOL_TYPE PoolType, PFLT_CONTEXT* ReturnedContext) {
  nt::Thread& thread = nt::enter("FltAllocateContext", nt::kApc);
  *ReturnedContext = NULL_CONTEXT;
  auto* filter = thread.system.fltmgr().live(Filter, "FltAllocateContext");
  if (filter == nullptr) return STATUS_INVALID_PARAMETER;
  if (nt::fails_now(thread, "FltAllocateContext")) return STATUS_INSUFFICIENT_RESOURCES;
  Context* context = nullptr;
  const NTSTATUS status =
      thread.system.fltmgr().contexts().allocate(*filter, ContextType, ContextSize, PoolType, context);
  if (NT_SUCCESS(status)) *ReturnedContext = context->bytes();
  return status;
}

VOID FltReferenceContext(PFLT_CONTEXT Context) {
  nt::Thread& thread = nt::enter("FltReferenceContext", nt::kDispatch);
  Contexts& contexts = thread.system.fltmgr().contexts();
  contexts.reference(*contexts.check(Context, "FltReferenceContext"));
}

VOID FltReleaseContext(PFLT_CONTEXT Context) {
  nt::Thread& thread = nt::enter("FltReleaseContext", nt::kDispatch);
  Contexts& contexts = thread.system.fltmgr().contexts();
  contexts.release(*contexts.check(Context, "FltReleaseContext"));
}

VOID FltDeleteContext(PFLT_CONTEXT Context) {
  nt::Thread& thread = nt::enter("FltDeleteContext", nt::kApc);
  Contexts& contexts = thread.system.fltmgr().contexts();
  contexts.unlink(*contexts.check(Context, "FltDeleteContext"));
}

#define FLTSIM_FILE_CONTEXT(Name, type)                                                                    \
  NTSTATUS FltSet##Name##Context(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject,                          \
                                 FLT_SET_CONTEXT_OPERATION Operation, PFLT_CONTEXT NewContext,             \
                                 PFLT_CONTEXT* OldContext) {                                               \
    nt::Thread& thread = nt::enter("FltSet" #Name "Context", nt::kApc);                                    \
    Contexts::Key key{};                                                                                   \
    const NTSTATUS status = key_for(thread, "FltSet" #Name "Context", type, Instance, FileObject, key);    \
    return set(thread, "FltSet" #Name "Context", status, key, Operation, NewContext, OldContext);          \
  }                                                                                                        \
  NTSTATUS FltGet##Name##Context(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject, PFLT_CONTEXT* Context) { \
    nt::Thread& thread = nt::enter("FltGet" #Name "Context", nt::kApc);                                    \
    Contexts::Key key{};                                                                                   \
    return get(thread, key_for(thread, "FltGet" #Name "Context", type, Instance, FileObject, key), key,    \
               Context);                                                                                   \
  }                                                                                                        \
  NTSTATUS FltDelete##Name##Context(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject,                       \
                                    PFLT_CONTEXT* OldContext) {                                            \
    nt::Thread& thread = nt::enter("FltDelete" #Name "Context", nt::kApc);                                 \
    Contexts::Key key{};                                                                                   \
    return remove(thread, key_for(thread, "FltDelete" #Name "Context", type, Instance, FileObject, key),   \
                  key, OldContext);                                                                        \
  }

FLTSIM_FILE_CONTEXT(File, FLT_FILE_CONTEXT)
FLTSIM_FILE_CONTEXT(Stream, FLT_STREAM_CONTEXT)
FLTSIM_FILE_CONTEXT(StreamHandle, FLT_STREAMHANDLE_CONTEXT)
#undef FLTSIM_FILE_CONTEXT

NTSTATUS FltSetInstanceContext(PFLT_INSTANCE Instance, FLT_SET_CONTEXT_OPERATION Operation,
                               PFLT_CONTEXT NewContext, PFLT_CONTEXT* OldContext) {
  nt::Thread& thread = nt::enter("FltSetInstanceContext", nt::kApc);
  Contexts::Key key{};
  const NTSTATUS status = key_for(thread, "FltSetInstanceContext", Instance, key);
  return set(thread, "FltSetInstanceContext", status, key, Operation, NewContext, OldContext);
}

NTSTATUS FltGetInstanceContext(PFLT_INSTANCE Instance, PFLT_CONTEXT* Context) {
  nt::Thread& thread = nt::enter("FltGetInstanceContext", nt::kApc);
  Contexts::Key key{};
  return get(thread, key_for(thread, "FltGetInstanceContext", Instance, key), key, Context);
}

NTSTATUS FltDeleteInstanceContext(PFLT_INSTANCE Instance, PFLT_CONTEXT* OldContext) {
  nt::Thread& thread = nt::enter("FltDeleteInstanceContext", nt::kApc);
  Contexts::Key key{};
  return remove(thread, key_for(thread, "FltDeleteInstanceContext", Instance, key), key, OldContext);
}

NTSTATUS FltSetVolumeContext(PFLT_VOLUME Volume, FLT_SET_CONTEXT_OPERATION Operation, PFLT_CONTEXT NewContext,
                             PFLT_CONTEXT* OldContext) {
  nt::Thread& thread = nt::enter("FltSetVolumeContext", nt::kApc);
  Contexts& contexts = thread.system.fltmgr().contexts();
  Contexts::Key key{};
  Filter* filter = contexts.check(NewContext, "FltSetVolumeContext")->filter;
  const NTSTATUS status = key_for(thread, "FltSetVolumeContext", filter->handle(), Volume, key);
  return set(thread, "FltSetVolumeContext", status, key, Operation, NewContext, OldContext);
}

NTSTATUS FltGetVolumeContext(PFLT_FILTER Filter, PFLT_VOLUME Volume, PFLT_CONTEXT* Context) {
  nt::Thread& thread = nt::enter("FltGetVolumeContext", nt::kApc);
  Contexts::Key key{};
  return get(thread, key_for(thread, "FltGetVolumeContext", Filter, Volume, key), key, Context);
}

NTSTATUS FltDeleteVolumeContext(PFLT_FILTER Filter, PFLT_VOLUME Volume, PFLT_CONTEXT* OldContext) {
  nt::Thread& thread = nt::enter("FltDeleteVolumeContext", nt::kApc);
  Contexts::Key key{};
  return remove(thread, key_for(thread, "FltDeleteVolumeContext", Filter, Volume, key), key, OldContext);
}

// CTX-15: what was asked for and is there; the rest is NULL. Asking for all in pre-create or InstanceSetup is
// legal.
VOID FltGetContexts(PCFLT_RELATED_OBJECTS FltObjects, FLT_CONTEXT_TYPE DesiredContexts,
                    PFLT_RELATED_CONTEXTS Contexts) {
  nt::enter("FltGetContexts", nt::kApc);
  *Contexts = {};
  if ((DesiredContexts & FLT_VOLUME_CONTEXT) != 0) {
    FltGetVolumeContext(FltObjects->Filter, FltObjects->Volume, &Contexts->VolumeContext);
  }
  if ((DesiredContexts & FLT_INSTANCE_CONTEXT) != 0 && FltObjects->Instance != nullptr) {
    FltGetInstanceContext(FltObjects->Instance, &Contexts->InstanceContext);
  }
  if (!is_open(FltObjects->FileObject)) return;
  if ((DesiredContexts & FLT_FILE_CONTEXT) != 0) {
    FltGetFileContext(FltObjects->Instance, FltObjects->FileObject, &Contexts->FileContext);
  }
  if ((DesiredContexts & FLT_STREAM_CONTEXT) != 0) {
    FltGetStreamContext(FltObjects->Instance, FltObjects->FileObject, &Contexts->StreamContext);
  }
  if ((DesiredContexts & FLT_STREAMHANDLE_CONTEXT) != 0) {
    FltGetStreamHandleContext(FltObjects->Instance, FltObjects->FileObject, &Contexts->StreamHandleContext);
  }
}

VOID FltReleaseContexts(PFLT_RELATED_CONTEXTS Contexts) {
  nt::enter("FltReleaseContexts", nt::kDispatch);
  PFLT_CONTEXT* const all[] = {&Contexts->VolumeContext,       &Contexts->InstanceContext,
                               &Contexts->FileContext,         &Contexts->StreamContext,
                               &Contexts->StreamHandleContext, &Contexts->TransactionContext};
  for (PFLT_CONTEXT* context : all) {
    if (*context != NULL_CONTEXT) FltReleaseContext(*context);
    *context = NULL_CONTEXT;
  }
}

BOOLEAN FltSupportsStreamContexts(PFILE_OBJECT FileObject) {
  nt::enter("FltSupportsStreamContexts", nt::kApc);
  return is_open(FileObject);
}

BOOLEAN FltSupportsStreamHandleContexts(PFILE_OBJECT FileObject) {
  nt::enter("FltSupportsStreamHandleContexts", nt::kApc);
  return is_open(FileObject);
}

BOOLEAN FltSupportsFileContexts(PFILE_OBJECT FileObject) {
  nt::enter("FltSupportsFileContexts", nt::kApc);
  return is_open(FileObject);
}

BOOLEAN FltSupportsFileContextsEx(PFILE_OBJECT FileObject, PFLT_INSTANCE) {
  nt::enter("FltSupportsFileContextsEx", nt::kApc);
  return is_open(FileObject);
}

}  // extern "C"
