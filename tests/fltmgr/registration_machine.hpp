// Filters that a test registers by hand, as the driver "sample" would in its DriverEntry.
#pragma once

#include <vector>

#include "fltmgr/filter_test.hpp"
#include "fltmgr/manager.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"

namespace fltsim::fltmgr {

inline constexpr std::u16string_view kService =
    u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\sample";

inline NTSTATUS unload_nothing(FLT_FILTER_UNLOAD_FLAGS) { return STATUS_FLT_DO_NOT_DETACH; }
inline FLT_PREOP_CALLBACK_STATUS pass(PFLT_CALLBACK_DATA, PCFLT_RELATED_OBJECTS, PVOID*) {
  return FLT_PREOP_SUCCESS_NO_CALLBACK;
}
inline FLT_POSTOP_CALLBACK_STATUS finish(PFLT_CALLBACK_DATA, PCFLT_RELATED_OBJECTS, PVOID,
                                         FLT_POST_OPERATION_FLAGS) {
  return FLT_POSTOP_FINISHED_PROCESSING;
}

class RegistrationTest : public FilterTest {
 protected:
  RegistrationTest() {
    nt::Registry& registry = machine.system().nt().registry();
    registry.set_string(std::u16string(kService) + u"\\Instances", u"DefaultInstance", u"one");
    registry.set_string(std::u16string(kService) + u"\\Instances\\one", u"Altitude", u"370000");
    driver_.DriverExtension = &extension_;
    extension_.ServiceKeyName = name_.string();
    registration.Size = sizeof registration;
    registration.Version = FLT_REGISTRATION_VERSION;
    registration.FilterUnloadCallback = unload_nothing;
  }

  NTSTATUS registered() {
    NTSTATUS status = STATUS_UNSUCCESSFUL;
    kernel([&] {
      PFLT_FILTER given = nullptr;
      status = FltRegisterFilter(&driver_, &registration, &given);
      if (NT_SUCCESS(status)) FltUnregisterFilter(given);
    });
    return status;
  }
  NTSTATUS registered_with(std::vector<FLT_OPERATION_REGISTRATION> operations) {
    operations.push_back({IRP_MJ_OPERATION_END, 0, nullptr, nullptr, nullptr});
    registration.OperationRegistration = operations.data();
    return registered();
  }
  NTSTATUS registered_with(std::vector<FLT_CONTEXT_REGISTRATION> contexts) {
    contexts.emplace_back().ContextType = FLT_CONTEXT_END;
    registration.ContextRegistration = contexts.data();
    return registered();
  }
  static FLT_CONTEXT_REGISTRATION stream_context(SIZE_T size, ULONG tag = 0x67617431) {
    FLT_CONTEXT_REGISTRATION context{};
    context.ContextType = FLT_STREAM_CONTEXT;
    context.Size = size;
    context.PoolTag = tag;
    return context;
  }

  FLT_REGISTRATION registration{};

 private:
  Counted name_{u"sample"};
  DRIVER_EXTENSION extension_{};

 protected:
  DRIVER_OBJECT driver_{};
};

}  // namespace fltsim::fltmgr
