// Security reference monitor, the rarer part: privileges, auditing, access states, token filtering, signing levels.
#pragma once

#include "se.h"

WDK_BEGIN

typedef struct _SECURITY_CLIENT_CONTEXT {
  SECURITY_QUALITY_OF_SERVICE SecurityQos;
  PACCESS_TOKEN ClientToken;
  BOOLEAN DirectlyAccessClientToken;
  BOOLEAN DirectAccessEffectiveOnly;
  BOOLEAN ServerIsRemote;
  TOKEN_CONTROL ClientTokenControl;
} SECURITY_CLIENT_CONTEXT, *PSECURITY_CLIENT_CONTEXT;

BOOLEAN SePrivilegeCheck(PPRIVILEGE_SET RequiredPrivileges, PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext,
                         KPROCESSOR_MODE AccessMode);
VOID SeFreePrivileges(PPRIVILEGE_SET Privileges);
NTSTATUS SeAppendPrivileges(PACCESS_STATE AccessState, PPRIVILEGE_SET Privileges);
VOID SeCaptureSubjectContextEx(PETHREAD Thread, PEPROCESS Process, PSECURITY_SUBJECT_CONTEXT SubjectContext);
#define SeLengthSid(sid) (8 + (4 * ((SID*)(sid))->SubAuthorityCount))
#define SeStopImpersonatingClient() PsRevertToSelf()
#define SeDeleteClientSecurity(context) PsDereferencePrimaryToken((context)->ClientToken)
NTSTATUS SeCreateClientSecurity(PETHREAD ClientThread, PSECURITY_QUALITY_OF_SERVICE ClientSecurityQos,
                                BOOLEAN RemoteSession, PSECURITY_CLIENT_CONTEXT ClientContext);
NTSTATUS SeCreateClientSecurityFromSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext,
                                                  PSECURITY_QUALITY_OF_SERVICE ClientSecurityQos,
                                                  BOOLEAN ServerIsRemote, PSECURITY_CLIENT_CONTEXT ClientContext);
NTSTATUS SeImpersonateClientEx(PSECURITY_CLIENT_CONTEXT ClientContext, PETHREAD ServerThread);
VOID SeImpersonateClient(PSECURITY_CLIENT_CONTEXT ClientContext, PETHREAD ServerThread);

TOKEN_TYPE SeTokenType(PACCESS_TOKEN Token);
SECURITY_IMPERSONATION_LEVEL SeTokenImpersonationLevel(PACCESS_TOKEN Token);
BOOLEAN SeTokenIsRestricted(PACCESS_TOKEN Token);
BOOLEAN SeTokenIsWriteRestricted(PACCESS_TOKEN Token);
NTSTATUS SeQueryAuthenticationIdToken(PACCESS_TOKEN Token, PLUID AuthenticationId);
NTSTATUS SeQuerySessionIdToken(PACCESS_TOKEN Token, PULONG SessionId);
NTSTATUS SeSetSessionIdToken(PACCESS_TOKEN Token, ULONG SessionId);
#define DISABLE_MAX_PRIVILEGE 0x1u
#define SANDBOX_INERT 0x2u
#define LUA_TOKEN 0x4u
#define WRITE_RESTRICTED 0x8u
NTSTATUS SeFilterToken(PACCESS_TOKEN ExistingToken, ULONG Flags, PTOKEN_GROUPS SidsToDisable,
                       PTOKEN_PRIVILEGES PrivilegesToDelete, PTOKEN_GROUPS RestrictedSids,
                       PACCESS_TOKEN* FilteredToken);
NTSTATUS SeMarkLogonSessionForTerminationNotification(PLUID LogonId);
typedef NTSTATUS (*PSE_LOGON_SESSION_TERMINATED_ROUTINE)(PLUID LogonId);
NTSTATUS SeRegisterLogonSessionTerminatedRoutine(PSE_LOGON_SESSION_TERMINATED_ROUTINE CallbackRoutine);
NTSTATUS SeUnregisterLogonSessionTerminatedRoutine(PSE_LOGON_SESSION_TERMINATED_ROUTINE CallbackRoutine);

