// Processes and threads, the rarer part: versions, silos, impersonation, quota, what a process and a thread can be
// asked.
#pragma once

#include "ps_notify.h"
#include "se.h"

WDK_BEGIN

typedef struct _SE_IMPERSONATION_STATE {
  PACCESS_TOKEN Token;
  BOOLEAN CopyOnOpen;
  BOOLEAN EffectiveOnly;
  SECURITY_IMPERSONATION_LEVEL Level;
} SE_IMPERSONATION_STATE, *PSE_IMPERSONATION_STATE;

BOOLEAN PsGetVersion(PULONG MajorVersion, PULONG MinorVersion, PULONG BuildNumber, PUNICODE_STRING CSDVersion);
ULONGLONG PsGetProcessStartKey(PEPROCESS Process);
NTSTATUS PsGetThreadExitStatus(PETHREAD Thread);
LONGLONG PsGetThreadCreateTime(PETHREAD Thread);
PVOID PsGetCurrentThreadTeb(VOID);
NTSTATUS PsImpersonateClient(PETHREAD Thread, PACCESS_TOKEN Token, BOOLEAN CopyOnOpen, BOOLEAN EffectiveOnly,
                             SECURITY_IMPERSONATION_LEVEL ImpersonationLevel);
VOID PsRevertToSelf(VOID);
VOID PsRevertThreadToSelf(PETHREAD Thread);
BOOLEAN PsDisableImpersonation(PETHREAD Thread, PSE_IMPERSONATION_STATE ImpersonationState);
VOID PsRestoreImpersonation(PETHREAD Thread, PSE_IMPERSONATION_STATE ImpersonationState);
BOOLEAN PsIsDiskCountersEnabled(VOID);
VOID PsUpdateDiskCounters(PEPROCESS Process, ULONG64 BytesRead, ULONG64 BytesWritten, ULONG ReadOperationCount,
                          ULONG WriteOperationCount, ULONG FlushOperationCount);
VOID PsChargePoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount);
NTSTATUS PsChargeProcessPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount);
VOID PsReturnPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount);

// --- silos: containers of Windows ---
typedef PVOID PESILO;
#define INVALID_SILO ((PESILO)-1)
#define SILO_MONITOR_REGISTRATION_VERSION 1
typedef NTSTATUS SILO_MONITOR_CREATE_CALLBACK(PESILO Silo);
typedef VOID SILO_MONITOR_TERMINATE_CALLBACK(PESILO Silo);
typedef VOID SILO_CONTEXT_CLEANUP_CALLBACK(PVOID SiloContext);
typedef struct _SILO_MONITOR_REGISTRATION {
  UCHAR Version;
  BOOLEAN MonitorHost;
  BOOLEAN MonitorExistingSilos;
  UCHAR Reserved[5];
  __extension__ union {
    PUNICODE_STRING DriverObjectName;
    PUNICODE_STRING ComponentName;
  };
  SILO_MONITOR_CREATE_CALLBACK* CreateCallback;
  SILO_MONITOR_TERMINATE_CALLBACK* TerminateCallback;
} SILO_MONITOR_REGISTRATION, *PSILO_MONITOR_REGISTRATION;
typedef struct _SILO_MONITOR* PSILO_MONITOR;
NTSTATUS PsRegisterSiloMonitor(PSILO_MONITOR_REGISTRATION Registration, PSILO_MONITOR* ReturnedMonitor);
NTSTATUS PsStartSiloMonitor(PSILO_MONITOR Monitor);
VOID PsUnregisterSiloMonitor(PSILO_MONITOR Monitor);
ULONG PsGetSiloMonitorContextSlot(PSILO_MONITOR Monitor);
PESILO PsGetCurrentSilo(VOID);
PESILO PsGetCurrentServerSilo(VOID);
PESILO PsGetEffectiveServerSilo(PESILO Silo);
PESILO PsGetParentSilo(PVOID Job);
PESILO PsGetHostSilo(VOID);
PESILO PsGetThreadServerSilo(PETHREAD Thread);
PESILO PsGetProcessServerSilo(PEPROCESS Process);
BOOLEAN PsIsHostSilo(PESILO Silo);
BOOLEAN PsIsCurrentThreadInServerSilo(VOID);
GUID* PsGetSiloContainerId(PESILO Silo);
ULONG PsGetServerSiloActiveConsoleId(PESILO Silo);
PESILO PsAttachSiloToCurrentThread(PESILO Silo);
VOID PsDetachSiloFromCurrentThread(PESILO PreviousSilo);
NTSTATUS PsCreateSiloContext(PESILO Silo, ULONG Size, POOL_TYPE PoolType,
                             SILO_CONTEXT_CLEANUP_CALLBACK* ContextCleanupCallback, PVOID* ReturnedSiloContext);
