// Extra create parameters (IRQL-3). A finding, VER-20, for what is no list or parameter any more.
#include <cstring>
#include <new>

#include "fltmgr/api.hpp"
#include "fltmgr/ecp.hpp"
#include "nt/driver_call.hpp"

using namespace fltsim;
using namespace fltsim::fltmgr;

namespace {

constexpr std::uint32_t kListTag = 0x4C706345;  // "EcpL"

ECP_HEADER& header_of(nt::Thread& thread, PVOID context, const char* routine) {
  auto* header = static_cast<ECP_HEADER*>(context) - 1;
  nt::Pool::Allocation known{};
  if (!thread.system.nt().pool().find(header, known) || header->signature != ECP_HEADER::kSignature) {
    nt::bug_check(thread, "VER-20",
                  std::string(routine) + " was called with an address that is no extra create parameter.");
  }
  return *header;
}

ECP_LIST& list_at(nt::Thread& thread, PECP_LIST list, const char* routine) {
  nt::Pool::Allocation known{};
  if (list == nullptr || !thread.system.nt().pool().find(list, known) ||
      list->signature != ECP_LIST::kSignature) {
    nt::bug_check(
        thread, "VER-20",
        std::string(routine) + " was called with an address that is no list of extra create parameters.");
  }
  return *list;
}

PVOID context_of(ECP_HEADER* header) { return header + 1; }

ECP_HEADER* find_type(const ECP_LIST& list, const GUID& type) {
  ECP_HEADER* header = list.first;
  while (header != nullptr && std::memcmp(&header->type, &type, sizeof type) != 0) header = header->next;
  return header;
}

void take_out(ECP_LIST& list, ECP_HEADER& header) {
  ECP_HEADER** link = &list.first;
  while (*link != &header) link = &(*link)->next;
  *link = header.next;
  header.next = nullptr;
  header.list = nullptr;
}

void free_header(nt::Thread& thread, ECP_HEADER& header) {
  if (header.cleanup != nullptr) {
    nt::call_driver([&] {
      header.cleanup(context_of(&header), &header.type);
      return 0;
    });
  }
  header.signature = 0;
  thread.system.nt().pool().free(thread, "FltFreeExtraCreateParameter", &header, 0);
}

void tell(const ECP_HEADER& header, PVOID* context, ULONG* size) {
  if (context != nullptr) *context = context_of(const_cast<ECP_HEADER*>(&header));
  if (size != nullptr) *size = header.size;
}

bool is_create(PFLT_CALLBACK_DATA data) { return data->Iopb->MajorFunction == IRP_MJ_CREATE; }

}  // namespace

namespace fltsim::fltmgr {

void free_ecp_list(nt::Thread& thread, ECP_LIST* list) {
  if (list == nullptr) return;
  while (list->first != nullptr) {
    ECP_HEADER& header = *list->first;
    take_out(*list, header);
    free_header(thread, header);
  }
  list->signature = 0;
  thread.system.nt().pool().free(thread, "FltFreeExtraCreateParameterList", list, kListTag);
}

}  // namespace fltsim::fltmgr

