#include "nt/exports.hpp"

#include "io/file_object.hpp"
#include "io/volume.hpp"
#include "loader/loader.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"
#include "nt/identity.hpp"
#include "nt/security.hpp"

namespace fltsim::nt {
namespace {

// Drivers get the address of a variable that holds the type.
POBJECT_TYPE* export_type(const ObjectType& type) {
  static const ObjectType* const kTypes[] = {&kThreadType,         &kProcessType,   &io::kFileType,
                                             &kEventType,          &kSemaphoreType, &kTokenType,
                                             &loader::kDriverType, &io::kDeviceType};
  for (const ObjectType* const& candidate : kTypes) {
    if (candidate == &type) return reinterpret_cast<POBJECT_TYPE*>(const_cast<ObjectType**>(&candidate));
  }
  return nullptr;
}

}  // namespace

fltsim_module_exports module_exports(System& system) {
  const UserSpace& user = system.nt().user_space();
  fltsim_module_exports exports{};
  exports.PsThreadType_ = export_type(kThreadType);
  exports.PsProcessType_ = export_type(kProcessType);
  exports.IoFileObjectType_ = export_type(io::kFileType);
  exports.ExEventObjectType_ = export_type(kEventType);
  exports.ExSemaphoreObjectType_ = export_type(kSemaphoreType);
  exports.SeTokenObjectType_ = export_type(kTokenType);
  exports.IoDriverObjectType_ = export_type(loader::kDriverType);
  exports.IoDeviceObjectType_ = export_type(io::kDeviceType);
  exports.SeExports_ = static_cast<PSE_EXPORTS>(const_cast<void*>(se_exports()));
  exports.PsInitialSystemProcess_ = reinterpret_cast<PEPROCESS>(&system.nt().system_process());
  exports.MmUserProbeAddress_ = const_cast<std::byte*>(user.end());
  exports.MmHighestUserAddress_ = const_cast<std::byte*>(user.end() - 1);
  exports.MmSystemRangeStart_ = const_cast<std::byte*>(user.end());
  exports.KeNumberProcessors_ = static_cast<decltype(exports.KeNumberProcessors_)>(kProcessors);
  exports.NtBuildNumber_ = static_cast<decltype(exports.NtBuildNumber_)>(kBuildNumber);
  return exports;
}

}  // namespace fltsim::nt