NTSTATUS PsInsertSiloContext(PESILO Silo, ULONG ContextSlot, PVOID SiloContext);
NTSTATUS PsInsertPermanentSiloContext(PESILO Silo, ULONG ContextSlot, PVOID SiloContext);
NTSTATUS PsGetSiloContext(PESILO Silo, ULONG ContextSlot, PVOID* ReturnedSiloContext);
NTSTATUS PsGetPermanentSiloContext(PESILO Silo, ULONG ContextSlot, PVOID* ReturnedSiloContext);
NTSTATUS PsReplaceSiloContext(PESILO Silo, ULONG ContextSlot, PVOID NewSiloContext, PVOID* OldSiloContext);
NTSTATUS PsRemoveSiloContext(PESILO Silo, ULONG ContextSlot, PVOID* RemovedSiloContext);
VOID PsReferenceSiloContext(PVOID SiloContext);
VOID PsDereferenceSiloContext(PVOID SiloContext);
NTSTATUS PsAllocSiloContextSlot(ULONG_PTR Reserved, ULONG* ReturnedContextSlot);
NTSTATUS PsFreeSiloContextSlot(ULONG ContextSlot);
NTSTATUS PsTerminateServerSilo(PESILO ServerSilo, NTSTATUS ExitStatus);

// --- classes of information. ZwQueryInformationProcess and the like have no public prototype: drivers bring theirs. ---
typedef enum _PROCESSINFOCLASS {
  ProcessBasicInformation = 0,
  ProcessQuotaLimits = 1,
  ProcessIoCounters = 2,
  ProcessVmCounters = 3,
  ProcessTimes = 4,
  ProcessBasePriority = 5,
  ProcessRaisePriority = 6,
  ProcessDebugPort = 7,
  ProcessExceptionPort = 8,
  ProcessAccessToken = 9,
  ProcessLdtInformation = 10,
  ProcessLdtSize = 11,
  ProcessDefaultHardErrorMode = 12,
  ProcessIoPortHandlers = 13,
  ProcessPooledUsageAndLimits = 14,
  ProcessWorkingSetWatch = 15,
  ProcessUserModeIOPL = 16,
  ProcessEnableAlignmentFaultFixup = 17,
  ProcessPriorityClass = 18,
  ProcessWx86Information = 19,
  ProcessHandleCount = 20,
  ProcessAffinityMask = 21,
  ProcessPriorityBoost = 22,
  ProcessDeviceMap = 23,
  ProcessSessionInformation = 24,
  ProcessForegroundInformation = 25,
  ProcessWow64Information = 26,
  ProcessImageFileName = 27,
  ProcessLUIDDeviceMapsEnabled = 28,
  ProcessBreakOnTermination = 29,
  ProcessDebugObjectHandle = 30,
  ProcessDebugFlags = 31,
  ProcessHandleTracing = 32,
  ProcessIoPriority = 33,
  ProcessExecuteFlags = 34,
  ProcessTlsInformation = 35,
  ProcessCookie = 36,
  ProcessImageInformation = 37,
  ProcessCycleTime = 38,
  ProcessPagePriority = 39,
  ProcessInstrumentationCallback = 40,
  ProcessThreadStackAllocation = 41,
  ProcessWorkingSetWatchEx = 42,
  ProcessImageFileNameWin32 = 43,
  ProcessImageFileMapping = 44,
  ProcessAffinityUpdateMode = 45,
  ProcessMemoryAllocationMode = 46,
  ProcessGroupInformation = 47,
  ProcessTokenVirtualizationEnabled = 48,
  ProcessOwnerInformation = 49,
  ProcessWindowInformation = 50,
  ProcessHandleInformation = 51,
  ProcessMitigationPolicy = 52,
  ProcessDynamicFunctionTableInformation = 53,
  ProcessHandleCheckingMode = 54,
  ProcessKeepAliveCount = 55,
  ProcessRevokeFileHandles = 56,
  ProcessWorkingSetControl = 57,
  ProcessHandleTable = 58,
  ProcessCheckStackExtentsMode = 59,
  ProcessCommandLineInformation = 60,
  ProcessProtectionInformation = 61,
  ProcessMemoryExhaustion = 62,
  ProcessFaultInformation = 63,
  ProcessTelemetryIdInformation = 64,
  ProcessCommitReleaseInformation = 65,
  ProcessReserved1Information = 66,
  ProcessReserved2Information = 67,
  ProcessSubsystemProcess = 68,
  ProcessInPrivate = 70,
  ProcessRaiseUMExceptionOnInvalidHandleClose = 71,
  ProcessSubsystemInformation = 75,
  ProcessWin32kSyscallFilterInformation = 79,
  ProcessEnergyTrackingState = 82,
  MaxProcessInfoClass
} PROCESSINFOCLASS;

