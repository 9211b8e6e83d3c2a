// Operations that a filter puts together itself (CB-46, CB-50, CB-53), and waiting that its requestor's end cancels.
#include <string>

#include "fltmgr/api.hpp"
#include "fltmgr/callback_checks.hpp"
#include "fltmgr/own_request.hpp"
#include "io/io_manager.hpp"

using namespace fltsim;
using namespace fltsim::fltmgr;

namespace {

// Pool memory of the driver: what is not freed shows by its tag, "FtCd".
struct OwnData : fltmgr::CallbackData {
  static constexpr std::uint32_t kTag = 0x64437446;
  static constexpr std::uint32_t kSignature = 0x4F776E44;
  std::uint32_t signature;
  FLT_IO_PARAMETER_BLOCK block;
  Instance* instance;
  PFILE_OBJECT file;
};

void make_new(nt::Thread& thread, OwnData& data) {
  data.Flags = FLTFL_CALLBACK_DATA_IRP_OPERATION | FLTFL_CALLBACK_DATA_GENERATED_IO;
  const_cast<PETHREAD&>(data.Thread) = reinterpret_cast<PETHREAD>(&thread);
  const_cast<PFLT_IO_PARAMETER_BLOCK&>(data.Iopb) = &data.block;
  data.IoStatus = {};
  data.RequestorMode = KernelMode;
  data.block = {};
  data.block.TargetFileObject = data.file;
  data.block.TargetInstance = data.instance->handle();
}

OwnData& own_data(nt::Thread& thread, PFLT_CALLBACK_DATA data, const char* routine) {
  auto* own = static_cast<OwnData*>(data);
  nt::Pool::Allocation known{};
  if (!thread.system.nt().pool().find(own, known) || own->signature != OwnData::kSignature) {
    nt::bug_check(thread, "VER-20",
                  std::string(routine) + " takes callback data from FltAllocateCallbackData only.");
  }
  return *own;
}

// Sends the operation to those below the instance. STATUS_FLT_DELETING_OBJECT when that is going.
void perform(nt::Thread& thread, OwnData& data, const char* routine) {
  FilterManager& manager = thread.system.fltmgr();
  data.IoStatus = {};
  if (manager.live(data.instance->handle(), routine) == nullptr) {
    data.IoStatus.Status = STATUS_INVALID_PARAMETER;
    return;
  }
  const OwnRequest request(*data.instance);
  if (!request.begun()) {
    data.IoStatus.Status = STATUS_FLT_DELETING_OBJECT;
    return;
  }
  if (data.block.MajorFunction == IRP_MJ_CREATE)
    nt::unsupported((std::string(routine) + " of a create").c_str());
  if (data.block.TargetFileObject == nullptr) {
    nt::unsupported((std::string(routine) + " without a file object").c_str());
  }
  const io::Issuer issuer{thread, KernelMode, data.instance};
  io::Operation operation =
      io::IoManager::make_operation(issuer, io::FileObject::of(*data.block.TargetFileObject), 0);
  operation.parameters = data.block;
  operation.parameters.TargetInstance = nullptr;
  thread.system.io().submit(operation);
  data.IoStatus = operation.status;
}

}  // namespace

