// FltRegisterFilter: what a registration must hold, and what the service key says of the filter's instances
// (LIFE-1 to LIFE-9, CTX-2, ALT-9).
#include <algorithm>

#include "fltmgr/filter_call.hpp"
#include "fltmgr/manager.hpp"
#include "fs/upcase.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/text.hpp"

namespace fltsim::fltmgr {

namespace {

bool is_unregistrable(UCHAR major) { return major == IRP_MJ_POWER || major == IRP_MJ_DEVICE_CHANGE; }

void check_reserved(const Filter& filter, const void* reserved, const char* what) {  // LIFE-9
  if (reserved == nullptr) return;
  report(filter, "VER-37", Severity::kError,
         std::string("Reserved1 of an ") + what + " is not NULL: a table that is not initialised?");
}

// LIFE-7, LIFE-8: copies the operations up to the terminator.
NTSTATUS copy_operations(const FLT_OPERATION_REGISTRATION* operations, Filter& filter) {
  for (; operations != nullptr && operations->MajorFunction != IRP_MJ_OPERATION_END; ++operations) {
    FLT_OPERATION_REGISTRATION operation = *operations;
    check_reserved(filter, operation.Reserved1, "FLT_OPERATION_REGISTRATION");
    if (is_unregistrable(operation.MajorFunction)) {
      report(filter, "VER-37", Severity::kError,
             "IRP_MJ_POWER and IRP_MJ_DEVICE_CHANGE cannot be registered.");
      return STATUS_INVALID_PARAMETER;
    }
    for (const FLT_OPERATION_REGISTRATION& other : filter.registration.operations) {
      if (other.MajorFunction != operation.MajorFunction) continue;
      report(filter, "VER-37", Severity::kError, "an operation is registered twice.");
      return STATUS_FLT_DUPLICATE_ENTRY;
    }
    if (operation.MajorFunction == IRP_MJ_SHUTDOWN && operation.PostOperation != nullptr) {
      report(filter, "VER-37", Severity::kError, "IRP_MJ_SHUTDOWN has no post callback: it is dropped.");
      operation.PostOperation = nullptr;
    }
    filter.registration.operations.push_back(operation);
  }
  return STATUS_SUCCESS;
}

// CTX-2: how many entries of one type there may be, and what each must hold.
NTSTATUS copy_contexts(const FLT_CONTEXT_REGISTRATION* contexts, Filter& filter) {
  constexpr std::size_t kFixedSizesMax = 3;
  for (; contexts != nullptr && contexts->ContextType != FLT_CONTEXT_END; ++contexts) {
    check_reserved(filter, contexts->Reserved1, "FLT_CONTEXT_REGISTRATION");
    std::size_t fixed = 0;
    std::size_t variable = 0;
    bool same = false;
    for (const FLT_CONTEXT_REGISTRATION& other : filter.registration.contexts) {
      if (other.ContextType != contexts->ContextType) continue;
      same |= other.Size == contexts->Size;
      ++(other.Size == FLT_VARIABLE_SIZED_CONTEXTS ? variable : fixed);
      if (other.ContextAllocateCallback != nullptr || contexts->ContextAllocateCallback != nullptr) {
        return STATUS_FLT_INVALID_CONTEXT_REGISTRATION;
      }
    }
    if (same) continue;  // the first of identical entries wins
    if (!is_context_type(contexts->ContextType)) return STATUS_FLT_INVALID_CONTEXT_REGISTRATION;
    const bool is_variable = contexts->Size == FLT_VARIABLE_SIZED_CONTEXTS;
    if (is_variable ? variable == 1 : fixed == kFixedSizesMax) return STATUS_FLT_INVALID_CONTEXT_REGISTRATION;
    if (contexts->ContextAllocateCallback == nullptr && contexts->PoolTag == 0) {
      report(filter, "VER-37", Severity::kError, "a context is registered without a pool tag.");
      return STATUS_FLT_INVALID_CONTEXT_REGISTRATION;
    }
    filter.registration.contexts.push_back(*contexts);
  }
  return STATUS_SUCCESS;
}

void report_never_called(const Filter& filter) {
  const FLT_REGISTRATION& callbacks = filter.registration.callbacks;
  const auto never_called = [&](std::string what, const char* callback) {
    report(filter, "SIM-9", Severity::kWarning,
           what + " are not simulated: " + callback + " is never called.");
  };
  if (callbacks.TransactionNotificationCallback != nullptr)
    never_called("transactions", "TransactionNotificationCallback");
  if (callbacks.SectionNotificationCallback != nullptr)
    never_called("section conflicts", "SectionNotificationCallback");
}

constexpr std::u16string_view kServices = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";

}  // namespace

// LIFE-5: the service key's Instances, the default one first. Isolated driver packages have them below Parameters.
NTSTATUS FilterManager::read_definitions(Filter& filter) const {
  const nt::Registry& registry = system_.nt().registry();
  const std::u16string service = std::u16string(kServices) + filter.name;
  const std::u16string isolated = service + u"\\Parameters\\Instances";
  const std::u16string key = registry.exists(isolated) ? isolated : service + u"\\Instances";
  const auto default_name = registry.get_string(key, u"DefaultInstance");
  if (!default_name) return STATUS_OBJECT_NAME_NOT_FOUND;
  for (const std::u16string& name : registry.subkeys(key)) {
    const std::u16string instance_key = key + u'\\' + name;
    const auto text = registry.get_string(instance_key, u"Altitude");
    if (!text) return STATUS_OBJECT_NAME_NOT_FOUND;
    const auto altitude = Altitude::parse(*text);
    if (!altitude) return STATUS_INVALID_PARAMETER;
    InstanceDefinition definition{name, *altitude};
    if (const auto flags = registry.get(instance_key, u"Flags"); flags && flags->data.size() == 4) {
      definition.flags = flags->data[0];
    }
    const bool is_default = fs::equal_names(name, *default_name);
    filter.definitions.insert(is_default ? filter.definitions.begin() : filter.definitions.end(), definition);
  }
  const bool found =
      !filter.definitions.empty() && fs::equal_names(filter.definitions.front().name, *default_name);
  return found ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS FilterManager::register_filter(PDRIVER_OBJECT driver, const FLT_REGISTRATION& registration,
                                        Filter*& result) {
  auto filter = std::make_unique<Filter>(system_);
  const UNICODE_STRING& service = driver->DriverExtension->ServiceKeyName;
  filter->driver = driver;
  filter->name.assign(reinterpret_cast<const char16_t*>(service.Buffer), service.Length / sizeof(WCHAR));
  filter->identity = &system_.nt().driver(nt::to_utf8(filter->name));
  filter->registration.callbacks = registration;
  const nt::DriverIdentity* caller = nt::current_thread("FltRegisterFilter").driver;
  if (caller != nullptr && caller != filter->identity) {
    report(*filter, "VER-37", Severity::kError,
           "FltRegisterFilter was called by the driver " + caller->name +
               " with the driver object of another one (LIFE-1).");
  }
  if ((registration.Version & 0xFF00) != (FLT_REGISTRATION_VERSION & 0xFF00)) return STATUS_INVALID_PARAMETER;
  if (registration.Size != sizeof(FLT_REGISTRATION)) {
    report(*filter, "VER-37", Severity::kError,
           "FLT_REGISTRATION.Size is not sizeof(FLT_REGISTRATION) (LIFE-3).");
    return STATUS_INVALID_PARAMETER;
  }
  const bool normalizes = registration.NormalizeNameComponentCallback != nullptr ||
                          registration.NormalizeNameComponentExCallback != nullptr;
  if ((normalizes && registration.GenerateFileNameCallback == nullptr) ||
      (registration.NormalizeContextCleanupCallback != nullptr && !normalizes)) {
    return STATUS_INVALID_PARAMETER;  // LIFE-4
  }
  if (registration.GenerateFileNameCallback != nullptr)
    nt::unsupported("FLT_REGISTRATION.GenerateFileNameCallback");
  report_never_called(*filter);
  if (registration.FilterUnloadCallback == nullptr) {
    report(*filter, "VER-37", Severity::kWarning,
           "without a FilterUnloadCallback the driver cannot be unloaded by fltmc (LIFE-16).");
  }
  if (const NTSTATUS status = copy_operations(registration.OperationRegistration, *filter);
      !NT_SUCCESS(status))
    return status;
  filter->callback_counts.make_room(filter->registration.operations);
  if (const NTSTATUS status = copy_contexts(registration.ContextRegistration, *filter); !NT_SUCCESS(status))
    return status;
  if (const NTSTATUS status = read_definitions(*filter); !NT_SUCCESS(status)) return status;

  const std::lock_guard lock(mutex_);
  if (system_.options().semantics.altitude_clash_fails_registration) {
    for (const auto& other : filters_) {
      if (other->state < Filter::State::kDeleting &&
          other->definitions.front().altitude == filter->definitions.front().altitude) {
        return STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;  // ALT-9
      }
    }
  }
  result = filter.get();
  known_.insert(result);
  filters_.push_back(std::move(filter));
  return STATUS_SUCCESS;
}

}  // namespace fltsim::fltmgr