typedef enum _THREADINFOCLASS {
  ThreadBasicInformation = 0,
  ThreadTimes = 1,
  ThreadPriority = 2,
  ThreadBasePriority = 3,
  ThreadAffinityMask = 4,
  ThreadImpersonationToken = 5,
  ThreadDescriptorTableEntry = 6,
  ThreadEnableAlignmentFaultFixup = 7,
  ThreadEventPair_Reusable = 8,
  ThreadQuerySetWin32StartAddress = 9,
  ThreadZeroTlsCell = 10,
  ThreadPerformanceCount = 11,
  ThreadAmILastThread = 12,
  ThreadIdealProcessor = 13,
  ThreadPriorityBoost = 14,
  ThreadSetTlsArrayAddress = 15,
  ThreadIsIoPending = 16,
  ThreadHideFromDebugger = 17,
  ThreadBreakOnTermination = 18,
  ThreadSwitchLegacyState = 19,
  ThreadIsTerminated = 20,
  ThreadLastSystemCall = 21,
  ThreadIoPriority = 22,
  ThreadCycleTime = 23,
  ThreadPagePriority = 24,
  ThreadActualBasePriority = 25,
  ThreadTebInformation = 26,
  ThreadCSwitchMon = 27,
  ThreadCSwitchPmu = 28,
  ThreadWow64Context = 29,
  ThreadGroupInformation = 30,
  ThreadUmsInformation = 31,
  ThreadCounterProfiling = 32,
  ThreadIdealProcessorEx = 33,
  ThreadCpuAccountingInformation = 34,
  ThreadSuspendCount = 35,
  ThreadActualGroupAffinity = 41,
  ThreadDynamicCodePolicyInfo = 42,
  ThreadSubsystemInformation = 45,
  MaxThreadInfoClass
} THREADINFOCLASS;

struct _PEB;
typedef struct _PROCESS_BASIC_INFORMATION {
  NTSTATUS ExitStatus;
  struct _PEB* PebBaseAddress;
  ULONG_PTR AffinityMask;
  KPRIORITY BasePriority;
  ULONG_PTR UniqueProcessId;
  ULONG_PTR InheritedFromUniqueProcessId;
} PROCESS_BASIC_INFORMATION, *PPROCESS_BASIC_INFORMATION;

typedef struct _PROCESS_EXTENDED_BASIC_INFORMATION {
  SIZE_T Size;
  PROCESS_BASIC_INFORMATION BasicInfo;
  __extension__ union {
    ULONG Flags;
    __extension__ struct {
      ULONG IsProtectedProcess : 1;
      ULONG IsWow64Process : 1;
      ULONG IsProcessDeleting : 1;
      ULONG IsCrossSessionCreate : 1;
      ULONG IsFrozen : 1;
      ULONG IsBackground : 1;
      ULONG IsStronglyNamed : 1;
      ULONG IsSecureProcess : 1;
      ULONG IsSubsystemProcess : 1;
      ULONG SpareBits : 23;
    };
  };
} PROCESS_EXTENDED_BASIC_INFORMATION, *PPROCESS_EXTENDED_BASIC_INFORMATION;

typedef struct _PROCESS_SESSION_INFORMATION {
  ULONG SessionId;
} PROCESS_SESSION_INFORMATION, *PPROCESS_SESSION_INFORMATION;

typedef struct _IO_COUNTERS {
  ULONGLONG ReadOperationCount;
  ULONGLONG WriteOperationCount;
  ULONGLONG OtherOperationCount;
  ULONGLONG ReadTransferCount;
  ULONGLONG WriteTransferCount;
  ULONGLONG OtherTransferCount;
} IO_COUNTERS, *PIO_COUNTERS;

typedef struct _VM_COUNTERS {
  SIZE_T PeakVirtualSize;
  SIZE_T VirtualSize;
  ULONG PageFaultCount;
  SIZE_T PeakWorkingSetSize;
  SIZE_T WorkingSetSize;
  SIZE_T QuotaPeakPagedPoolUsage;
  SIZE_T QuotaPagedPoolUsage;
  SIZE_T QuotaPeakNonPagedPoolUsage;
  SIZE_T QuotaNonPagedPoolUsage;
  SIZE_T PagefileUsage;
  SIZE_T PeakPagefileUsage;
} VM_COUNTERS, *PVM_COUNTERS;

typedef struct _KERNEL_USER_TIMES {
  LARGE_INTEGER CreateTime;
  LARGE_INTEGER ExitTime;
  LARGE_INTEGER KernelTime;
  LARGE_INTEGER UserTime;
} KERNEL_USER_TIMES, *PKERNEL_USER_TIMES;

WDK_END