extern "C" {

NTSTATUS FltAllocateCallbackData(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject,
                                 PFLT_CALLBACK_DATA* RetNewCallbackData) {
  nt::Thread& thread = nt::enter("FltAllocateCallbackData", nt::kApc);
  *RetNewCallbackData = nullptr;
  auto* instance = thread.system.fltmgr().live(Instance, "FltAllocateCallbackData");
  if (instance == nullptr) return STATUS_INVALID_PARAMETER;
  if (nt::fails_now(thread, "FltAllocateCallbackData")) return STATUS_INSUFFICIENT_RESOURCES;
  void* memory = thread.system.nt().pool().allocate(thread.driver, nt::Pool::Kind::kNonPaged,
                                                    nt::Pool::Fill::kZero, sizeof(OwnData), OwnData::kTag);
  if (memory == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  auto* data = static_cast<OwnData*>(memory);  // zeroed
  data->signature = OwnData::kSignature;
  data->instance = instance;
  data->file = FileObject;
  make_new(thread, *data);
  *RetNewCallbackData = data;
  return STATUS_SUCCESS;
}

VOID FltFreeCallbackData(PFLT_CALLBACK_DATA CallbackData) {
  nt::Thread& thread = nt::enter("FltFreeCallbackData", nt::kDispatch);
  OwnData& data = own_data(thread, CallbackData, "FltFreeCallbackData");
  data.signature = 0;
  thread.system.nt().pool().free(thread, "FltFreeCallbackData", &data, OwnData::kTag);
}

VOID FltReuseCallbackData(PFLT_CALLBACK_DATA CallbackData) {
  nt::Thread& thread = nt::enter("FltReuseCallbackData", nt::kApc);
  make_new(thread, own_data(thread, CallbackData, "FltReuseCallbackData"));
}

VOID FltPerformSynchronousIo(PFLT_CALLBACK_DATA CallbackData) {
  nt::Thread& thread = nt::enter("FltPerformSynchronousIo", nt::kApc);
  OwnData& data = own_data(thread, CallbackData, "FltPerformSynchronousIo");
  data.block.IrpFlags |= IRP_SYNCHRONOUS_API;
  perform(thread, data, "FltPerformSynchronousIo");
}

// The request is complete when the routine returns, and its callback has run, which may have freed the data.
NTSTATUS FltPerformAsynchronousIo(PFLT_CALLBACK_DATA CallbackData,
                                  PFLT_COMPLETED_ASYNC_IO_CALLBACK CallbackRoutine, PVOID CallbackContext) {
  nt::Thread& thread = nt::enter("FltPerformAsynchronousIo", nt::kApc);
  OwnData& data = own_data(thread, CallbackData, "FltPerformAsynchronousIo");
  Instance& instance = *data.instance;
  if (data.block.MajorFunction == IRP_MJ_CREATE) {
    data.IoStatus.Status = STATUS_FLT_INVALID_ASYNCHRONOUS_REQUEST;
  } else {
    perform(thread, data, "FltPerformAsynchronousIo");
  }
  const NTSTATUS status = data.IoStatus.Status;
  call_filter(thread, instance.filter, [&] {
    CallbackRoutine(CallbackData, CallbackContext);
    return 0;
  });
  return status;
}

VOID FltReissueSynchronousIo(PFLT_INSTANCE InitiatingInstance, PFLT_CALLBACK_DATA CallbackData) {
  nt::Thread& thread = nt::enter("FltReissueSynchronousIo", nt::kApc);
  auto* instance = thread.system.fltmgr().live(InitiatingInstance, "FltReissueSynchronousIo");
  ActiveOperation* const current = fltmgr::CallbackData::of(CallbackData).operation;
  const FLT_IO_PARAMETER_BLOCK& block = *CallbackData->Iopb;
  const bool is_create = block.MajorFunction == IRP_MJ_CREATE;
  const bool in_post =
      current != nullptr && current->phase == ActiveOperation::Phase::kPost && current->running != nullptr;
  const bool synchronized = in_post && (is_create || current->running->post_thread == &thread);
  if (instance == nullptr || !synchronized || !FLT_IS_IRP_OPERATION(CallbackData)) {
    nt::report(thread, "VER-8", Severity::kError,
               "FltReissueSynchronousIo belongs into the post callback of an IRP whose pre callback returned "
               "FLT_PREOP_SYNCHRONIZE, or of a create (CB-46).");
    CallbackData->IoStatus = {.Status = STATUS_INVALID_PARAMETER, .Information = 0};
    return;
  }
  io::FileObject& file = io::FileObject::of(*block.TargetFileObject);
  if (is_create && file.has_flag(FO_FILE_OPEN_CANCELLED)) {
    CallbackData->IoStatus = {.Status = STATUS_CANCELLED, .Information = 0};
    return;
  }
  if (is_create && file.opened()) nt::unsupported("FltReissueSynchronousIo of a create that has succeeded");
  const OwnRequest request(*instance);
  if (!request.begun()) {
    CallbackData->IoStatus = {.Status = STATUS_FLT_DELETING_OBJECT, .Information = 0};
    return;
  }
  io::Operation operation =
      io::IoManager::make_operation({thread, CallbackData->RequestorMode, instance}, file, 0);
  operation.parameters = block;
  operation.parameters.TargetInstance = nullptr;
  operation.originator = current->request->originator;
  operation.extra_create_parameters = current->request->extra_create_parameters;
  operation.reissued = true;
  thread.system.io().submit(operation);
  CallbackData->IoStatus = operation.status;
}

// Ends with STATUS_THREAD_IS_TERMINATING when the thread that waits is terminated.
NTSTATUS FltCancellableWaitForSingleObject(PVOID Object, PLARGE_INTEGER Timeout, PFLT_CALLBACK_DATA) {
  nt::Thread& thread = nt::enter("FltCancellableWaitForSingleObject", nt::kApc);
  nt::check_may_wait(thread, "FltCancellableWaitForSingleObject");
  nt::Dispatcher& dispatcher = thread.system.nt().dispatcher();
  const nt::WaitOutcome outcome =
      dispatcher.wait(thread, *static_cast<nt::DispatcherHeader*>(Object),
                      {.deadline = nt::deadline_from(reinterpret_cast<const std::int64_t*>(Timeout),
                                                     thread.system.scheduler().now()),
                       .ends_on_termination = true});
  if (outcome.result == nt::WaitResult::kTimeout) return STATUS_TIMEOUT;
  if (outcome.result == nt::WaitResult::kTerminated) return STATUS_THREAD_IS_TERMINATING;
  return outcome.abandoned ? STATUS_ABANDONED_WAIT_0 : STATUS_SUCCESS;
}

}  // extern "C"
