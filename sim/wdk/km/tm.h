// Kernel transactions, as far as a filter's source names them.
#pragma once

#include "../shared/access.h"
#include "../shared/status.h"

WDK_BEGIN

typedef struct _KTRANSACTION KTRANSACTION, *PKTRANSACTION;
typedef ULONG NOTIFICATION_MASK;
#define TRANSACTION_NOTIFY_MASK 0x3fffffffu
#define TRANSACTION_NOTIFY_PREPREPARE 0x00000001u
#define TRANSACTION_NOTIFY_PREPARE 0x00000002u
#define TRANSACTION_NOTIFY_COMMIT 0x00000004u
#define TRANSACTION_NOTIFY_ROLLBACK 0x00000008u
#define TRANSACTION_NOTIFY_PREPREPARE_COMPLETE 0x00000010u
#define TRANSACTION_NOTIFY_PREPARE_COMPLETE 0x00000020u
#define TRANSACTION_NOTIFY_COMMIT_COMPLETE 0x00000040u
#define TRANSACTION_NOTIFY_ROLLBACK_COMPLETE 0x00000080u
#define TRANSACTION_NOTIFY_RECOVER 0x00000100u
#define TRANSACTION_NOTIFY_SINGLE_PHASE_COMMIT 0x00000200u
#define TRANSACTION_NOTIFY_DELEGATE_COMMIT 0x00000400u
#define TRANSACTION_NOTIFY_RECOVER_QUERY 0x00000800u
#define TRANSACTION_NOTIFY_ENLIST_PREPREPARE 0x00001000u
#define TRANSACTION_NOTIFY_LAST_RECOVER 0x00002000u
#define TRANSACTION_NOTIFY_INDOUBT 0x00004000u
#define TRANSACTION_NOTIFY_COMMIT_FINALIZE 0x40000000u

typedef enum _TRANSACTION_OUTCOME {
  TransactionOutcomeUndetermined = 1,
  TransactionOutcomeCommitted,
  TransactionOutcomeAborted
} TRANSACTION_OUTCOME;

typedef enum _TRANSACTION_STATE {
  TransactionStateNormal = 1,
  TransactionStateIndoubt,
  TransactionStateCommittedNotify
} TRANSACTION_STATE;

typedef enum _TRANSACTION_INFORMATION_CLASS {
  TransactionBasicInformation,
  TransactionPropertiesInformation,
  TransactionEnlistmentInformation,
  TransactionSuperiorEnlistmentInformation
} TRANSACTION_INFORMATION_CLASS;

typedef struct _TRANSACTION_BASIC_INFORMATION {
  GUID TransactionId;
  ULONG State;
  ULONG Outcome;
} TRANSACTION_BASIC_INFORMATION, *PTRANSACTION_BASIC_INFORMATION;

NTSTATUS ZwQueryInformationTransaction(HANDLE TransactionHandle,
                                       TRANSACTION_INFORMATION_CLASS TransactionInformationClass,
                                       PVOID TransactionInformation, ULONG TransactionInformationLength,
                                       PULONG ReturnLength);

WDK_END