BOOLEAN SeAccessCheckFromState(PSECURITY_DESCRIPTOR SecurityDescriptor, PVOID PrimaryTokenInformation,
                               PVOID ClientTokenInformation, ACCESS_MASK DesiredAccess,
                               ACCESS_MASK PreviouslyGrantedAccess, PPRIVILEGE_SET* Privileges,
                               PGENERIC_MAPPING GenericMapping, KPROCESSOR_MODE AccessMode,
                               PACCESS_MASK GrantedAccess, PNTSTATUS AccessStatus);
NTSTATUS SeAssignSecurity(PSECURITY_DESCRIPTOR ParentDescriptor, PSECURITY_DESCRIPTOR ExplicitDescriptor,
                          PSECURITY_DESCRIPTOR* NewDescriptor, BOOLEAN IsDirectoryObject,
                          PSECURITY_SUBJECT_CONTEXT SubjectContext, PGENERIC_MAPPING GenericMapping,
                          POOL_TYPE PoolType);
NTSTATUS SeAssignSecurityEx(PSECURITY_DESCRIPTOR ParentDescriptor, PSECURITY_DESCRIPTOR ExplicitDescriptor,
                            PSECURITY_DESCRIPTOR* NewDescriptor, GUID* ObjectType, BOOLEAN IsDirectoryObject,
                            ULONG AutoInheritFlags, PSECURITY_SUBJECT_CONTEXT SubjectContext,
                            PGENERIC_MAPPING GenericMapping, POOL_TYPE PoolType);
NTSTATUS SeDeassignSecurity(PSECURITY_DESCRIPTOR* SecurityDescriptor);
BOOLEAN SeValidSecurityDescriptor(ULONG Length, PSECURITY_DESCRIPTOR SecurityDescriptor);
NTSTATUS SeQuerySecurityDescriptorInfo(PSECURITY_INFORMATION SecurityInformation,
                                       PSECURITY_DESCRIPTOR SecurityDescriptor, PULONG Length,
                                       PSECURITY_DESCRIPTOR* ObjectsSecurityDescriptor);
NTSTATUS SeSetSecurityDescriptorInfo(PVOID Object, PSECURITY_INFORMATION SecurityInformation,
                                     PSECURITY_DESCRIPTOR SecurityDescriptor,
                                     PSECURITY_DESCRIPTOR* ObjectsSecurityDescriptor, POOL_TYPE PoolType,
                                     PGENERIC_MAPPING GenericMapping);
NTSTATUS SeSetSecurityDescriptorInfoEx(PVOID Object, PSECURITY_INFORMATION SecurityInformation,
                                       PSECURITY_DESCRIPTOR ModificationDescriptor,
                                       PSECURITY_DESCRIPTOR* ObjectsSecurityDescriptor, ULONG AutoInheritFlags,
                                       POOL_TYPE PoolType, PGENERIC_MAPPING GenericMapping);
ULONG SeObjectCreateSaclAccessBits(PSECURITY_DESCRIPTOR SecurityDescriptor);
VOID SeSetAccessStateGenericMapping(PACCESS_STATE AccessState, PGENERIC_MAPPING GenericMapping);
VOID SeOpenObjectAuditAlarm(PUNICODE_STRING ObjectTypeName, PVOID Object, PUNICODE_STRING AbsoluteObjectName,
                            PSECURITY_DESCRIPTOR SecurityDescriptor, PACCESS_STATE AccessState,
                            BOOLEAN ObjectCreated, BOOLEAN AccessGranted, KPROCESSOR_MODE AccessMode,
                            PBOOLEAN GenerateOnClose);
