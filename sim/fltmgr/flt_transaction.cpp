// Transactions. The simulated volumes have none (FILE_SUPPORTS_TRANSACTIONS is not among their attributes), so no
// operation carries one (FLT_RELATED_OBJECTS.Transaction is NULL), and nothing that a filter could pass here is one: NULL
// is STATUS_INVALID_PARAMETER, and any other address stops the machine (VER-20).
#include <string>

#include "fltmgr/api.hpp"

using namespace fltsim;
using namespace fltsim::fltmgr;

namespace {

NTSTATUS refuse_transaction(const char* routine, PFLT_INSTANCE instance, PKTRANSACTION transaction) {
  nt::Thread& thread = nt::enter(routine, nt::kApc);
  static_cast<void>(thread.system.fltmgr().live(instance, routine));
  if (transaction == nullptr) return STATUS_INVALID_PARAMETER;
  nt::bug_check(
      thread, "VER-20",
      std::string(routine) + " was called with an address that is no transaction: no volume here has any.");
}

}  // namespace

extern "C" {

NTSTATUS FltEnlistInTransaction(PFLT_INSTANCE Instance, PKTRANSACTION Transaction, PFLT_CONTEXT,
                                NOTIFICATION_MASK) {
  return refuse_transaction("FltEnlistInTransaction", Instance, Transaction);
}

NTSTATUS FltSetTransactionContext(PFLT_INSTANCE Instance, PKTRANSACTION Transaction,
                                  FLT_SET_CONTEXT_OPERATION, PFLT_CONTEXT, PFLT_CONTEXT* OldContext) {
  if (OldContext != nullptr) *OldContext = NULL_CONTEXT;
  return refuse_transaction("FltSetTransactionContext", Instance, Transaction);
}

NTSTATUS FltGetTransactionContext(PFLT_INSTANCE Instance, PKTRANSACTION Transaction, PFLT_CONTEXT* Context) {
  *Context = NULL_CONTEXT;
  return refuse_transaction("FltGetTransactionContext", Instance, Transaction);
}

NTSTATUS FltDeleteTransactionContext(PFLT_INSTANCE Instance, PKTRANSACTION Transaction,
                                     PFLT_CONTEXT* OldContext) {
  if (OldContext != nullptr) *OldContext = NULL_CONTEXT;
  return refuse_transaction("FltDeleteTransactionContext", Instance, Transaction);
}

NTSTATUS FltRollbackEnlistment(PFLT_INSTANCE Instance, PKTRANSACTION Transaction, PFLT_CONTEXT) {
  return refuse_transaction("FltRollbackEnlistment", Instance, Transaction);
}

NTSTATUS FltPrePrepareComplete(PFLT_INSTANCE Instance, PKTRANSACTION Transaction, PFLT_CONTEXT) {
  return refuse_transaction("FltPrePrepareComplete", Instance, Transaction);
}

NTSTATUS FltPrepareComplete(PFLT_INSTANCE Instance, PKTRANSACTION Transaction, PFLT_CONTEXT) {
  return refuse_transaction("FltPrepareComplete", Instance, Transaction);
}

NTSTATUS FltCommitComplete(PFLT_INSTANCE Instance, PKTRANSACTION Transaction, PFLT_CONTEXT) {
  return refuse_transaction("FltCommitComplete", Instance, Transaction);
}

NTSTATUS FltCommitFinalizeComplete(PFLT_INSTANCE Instance, PKTRANSACTION Transaction, PFLT_CONTEXT) {
  return refuse_transaction("FltCommitFinalizeComplete", Instance, Transaction);
}

NTSTATUS FltRollbackComplete(PFLT_INSTANCE Instance, PKTRANSACTION Transaction, PFLT_CONTEXT) {
  return refuse_transaction("FltRollbackComplete", Instance, Transaction);
}

// There is no kernel transaction manager either: no handle is one of a transaction.
NTSTATUS ZwQueryInformationTransaction(HANDLE TransactionHandle, TRANSACTION_INFORMATION_CLASS, PVOID, ULONG,
                                       PULONG) {
  nt::enter("ZwQueryInformationTransaction", nt::kPassive);
  nt::Ref<void> object;
  const NTSTATUS status = nt::reference_by_handle(TransactionHandle, 0, nullptr, nt::Mode::kKernel, object);
  return NT_SUCCESS(status) ? STATUS_OBJECT_TYPE_MISMATCH : status;
}

}  // extern "C"
