// A driver inside a test: no module, no C callbacks, no service key to write.
//
//   machine.load_driver(fltsim::LambdaDriver{.operations = {{.major = IRP_MJ_WRITE, .pre = deny}}});
#pragma once

#include <fltKernel.h>

#include <functional>
#include <vector>

namespace fltsim {

// Loaded by Machine::load_driver. An operation that has no entry is not registered.
struct LambdaDriver {
  using Pre = std::function<FLT_PREOP_CALLBACK_STATUS(PFLT_CALLBACK_DATA, PCFLT_RELATED_OBJECTS, PVOID*)>;
  using Post = std::function<FLT_POSTOP_CALLBACK_STATUS(PFLT_CALLBACK_DATA, PCFLT_RELATED_OBJECTS, PVOID,
                                                        FLT_POST_OPERATION_FLAGS)>;
  struct Operation {
    UCHAR major;
    Pre pre;
    Post post = {};
    FLT_OPERATION_REGISTRATION_FLAGS flags = 0;
  };

  std::vector<Operation> operations = {};
  std::vector<FLT_CONTEXT_REGISTRATION> contexts = {};  // without the terminator
  FLT_REGISTRATION_FLAGS registration_flags = 0;

  // At the beginning of DriverEntry; a failing status is its result. Devices are made here.
  std::function<NTSTATUS(PDRIVER_OBJECT)> entry = {};
  // In DriverEntry, between FltRegisterFilter and FltStartFiltering; a failing status fails DriverEntry,
  // which then unregisters.
  std::function<NTSTATUS(PFLT_FILTER)> registered = {};
  std::function<NTSTATUS(PCFLT_RELATED_OBJECTS, FLT_INSTANCE_SETUP_FLAGS)> instance_setup = {};
  std::function<NTSTATUS(PCFLT_RELATED_OBJECTS)> query_teardown = {};  // absent: always agrees
  std::function<void(PCFLT_RELATED_OBJECTS, FLT_INSTANCE_TEARDOWN_FLAGS)> teardown_start = {};
  std::function<void(PCFLT_RELATED_OBJECTS, FLT_INSTANCE_TEARDOWN_FLAGS)> teardown_complete = {};
  // In FilterUnload. A failing status refuses; otherwise FltUnregisterFilter follows.
  std::function<NTSTATUS(PFLT_FILTER, FLT_FILTER_UNLOAD_FLAGS)> unload = {};
};

}  // namespace fltsim