VOID SeOpenObjectForDeleteAuditAlarm(PUNICODE_STRING ObjectTypeName, PVOID Object, PUNICODE_STRING AbsoluteObjectName,
                                     PSECURITY_DESCRIPTOR SecurityDescriptor, PACCESS_STATE AccessState,
                                     BOOLEAN ObjectCreated, BOOLEAN AccessGranted, KPROCESSOR_MODE AccessMode,
                                     PBOOLEAN GenerateOnClose);
VOID SeDeleteObjectAuditAlarm(PVOID Object, HANDLE Handle);
BOOLEAN SeAuditingFileEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor);
BOOLEAN SeAuditingFileOrGlobalEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor,
                                     PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext);

// --- signing of images ---
typedef UCHAR SE_SIGNING_LEVEL, *PSE_SIGNING_LEVEL;
#define SE_SIGNING_LEVEL_UNCHECKED 0x00
#define SE_SIGNING_LEVEL_UNSIGNED 0x01
#define SE_SIGNING_LEVEL_ENTERPRISE 0x02
#define SE_SIGNING_LEVEL_CUSTOM_1 0x03
#define SE_SIGNING_LEVEL_DEVELOPER SE_SIGNING_LEVEL_CUSTOM_1
#define SE_SIGNING_LEVEL_AUTHENTICODE 0x04
#define SE_SIGNING_LEVEL_CUSTOM_2 0x05
#define SE_SIGNING_LEVEL_STORE 0x06
#define SE_SIGNING_LEVEL_CUSTOM_3 0x07
#define SE_SIGNING_LEVEL_ANTIMALWARE SE_SIGNING_LEVEL_CUSTOM_3
#define SE_SIGNING_LEVEL_MICROSOFT 0x08
#define SE_SIGNING_LEVEL_CUSTOM_4 0x09
#define SE_SIGNING_LEVEL_CUSTOM_5 0x0A
#define SE_SIGNING_LEVEL_DYNAMIC_CODEGEN 0x0B
#define SE_SIGNING_LEVEL_WINDOWS 0x0C
#define SE_SIGNING_LEVEL_CUSTOM_7 0x0D
#define SE_SIGNING_LEVEL_WINDOWS_TCB 0x0E
#define SE_SIGNING_LEVEL_CUSTOM_6 0x0F

typedef enum _SE_IMAGE_TYPE { SeImageTypeElamDriver = 0, SeImageTypeDriver, SeImageTypePlatformSecureFile,
                              SeImageTypeDynamicCodeFile, SeImageTypeMax } SE_IMAGE_TYPE, *PSE_IMAGE_TYPE;
typedef enum _SE_IMAGE_VERIFICATION_CALLBACK_TYPE {
  SeImageVerificationCallbackInformational = 0
} SE_IMAGE_VERIFICATION_CALLBACK_TYPE, *PSE_IMAGE_VERIFICATION_CALLBACK_TYPE;
typedef struct _BDCB_IMAGE_INFORMATION* PBDCB_IMAGE_INFORMATION;
typedef VOID SE_IMAGE_VERIFICATION_CALLBACK_FUNCTION(PVOID CallbackContext, SE_IMAGE_TYPE ImageType,
                                                     PBDCB_IMAGE_INFORMATION ImageInformation);
typedef SE_IMAGE_VERIFICATION_CALLBACK_FUNCTION* PSE_IMAGE_VERIFICATION_CALLBACK_FUNCTION;
NTSTATUS SeRegisterImageVerificationCallback(SE_IMAGE_TYPE ImageType,
                                             SE_IMAGE_VERIFICATION_CALLBACK_TYPE CallbackType,
                                             PSE_IMAGE_VERIFICATION_CALLBACK_FUNCTION CallbackFunction,
                                             PVOID CallbackContext, PVOID Token, PVOID* CallbackHandle);
VOID SeUnregisterImageVerificationCallback(PVOID CallbackHandle);

WDK_END