extern "C" {

NTSTATUS FltAllocateExtraCreateParameterList(PFLT_FILTER Filter, FSRTL_ALLOCATE_ECPLIST_FLAGS,
                                             PECP_LIST* EcpList) {
  nt::Thread& thread = nt::enter("FltAllocateExtraCreateParameterList", nt::kApc);
  *EcpList = nullptr;
  if (thread.system.fltmgr().live(Filter, "FltAllocateExtraCreateParameterList") == nullptr)
    return STATUS_INVALID_PARAMETER;
  if (nt::fails_now(thread, "FltAllocateExtraCreateParameterList")) return STATUS_INSUFFICIENT_RESOURCES;
  void* memory = thread.system.nt().pool().allocate(thread.driver, nt::Pool::Kind::kPaged,
                                                    nt::Pool::Fill::kZero, sizeof(ECP_LIST), kListTag);
  if (memory == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  *EcpList = new (memory) ECP_LIST;
  return STATUS_SUCCESS;
}

VOID FltFreeExtraCreateParameterList(PFLT_FILTER, PECP_LIST EcpList) {
  nt::Thread& thread = nt::enter("FltFreeExtraCreateParameterList", nt::kApc);
  free_ecp_list(thread, &list_at(thread, EcpList, "FltFreeExtraCreateParameterList"));
}

NTSTATUS FltAllocateExtraCreateParameter(PFLT_FILTER Filter, LPCGUID EcpType, ULONG SizeOfContext,
                                         FSRTL_ALLOCATE_ECP_FLAGS Flags,
                                         PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK CleanupCallback,
                                         ULONG PoolTag, PVOID* EcpContext) {
  nt::Thread& thread = nt::enter("FltAllocateExtraCreateParameter", nt::kApc);
  *EcpContext = nullptr;
  if (thread.system.fltmgr().live(Filter, "FltAllocateExtraCreateParameter") == nullptr)
    return STATUS_INVALID_PARAMETER;
  if (nt::fails_now(thread, "FltAllocateExtraCreateParameter")) return STATUS_INSUFFICIENT_RESOURCES;
  const bool nonpaged = (Flags & FSRTL_ALLOCATE_ECP_FLAG_NONPAGED_POOL) != 0;
  void* memory = thread.system.nt().pool().allocate(
      thread.driver, nonpaged ? nt::Pool::Kind::kNonPaged : nt::Pool::Kind::kPaged, nt::Pool::Fill::kZero,
      sizeof(ECP_HEADER) + SizeOfContext, PoolTag);
  if (memory == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  auto* header = new (memory) ECP_HEADER;
  header->size = SizeOfContext;
  header->cleanup = CleanupCallback;
  header->type = *EcpType;
  *EcpContext = context_of(header);
  return STATUS_SUCCESS;
}

VOID FltFreeExtraCreateParameter(PFLT_FILTER, PVOID EcpContext) {
  nt::Thread& thread = nt::enter("FltFreeExtraCreateParameter", nt::kApc);
  ECP_HEADER& header = header_of(thread, EcpContext, "FltFreeExtraCreateParameter");
  if (header.list != nullptr) {
    nt::report(thread, "VER-20", Severity::kError,
               "FltFreeExtraCreateParameter for a parameter that is in a list: take it out with "
               "FltRemoveExtraCreateParameter first.");
    take_out(*header.list, header);
  }
  free_header(thread, header);
}

NTSTATUS FltInsertExtraCreateParameter(PFLT_FILTER, PECP_LIST EcpList, PVOID EcpContext) {
  nt::Thread& thread = nt::enter("FltInsertExtraCreateParameter", nt::kApc);
  ECP_LIST& list = list_at(thread, EcpList, "FltInsertExtraCreateParameter");
  ECP_HEADER& header = header_of(thread, EcpContext, "FltInsertExtraCreateParameter");
  if (header.list != nullptr || find_type(list, header.type) != nullptr) return STATUS_INVALID_PARAMETER;
  ECP_HEADER** link = &list.first;
  while (*link != nullptr) link = &(*link)->next;
  *link = &header;
  header.list = &list;
  return STATUS_SUCCESS;
}

NTSTATUS FltFindExtraCreateParameter(PFLT_FILTER, PECP_LIST EcpList, LPCGUID EcpType, PVOID* EcpContext,
                                     ULONG* EcpContextSize) {
  nt::Thread& thread = nt::enter("FltFindExtraCreateParameter", nt::kApc);
  if (EcpContext != nullptr) *EcpContext = nullptr;
  const ECP_HEADER* header = find_type(list_at(thread, EcpList, "FltFindExtraCreateParameter"), *EcpType);
  if (header == nullptr) return STATUS_NOT_FOUND;
  tell(*header, EcpContext, EcpContextSize);
  return STATUS_SUCCESS;
}

NTSTATUS FltRemoveExtraCreateParameter(PFLT_FILTER, PECP_LIST EcpList, LPCGUID EcpType, PVOID* EcpContext,
                                       ULONG* EcpContextSize) {
  nt::Thread& thread = nt::enter("FltRemoveExtraCreateParameter", nt::kApc);
  *EcpContext = nullptr;
  ECP_LIST& list = list_at(thread, EcpList, "FltRemoveExtraCreateParameter");
  ECP_HEADER* header = find_type(list, *EcpType);
  if (header == nullptr) return STATUS_NOT_FOUND;
  take_out(list, *header);
  tell(*header, EcpContext, EcpContextSize);
  return STATUS_SUCCESS;
}

NTSTATUS FltGetNextExtraCreateParameter(PFLT_FILTER, PECP_LIST EcpList, PVOID CurrentEcpContext,
                                        LPGUID NextEcpType, PVOID* NextEcpContext,
                                        ULONG* NextEcpContextSize) {
  nt::Thread& thread = nt::enter("FltGetNextExtraCreateParameter", nt::kApc);
  if (NextEcpContext != nullptr) *NextEcpContext = nullptr;
  const ECP_LIST& list = list_at(thread, EcpList, "FltGetNextExtraCreateParameter");
  const ECP_HEADER* next = CurrentEcpContext == nullptr
                               ? list.first
                               : header_of(thread, CurrentEcpContext, "FltGetNextExtraCreateParameter").next;
  if (next == nullptr) return STATUS_NOT_FOUND;
  if (NextEcpType != nullptr) *NextEcpType = next->type;
  tell(*next, NextEcpContext, NextEcpContextSize);
  return STATUS_SUCCESS;
}

NTSTATUS FltGetEcpListFromCallbackData(PFLT_FILTER, PFLT_CALLBACK_DATA CallbackData, PECP_LIST* EcpList) {
  nt::enter("FltGetEcpListFromCallbackData", nt::kApc);
  *EcpList = nullptr;
  if (!is_create(CallbackData)) return STATUS_INVALID_PARAMETER;
  *EcpList = static_cast<PECP_LIST>(
      fltmgr::CallbackData::of(CallbackData).operation->request->extra_create_parameters);
  return STATUS_SUCCESS;
}

// The list goes with the create from here on.
NTSTATUS FltSetEcpListIntoCallbackData(PFLT_FILTER, PFLT_CALLBACK_DATA CallbackData, PECP_LIST EcpList) {
  nt::Thread& thread = nt::enter("FltSetEcpListIntoCallbackData", nt::kApc);
  ActiveOperation& operation = *fltmgr::CallbackData::of(CallbackData).operation;
  if (!is_create(CallbackData) || operation.request->extra_create_parameters != nullptr ||
      operation.phase != ActiveOperation::Phase::kPre) {
    return STATUS_INVALID_PARAMETER;
  }
  ECP_LIST& list = list_at(thread, EcpList, "FltSetEcpListIntoCallbackData");
  operation.request->extra_create_parameters = &list;
  operation.make_extras().own_ecp_list = &list;
  return STATUS_SUCCESS;
}

VOID FltAcknowledgeEcp(PFLT_FILTER, PVOID EcpContext) {
  nt::Thread& thread = nt::enter("FltAcknowledgeEcp", nt::kApc);
  header_of(thread, EcpContext, "FltAcknowledgeEcp").acknowledged = true;
}

BOOLEAN FltIsEcpAcknowledged(PFLT_FILTER, PVOID EcpContext) {
  nt::Thread& thread = nt::enter("FltIsEcpAcknowledged", nt::kApc);
  return header_of(thread, EcpContext, "FltIsEcpAcknowledged").acknowledged;
}

BOOLEAN FltIsEcpFromUserMode(PFLT_FILTER, PVOID EcpContext) {
  nt::Thread& thread = nt::enter("FltIsEcpFromUserMode", nt::kApc);
  return header_of(thread, EcpContext, "FltIsEcpFromUserMode").from_user_mode;
}

}  // extern "C"
