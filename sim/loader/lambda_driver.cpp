// A driver made of lambdas. The filter manager calls C functions without a context of ours; each of the
// functions here finds its lambdas through the filter that it is called for.
#include "fltmgr/manager.hpp"
#include "loader/loader.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"

namespace fltsim::loader {
namespace {

LambdaDriver& lambdas_of(PFLT_FILTER filter) {
  return *static_cast<LambdaDriver*>(fltmgr::Filter::from(filter)->extension);
}

const LambdaDriver::Operation& operation_of(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects) {
  for (const LambdaDriver::Operation& operation : lambdas_of(objects->Filter).operations) {
    if (operation.major == data->Iopb->MajorFunction) return operation;
  }
  nt::misuse("a driver of lambdas was called for an operation that it did not register");
}

FLT_PREOP_CALLBACK_STATUS pre(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID* completion) {
  return operation_of(data, objects).pre(data, objects, completion);
}

FLT_POSTOP_CALLBACK_STATUS post(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID completion,
                                FLT_POST_OPERATION_FLAGS flags) {
  return operation_of(data, objects).post(data, objects, completion, flags);
}

NTSTATUS instance_setup(PCFLT_RELATED_OBJECTS objects, FLT_INSTANCE_SETUP_FLAGS flags, DEVICE_TYPE,
                        FLT_FILESYSTEM_TYPE) {
  const auto& setup = lambdas_of(objects->Filter).instance_setup;
  return setup ? setup(objects, flags) : STATUS_SUCCESS;
}

NTSTATUS query_teardown(PCFLT_RELATED_OBJECTS objects, FLT_INSTANCE_QUERY_TEARDOWN_FLAGS) {
  const auto& query = lambdas_of(objects->Filter).query_teardown;
  return query ? query(objects) : STATUS_SUCCESS;
}

void teardown_start(PCFLT_RELATED_OBJECTS objects, FLT_INSTANCE_TEARDOWN_FLAGS reason) {
  const auto& start = lambdas_of(objects->Filter).teardown_start;
  if (start) start(objects, reason);
}

void teardown_complete(PCFLT_RELATED_OBJECTS objects, FLT_INSTANCE_TEARDOWN_FLAGS reason) {
  const auto& complete = lambdas_of(objects->Filter).teardown_complete;
  if (complete) complete(objects, reason);
}

NTSTATUS filter_unload(FLT_FILTER_UNLOAD_FLAGS flags) {
  nt::Thread& thread = nt::current_thread("FilterUnload");
  fltmgr::Filter* filter = thread.system.fltmgr().filter_of(*thread.driver);
  const auto& unload = static_cast<LambdaDriver*>(filter->extension)->unload;
  const NTSTATUS status = unload ? unload(filter->handle(), flags) : STATUS_SUCCESS;
  if (!NT_SUCCESS(status) && (flags & FLTFL_FILTER_UNLOAD_MANDATORY) == 0) return status;
  FltUnregisterFilter(filter->handle());
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS lambda_driver_entry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
  LambdaDriver& lambdas = *static_cast<DriverObject*>(driver)->record->lambdas;
  if (lambdas.entry) {
    if (const NTSTATUS status = lambdas.entry(driver); !NT_SUCCESS(status)) return status;
  }
  std::vector<FLT_OPERATION_REGISTRATION> operations;
  for (const LambdaDriver::Operation& operation : lambdas.operations) {
    operations.push_back({operation.major, operation.flags, operation.pre ? pre : nullptr,
                          operation.post ? post : nullptr, nullptr});
  }
  operations.push_back({IRP_MJ_OPERATION_END, 0, nullptr, nullptr, nullptr});
  std::vector<FLT_CONTEXT_REGISTRATION> contexts = lambdas.contexts;
  contexts.push_back({});
  contexts.back().ContextType = FLT_CONTEXT_END;

  FLT_REGISTRATION registration{};
  registration.Size = sizeof registration;
  registration.Version = FLT_REGISTRATION_VERSION;
  registration.Flags = lambdas.registration_flags;
  registration.ContextRegistration = contexts.data();
  registration.OperationRegistration = operations.data();
  registration.FilterUnloadCallback = filter_unload;
  registration.InstanceSetupCallback = instance_setup;
  registration.InstanceQueryTeardownCallback = query_teardown;
  registration.InstanceTeardownStartCallback = teardown_start;
  registration.InstanceTeardownCompleteCallback = teardown_complete;

  PFLT_FILTER filter = nullptr;
  NTSTATUS status = FltRegisterFilter(driver, &registration, &filter);
  if (!NT_SUCCESS(status)) return status;
  fltmgr::Filter::from(filter)->extension = &lambdas;
  if (lambdas.registered) status = lambdas.registered(filter);
  if (NT_SUCCESS(status)) status = FltStartFiltering(filter);
  if (!NT_SUCCESS(status)) FltUnregisterFilter(filter);
  return status;
}

}  // namespace fltsim::loader
