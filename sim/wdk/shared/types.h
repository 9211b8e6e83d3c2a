// The base types of Windows with the sizes they have on 64-bit Windows: LONG and ULONG are 32 bits wide, WCHAR is 16.
// Three kinds of translation unit share this file: driver units in C and in C++ (compiled with -fshort-wchar, so WCHAR
// is wchar_t and L"..." is 16 bits wide), and hosted C++20 (WCHAR is char16_t; u"..." is its literal).
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "sal.h"
#include "version.h"

#ifdef __cplusplus
#define WDK_BEGIN extern "C" {
#define WDK_END }
#define EXTERN_C extern "C"
#define EXTERN_C_START WDK_BEGIN
#define EXTERN_C_END WDK_END
#else
#define WDK_BEGIN
#define WDK_END
#define EXTERN_C extern
#define EXTERN_C_START
#define EXTERN_C_END
#endif

#define VOID void
#define CONST const
#define NTAPI
#define NTAPI_INLINE
#define WINAPI
#define APIENTRY
#define CALLBACK
#define FASTCALL
#define FLTAPI
#define NTSYSAPI
#define NTSYSCALLAPI
#define NTKERNELAPI
#define NTHALAPI
#define DECLSPEC_IMPORT
#define DECLSPEC_EXPORT
#define DECLSPEC_NORETURN __attribute__((noreturn))
#define DECLSPEC_ALIGN(x) __attribute__((aligned(x)))
#define DECLSPEC_CACHEALIGN DECLSPEC_ALIGN(64)
#define DECLSPEC_NOINLINE __attribute__((noinline))
#define FORCEINLINE static inline __attribute__((unused))
#define CFORCEINLINE FORCEINLINE
#define __forceinline inline __attribute__((always_inline))
#define __inline inline
#define UNALIGNED
#define RESTRICTED_POINTER
#define POINTER_64
#define POINTER_32
#define ANYSIZE_ARRAY 1
#define MAX_PATH 260
#define MEMORY_ALLOCATION_ALIGNMENT 16

typedef void* PVOID;
typedef void *LPVOID, **PPVOID;
typedef const void *PCVOID, *LPCVOID;
typedef char CHAR, *PCHAR, *LPCH, *PCH, *LPSTR, *PSTR, *PSZ, CCHAR, *PCCHAR;
typedef const char *LPCSTR, *PCSTR, *PCSZ, *PCCH, *LPCCH, *PCNZCH;
typedef unsigned char UCHAR, *PUCHAR, BYTE, *PBYTE, *LPBYTE, BOOLEAN, *PBOOLEAN;
typedef short SHORT, *PSHORT, CSHORT;
typedef unsigned short USHORT, *PUSHORT, WORD, *PWORD, *LPWORD;
typedef int INT, *PINT, *LPINT, LONG, *PLONG, *LPLONG, BOOL, *PBOOL, *LPBOOL, NTSTATUS, *PNTSTATUS, HRESULT;
typedef unsigned int UINT, *PUINT, ULONG, *PULONG, DWORD, *PDWORD, *LPDWORD, LOGICAL, *PLOGICAL, CLONG, *PCLONG;
typedef long long LONGLONG, *PLONGLONG, LONG64, *PLONG64, USN;
typedef unsigned long long ULONGLONG, *PULONGLONG, DWORDLONG, DWORD64, *PDWORD64, ULONG64, *PULONG64;
typedef signed char INT8, *PINT8;
typedef short INT16, *PINT16;
typedef int INT32, *PINT32, LONG32, *PLONG32;
typedef long long INT64, *PINT64;
typedef unsigned char UINT8, *PUINT8;
typedef unsigned short UINT16, *PUINT16;
typedef unsigned int UINT32, *PUINT32, ULONG32, *PULONG32, DWORD32;
typedef unsigned long long UINT64, *PUINT64;
typedef long long INT_PTR, *PINT_PTR, LONG_PTR, *PLONG_PTR, SSIZE_T, *PSSIZE_T;
typedef unsigned long long UINT_PTR, *PUINT_PTR, ULONG_PTR, *PULONG_PTR, DWORD_PTR, *PDWORD_PTR, SIZE_T, *PSIZE_T;
typedef ULONG_PTR KAFFINITY, *PKAFFINITY, KSPIN_LOCK, *PKSPIN_LOCK;
typedef LONG KPRIORITY;
typedef float FLOAT;
typedef double DOUBLE;
typedef void *HANDLE, **PHANDLE;

