// The kernel's data exports. A driver module holds them in a table of its own, which the loader fills: the names below
// are in the module, not in the simulator, because their values belong to the machine that loaded it.
#pragma once

#include "se.h"

WDK_BEGIN

struct fltsim_module_exports {
  POBJECT_TYPE *PsThreadType_, *PsProcessType_, *IoFileObjectType_, *ExEventObjectType_;
  POBJECT_TYPE *ExSemaphoreObjectType_, *SeTokenObjectType_, *IoDriverObjectType_, *IoDeviceObjectType_;
  POBJECT_TYPE *TmTransactionObjectType_, *CmKeyObjectType_;
  PSE_EXPORTS SeExports_;
  PEPROCESS PsInitialSystemProcess_;
  PVOID MmUserProbeAddress_;
  PVOID MmHighestUserAddress_;
  PVOID MmSystemRangeStart_;
  CCHAR KeNumberProcessors_;
  USHORT NtBuildNumber_;
};

#ifdef FLTSIM_DRIVER_UNIT
extern __attribute__((visibility("hidden"))) struct fltsim_module_exports fltsim_exports;
#define PsThreadType (fltsim_exports.PsThreadType_)
#define PsProcessType (fltsim_exports.PsProcessType_)
#define IoFileObjectType (fltsim_exports.IoFileObjectType_)
#define ExEventObjectType (fltsim_exports.ExEventObjectType_)
#define ExSemaphoreObjectType (fltsim_exports.ExSemaphoreObjectType_)
#define SeTokenObjectType (fltsim_exports.SeTokenObjectType_)
#define IoDriverObjectType (fltsim_exports.IoDriverObjectType_)
#define IoDeviceObjectType (fltsim_exports.IoDeviceObjectType_)
#define TmTransactionObjectType (fltsim_exports.TmTransactionObjectType_)
#define CmKeyObjectType (fltsim_exports.CmKeyObjectType_)
#define SeExports (fltsim_exports.SeExports_)
#define PsInitialSystemProcess (fltsim_exports.PsInitialSystemProcess_)
#define MmUserProbeAddress ((ULONG_PTR)fltsim_exports.MmUserProbeAddress_)
#define MM_USER_PROBE_ADDRESS MmUserProbeAddress
#define MmHighestUserAddress (fltsim_exports.MmHighestUserAddress_)
#define MM_HIGHEST_USER_ADDRESS MmHighestUserAddress
#define MmSystemRangeStart (fltsim_exports.MmSystemRangeStart_)
#define KeNumberProcessors (fltsim_exports.KeNumberProcessors_)
#define NtBuildNumber (fltsim_exports.NtBuildNumber_)
#endif

WDK_END
