// Tokens and privileges of user mode.
#include <algorithm>
#include <cstring>

#include "client/client.hpp"
#include "nt/text.hpp"

using namespace fltsim;
using namespace fltsim::client;

namespace {

struct Privilege {
  const char16_t* name;
  std::uint32_t luid;
};

constexpr Privilege kPrivileges[] = {
    {u"SeCreateTokenPrivilege", 2},
    {u"SeAssignPrimaryTokenPrivilege", 3},
    {u"SeLockMemoryPrivilege", 4},
    {u"SeIncreaseQuotaPrivilege", 5},
    {u"SeTcbPrivilege", 7},
    {u"SeSecurityPrivilege", 8},
    {u"SeTakeOwnershipPrivilege", 9},
    {u"SeLoadDriverPrivilege", 10},
    {u"SeSystemProfilePrivilege", 11},
    {u"SeSystemtimePrivilege", 12},
    {u"SeIncreaseBasePriorityPrivilege", 14},
    {u"SeBackupPrivilege", 17},
    {u"SeRestorePrivilege", 18},
    {u"SeShutdownPrivilege", 19},
    {u"SeDebugPrivilege", 20},
    {u"SeChangeNotifyPrivilege", 23},
    {u"SeManageVolumePrivilege", 28},
    {u"SeImpersonatePrivilege", 29},
};

BOOL lookup(nt::Thread& thread, std::u16string_view name, PLUID luid) {
  const auto found = std::find_if(std::begin(kPrivileges), std::end(kPrivileges),
                                  [&](const Privilege& privilege) { return privilege.name == name; });
  if (found == std::end(kPrivileges)) {
    thread.last_error = ERROR_NO_SUCH_PRIVILEGE;
    return FALSE;
  }
  *luid = {found->luid, 0};
  return TRUE;
}

BOOL too_small(nt::Thread& thread) {
  thread.last_error = ERROR_INSUFFICIENT_BUFFER;
  return FALSE;
}

}  // namespace

extern "C" {

BOOL OpenProcessToken(HANDLE Process, DWORD DesiredAccess, PHANDLE Token) {
  touch_output(Token);
  return nt::client_call("OpenProcessToken", FALSE, [&](nt::Thread& thread) -> BOOL {
    nt::Ref<nt::Process> process;
    if (const NTSTATUS status = open_handle(Process, nt::kProcessType, process); status != STATUS_SUCCESS)
      return win32_result(thread, status);
    *Token =
        nt::make_handle(process->token.get(), nt::map_generic(DesiredAccess, nt::kTokenType.mapping), false);
    return win32_result(thread, *Token != nullptr ? STATUS_SUCCESS : STATUS_PROCESS_IS_TERMINATING);
  });
}

BOOL LookupPrivilegeValueW(LPCWSTR, LPCWSTR Name, PLUID Luid) {
  touch_text(Name);
  touch_output(Luid);
  return nt::client_call("LookupPrivilegeValueW", FALSE,
                         [&](nt::Thread& thread) -> BOOL { return lookup(thread, view_of(Name), Luid); });
}

BOOL LookupPrivilegeValueA(LPCSTR, LPCSTR Name, PLUID Luid) {
  touch_text(Name);
  touch_output(Luid);
  return nt::client_call("LookupPrivilegeValueA", FALSE,
                         [&](nt::Thread& thread) -> BOOL { return lookup(thread, wide(Name), Luid); });
}

BOOL AdjustTokenPrivileges(HANDLE Token, BOOL DisableAllPrivileges, PTOKEN_PRIVILEGES NewState, DWORD,
                           PTOKEN_PRIVILEGES PreviousState, PDWORD) {
  if (NewState != nullptr) touch_input(NewState, sizeof(DWORD));
  return nt::client_call("AdjustTokenPrivileges", FALSE, [&](nt::Thread& thread) -> BOOL {
    if (DisableAllPrivileges != FALSE) nt::unsupported("AdjustTokenPrivileges that disables privileges");
    if (PreviousState != nullptr) nt::unsupported("AdjustTokenPrivileges with a previous state");
    nt::Ref<void> found;
    const NTSTATUS status =
        nt::reference_by_handle(Token, TOKEN_ADJUST_PRIVILEGES, &nt::kTokenType, nt::Mode::kUser, found);
    if (status != STATUS_SUCCESS) return win32_result(thread, status);
    const auto& token = *static_cast<const nt::Token*>(found.get());
    thread.last_error = ERROR_SUCCESS;
    for (DWORD i = 0; NewState != nullptr && i < NewState->PrivilegeCount; ++i) {
      const LUID_AND_ATTRIBUTES& wanted = NewState->Privileges[i];
      if (!token.has_privilege(wanted.Luid.LowPart)) {
        thread.last_error = ERROR_NOT_ALL_ASSIGNED;
      } else if ((wanted.Attributes & SE_PRIVILEGE_ENABLED) == 0) {
        nt::unsupported("AdjustTokenPrivileges that disables privileges");
      }
    }
    return TRUE;
  });
}

BOOL GetTokenInformation(HANDLE Token, TOKEN_INFORMATION_CLASS TokenInformationClass, LPVOID TokenInformation,
                         DWORD TokenInformationLength, PDWORD ReturnLength) {
  touch_output(ReturnLength);
  if (TokenInformationLength != 0) touch_output(TokenInformation, TokenInformationLength);
  return nt::client_call("GetTokenInformation", FALSE, [&](nt::Thread& thread) -> BOOL {
    nt::Ref<void> found;
    const NTSTATUS status =
        nt::reference_by_handle(Token, TOKEN_QUERY, &nt::kTokenType, nt::Mode::kUser, found);
    if (status != STATUS_SUCCESS) return win32_result(thread, status);
    const auto& token = *static_cast<const nt::Token*>(found.get());
    if (TokenInformationClass == TokenElevation) {
      *ReturnLength = sizeof(TOKEN_ELEVATION);
      if (TokenInformationLength < *ReturnLength) return too_small(thread);
      // Who may load drivers is elevated.
      static_cast<TOKEN_ELEVATION*>(TokenInformation)->TokenIsElevated =
          token.has_privilege(SE_LOAD_DRIVER_PRIVILEGE);
      return TRUE;
    }
    if (TokenInformationClass == TokenUser) {
      *ReturnLength = static_cast<DWORD>(sizeof(TOKEN_USER) + token.user.size());
      if (TokenInformationLength < *ReturnLength) return too_small(thread);
      auto* user = static_cast<TOKEN_USER*>(TokenInformation);
      user->User = {user + 1, 0};
      std::memcpy(user + 1, token.user.data(), token.user.size());
      return TRUE;
    }
    nt::unsupported("GetTokenInformation of a class other than TokenUser and TokenElevation");
  });
}

}  // extern "C"