// MSVC's spellings. As macros, so that "unsigned __int64" works.
#define __int8 char
#define __int16 short
#define __int32 int
#define __int64 long long

#if __SIZEOF_WCHAR_T__ == 2
typedef wchar_t WCHAR;
#elif defined(__cplusplus)
typedef char16_t WCHAR;
#else
typedef uint16_t WCHAR;
#endif
typedef WCHAR *PWCHAR, *LPWCH, *PWCH, *LPWSTR, *PWSTR, *NTSTRSAFE_PWSTR;
typedef const WCHAR *LPCWSTR, *PCWSTR, *PCWCH, *LPCWCH, *PCNZWCH, *NTSTRSAFE_PCWSTR;
typedef char* NTSTRSAFE_PSTR;
typedef const char* NTSTRSAFE_PCSTR;

#ifdef __cplusplus
static_assert(sizeof(WCHAR) == 2 && sizeof(LONG) == 4 && sizeof(LONGLONG) == 8 && sizeof(PVOID) == 8, "LLP64 shape");
#else
_Static_assert(sizeof(WCHAR) == 2 && sizeof(LONG) == 4 && sizeof(LONGLONG) == 8 && sizeof(PVOID) == 8, "LLP64 shape");
#endif

#ifndef TRUE
#define TRUE 1
#define FALSE 0
#endif

#define MAXUCHAR 0xff
#define MAXUSHORT 0xffff
#define MAXSHORT 0x7fff
#define MAXLONG 0x7fffffff
#define MINLONG ((LONG)0x80000000)
#define MAXULONG 0xffffffffu
#define MAXDWORD 0xffffffffu
#define MINCHAR 0x80
#define MAXCHAR 0x7f
#define MINSHORT 0x8000
#define MAXINT 0x7fffffff
#define MAXUINT 0xffffffffu
#define MAXWORD 0xffff
#define MAXBYTE 0xff
#define MINLONGLONG (-0x7fffffffffffffffll - 1)
#define MAXLONG_PTR 0x7fffffffffffffffll
#define MINLONG_PTR (-0x7fffffffffffffffll - 1)
#define MAXULONG32 0xffffffffu
#define MAXULONG64 0xffffffffffffffffull
#define MAXSSIZE_T 0x7fffffffffffffffll
#define MAXLONGLONG 0x7fffffffffffffffll
#define MAXULONGLONG 0xffffffffffffffffull
#define MAXULONG_PTR 0xffffffffffffffffull
#define MAXSIZE_T 0xffffffffffffffffull
#define UNICODE_NULL ((WCHAR)0)
#define UNICODE_STRING_MAX_BYTES ((USHORT)65534)
#define UNICODE_STRING_MAX_CHARS 32767
#define ANSI_NULL ((CHAR)0)
#define OBJ_NAME_PATH_SEPARATOR ((WCHAR)'\\')

typedef union _LARGE_INTEGER {
  __extension__ struct {
    ULONG LowPart;
    LONG HighPart;
  };
  struct {
    ULONG LowPart;
    LONG HighPart;
  } u;
  LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
  __extension__ struct {
    ULONG LowPart;
    ULONG HighPart;
  };
  struct {
    ULONG LowPart;
    ULONG HighPart;
  } u;
  ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef struct _LUID {
  ULONG LowPart;
  LONG HighPart;
} LUID, *PLUID;

typedef struct _GUID {
  ULONG Data1;
  USHORT Data2;
  USHORT Data3;
  UCHAR Data4[8];
} GUID, *PGUID, *LPGUID, UUID;
typedef const GUID* LPCGUID;
#ifdef __cplusplus
typedef const GUID &REFGUID, &REFIID, &REFCLSID;
#else
typedef const GUID *REFGUID, *REFIID, *REFCLSID;
#endif

// A GUID is defined in each unit that declares it, so INITGUID decides nothing.
#define DEFINE_GUID(name, data1, data2, data3, b0, b1, b2, b3, b4, b5, b6, b7)    \
  static const GUID __attribute__((unused)) name = {                              \
      data1, data2, data3, {b0, b1, b2, b3, b4, b5, b6, b7}}
#define InlineIsEqualGUID(left, right) (__builtin_memcmp((left), (right), sizeof(GUID)) == 0)
#ifdef __cplusplus
#define IsEqualGUID(left, right) InlineIsEqualGUID(&(left), &(right))
#else
#define IsEqualGUID(left, right) InlineIsEqualGUID((left), (right))
#endif

// Length and MaximumLength count bytes; the text need not end in a null.
typedef struct _UNICODE_STRING {
  USHORT Length;
  USHORT MaximumLength;
  PWCH Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING* PCUNICODE_STRING;

typedef struct _STRING {
  USHORT Length;
  USHORT MaximumLength;
  PCHAR Buffer;
} STRING, *PSTRING, ANSI_STRING, *PANSI_STRING, OEM_STRING, *POEM_STRING, UTF8_STRING, *PUTF8_STRING;
typedef const STRING *PCANSI_STRING, *PCOEM_STRING, *PCSTRING;

typedef struct _LIST_ENTRY {
  struct _LIST_ENTRY* Flink;
  struct _LIST_ENTRY* Blink;
} LIST_ENTRY, *PLIST_ENTRY, *PRLIST_ENTRY;

typedef struct _SINGLE_LIST_ENTRY {
  struct _SINGLE_LIST_ENTRY* Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;

typedef struct _OBJECT_ATTRIBUTES {
  ULONG Length;
  HANDLE RootDirectory;
  PUNICODE_STRING ObjectName;
  ULONG Attributes;
  PVOID SecurityDescriptor;
  PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;
typedef const OBJECT_ATTRIBUTES* PCOBJECT_ATTRIBUTES;

#define OBJ_INHERIT 0x00000002u
#define OBJ_PERMANENT 0x00000010u
#define OBJ_EXCLUSIVE 0x00000020u
#define OBJ_CASE_INSENSITIVE 0x00000040u
#define OBJ_OPENIF 0x00000080u
#define OBJ_OPENLINK 0x00000100u
#define OBJ_KERNEL_HANDLE 0x00000200u
#define OBJ_FORCE_ACCESS_CHECK 0x00000400u
#define OBJ_IGNORE_IMPERSONATED_DEVICEMAP 0x00000800u
#define OBJ_DONT_REPARSE 0x00001000u
#define OBJ_VALID_ATTRIBUTES 0x00001FF2u

#define InitializeObjectAttributes(attributes, name, flags, root, security) \
  do {                                                                      \
    (attributes)->Length = sizeof(OBJECT_ATTRIBUTES);                       \
    (attributes)->RootDirectory = (root);                                   \
    (attributes)->Attributes = (flags);                                     \
    (attributes)->ObjectName = (name);                                      \
    (attributes)->SecurityDescriptor = (security);                          \
    (attributes)->SecurityQualityOfService = NULL;                          \
  } while (0)

#define RTL_CONSTANT_OBJECT_ATTRIBUTES(name, flags) \
  { sizeof(OBJECT_ATTRIBUTES), NULL, (PUNICODE_STRING)(name), (flags), NULL, NULL }
#define RTL_INIT_OBJECT_ATTRIBUTES(name, flags) RTL_CONSTANT_OBJECT_ATTRIBUTES(name, flags)
#ifdef __cplusplus
extern "C++" {
template <class Unit>
constexpr Unit* fltsim_writable(const Unit* text) {
  return const_cast<Unit*>(text);
}
}
#define RTL_CONSTANT_STRING(text) \
  { (USHORT)(sizeof(text) - sizeof((text)[0])), (USHORT)sizeof(text), fltsim_writable(text) }
#else
#define RTL_CONSTANT_STRING(text) \
  { sizeof(text) - sizeof((text)[0]), sizeof(text), (__typeof__(&(((__typeof__(text)*)0)[0][0])))(text) }
#endif
#define DECLARE_CONST_UNICODE_STRING(variable, text)  \
  const WCHAR variable##_buffer[] = text;             \
  const UNICODE_STRING variable = {sizeof(text) - sizeof(WCHAR), sizeof(text), (PWCH)variable##_buffer}
#define DECLARE_GLOBAL_CONST_UNICODE_STRING(variable, text)   \
  extern const UNICODE_STRING variable;                       \
  const UNICODE_STRING variable = RTL_CONSTANT_STRING(text)
#define DECLARE_UNICODE_STRING_SIZE(variable, size) \
  WCHAR variable##_buffer[size];                    \
  UNICODE_STRING variable = {0, (size) * sizeof(WCHAR), variable##_buffer}

typedef struct _IO_STATUS_BLOCK {
  __extension__ union {
    NTSTATUS Status;
    PVOID Pointer;
  };
  ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;

#define NT_SUCCESS(status) ((NTSTATUS)(status) >= 0)
#define NT_INFORMATION(status) (((ULONG)(status) >> 30) == 1u)
#define NT_WARNING(status) (((ULONG)(status) >> 30) == 2u)
#define NT_ERROR(status) (((ULONG)(status) >> 30) == 3u)

#define NOTHING
#define NT_ANALYSIS_ASSUME(expression) ((void)0)
#define UNREFERENCED_PARAMETER(parameter) ((void)(parameter))
#define DBG_UNREFERENCED_PARAMETER(parameter) ((void)(parameter))
#define DBG_UNREFERENCED_LOCAL_VARIABLE(variable) ((void)(variable))
#define DEFAULT_UNREACHABLE default: __builtin_unreachable()
#define ARGUMENT_PRESENT(argument) ((argument) != NULL)
#define FIELD_OFFSET(type, field) ((LONG)__builtin_offsetof(type, field))
#define UFIELD_OFFSET(type, field) ((ULONG)__builtin_offsetof(type, field))
#define RTL_FIELD_SIZE(type, field) (sizeof(((type*)0)->field))
#define FIELD_SIZE(type, field) RTL_FIELD_SIZE(type, field)
#define RTL_FIELD_TYPE(type, field) (((type*)0)->field)
#define RTL_NUMBER_OF_FIELD(type, field) (RTL_NUMBER_OF(RTL_FIELD_TYPE(type, field)))
#define RTL_SIZEOF_THROUGH_FIELD(type, field) (__builtin_offsetof(type, field) + RTL_FIELD_SIZE(type, field))
#define RTL_CONTAINS_FIELD(object, size, field) \
  ((((PCHAR)(&(object)->field)) + sizeof((object)->field)) <= (((PCHAR)(object)) + (size)))
#define RTL_NUMBER_OF(array) (sizeof(array) / sizeof((array)[0]))
#define RTL_NUMBER_OF_V2(array) RTL_NUMBER_OF(array)
#define ARRAYSIZE(array) RTL_NUMBER_OF(array)
#define _ARRAYSIZE(array) RTL_NUMBER_OF(array)
#define CONTAINING_RECORD(address, type, field) ((type*)((PCHAR)(address) - __builtin_offsetof(type, field)))
#define C_ASSERT(expression) extern char fltsim_c_assert[(expression) ? 1 : -1]
#define FlagOn(value, flag) ((value) & (flag))
#define BooleanFlagOn(value, flag) ((BOOLEAN)(((value) & (flag)) != 0))
#define SetFlag(value, flag) ((value) |= (flag))
#define ClearFlag(value, flag) ((value) &= ~(flag))
#define Add2Ptr(pointer, increment) ((PVOID)((PUCHAR)(pointer) + (increment)))
#define PtrOffset(base, end) ((ULONG)((ULONG_PTR)(end) - (ULONG_PTR)(base)))
#define ROUND_TO_SIZE(length, alignment) ((((ULONG_PTR)(length)) + ((alignment)-1)) & ~(ULONG_PTR)((alignment)-1))
#define ALIGN_DOWN_BY(value, alignment) ((ULONG_PTR)(value) & ~((ULONG_PTR)(alignment)-1))
#define ALIGN_UP_BY(value, alignment) ALIGN_DOWN_BY((ULONG_PTR)(value) + (alignment)-1, alignment)
#define ALIGN_DOWN(value, type) ALIGN_DOWN_BY(value, sizeof(type))
#define ALIGN_UP(value, type) ALIGN_UP_BY(value, sizeof(type))
#define ALIGN_DOWN_POINTER_BY(value, alignment) ((PVOID)ALIGN_DOWN_BY(value, alignment))
#define ALIGN_UP_POINTER_BY(value, alignment) ((PVOID)ALIGN_UP_BY(value, alignment))
#define IS_ALIGNED(pointer, alignment) ((((ULONG_PTR)(pointer)) & ((alignment)-1)) == 0)
#define LOWORD(value) ((USHORT)((ULONG_PTR)(value)&0xffff))
#define HIWORD(value) ((USHORT)(((ULONG_PTR)(value) >> 16) & 0xffff))
#define LOBYTE(value) ((UCHAR)((ULONG_PTR)(value)&0xff))
#define HIBYTE(value) ((UCHAR)(((ULONG_PTR)(value) >> 8) & 0xff))
#define HandleToUlong(handle) ((ULONG)(ULONG_PTR)(handle))
#define HandleToULong(handle) ((ULONG)(ULONG_PTR)(handle))
#define HandleToLong(handle) ((LONG)(LONG_PTR)(handle))
#define UlongToHandle(value) ((HANDLE)(ULONG_PTR)(ULONG)(value))
#define ULongToHandle(value) UlongToHandle(value)
#define LongToHandle(value) ((HANDLE)(LONG_PTR)(LONG)(value))
#define PtrToUlong(pointer) ((ULONG)(ULONG_PTR)(pointer))
#define PtrToUint(pointer) ((UINT)(ULONG_PTR)(pointer))
#define PtrToLong(pointer) ((LONG)(LONG_PTR)(pointer))
#define PtrToInt(pointer) ((INT)(LONG_PTR)(pointer))
#define PtrToUshort(pointer) ((USHORT)(ULONG_PTR)(pointer))
#define PtrToShort(pointer) ((SHORT)(LONG_PTR)(pointer))
#define PtrToULong PtrToUlong
#define LongToPtr(value) ((PVOID)(LONG_PTR)(LONG)(value))
#define IntToPtr(value) ((PVOID)(LONG_PTR)(INT)(value))
#define UIntToPtr(value) ((PVOID)(ULONG_PTR)(UINT)(value))
#define UintToPtr UIntToPtr
#define IntToHandle(value) ((HANDLE)(LONG_PTR)(INT)(value))
#define UIntToHandle(value) ((HANDLE)(ULONG_PTR)(UINT)(value))
#define Int32x32To64(left, right) ((LONGLONG)(LONG)(left) * (LONGLONG)(LONG)(right))
#define UInt32x32To64(left, right) ((ULONGLONG)(ULONG)(left) * (ULONGLONG)(ULONG)(right))
#define Int64ShllMod32(value, shift) ((ULONGLONG)(value) << ((shift) & 31))
#define Int64ShraMod32(value, shift) ((LONGLONG)(value) >> ((shift) & 31))
#define Int64ShrlMod32(value, shift) ((ULONGLONG)(value) >> ((shift) & 31))
#define MAKEWORD(low, high) ((USHORT)(((UCHAR)(ULONG_PTR)(low)) | ((USHORT)(UCHAR)(ULONG_PTR)(high)) << 8))
#define MAKELONG(low, high) ((LONG)(((USHORT)(ULONG_PTR)(low)) | ((ULONG)(USHORT)(ULONG_PTR)(high)) << 16))
#define MAKELANGID(primary, sub) ((USHORT)(((USHORT)(sub) << 10) | (USHORT)(primary)))
#define PRIMARYLANGID(language) ((USHORT)(language) & 0x3ff)
#define SUBLANGID(language) ((USHORT)(language) >> 10)
#define LANG_NEUTRAL 0x00
#define LANG_ENGLISH 0x09
#define SUBLANG_NEUTRAL 0x00
#define SUBLANG_DEFAULT 0x01
#define SUBLANG_ENGLISH_US 0x01
#define UlongToPtr(value) ((PVOID)(ULONG_PTR)(ULONG)(value))
#define ULongToPtr(value) UlongToPtr(value)
#define __TEXT(text) L##text
#define TEXT(text) __TEXT(text)
#define DECLARE_HANDLE(name)  \
  struct name##__ {           \
    int unused;               \
  };                          \
  typedef struct name##__* name

#if defined(FLTSIM_DRIVER_UNIT) && !defined(FLTSIM_CLIENT_UNIT)
typedef WCHAR TCHAR, *PTCHAR;
#endif

#if defined(FLTSIM_DRIVER_UNIT) && !defined(__cplusplus)
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#endif

#ifdef __cplusplus
#define DEFINE_ENUM_FLAG_OPERATORS(type)                                                                    \
  static inline constexpr type operator|(type a, type b) { return (type)((unsigned)a | (unsigned)b); }      \
  static inline constexpr type operator&(type a, type b) { return (type)((unsigned)a & (unsigned)b); }      \
  static inline constexpr type operator~(type a) { return (type)(~(unsigned)a); }                           \
  static inline type& operator|=(type& a, type b) { return a = a | b; }                                     \
  static inline type& operator&=(type& a, type b) { return a = a & b; }
#else
#define DEFINE_ENUM_FLAG_OPERATORS(type)
#endif
