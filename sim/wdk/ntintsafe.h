// ntintsafe.h: arithmetic and conversions that notice when a result does not fit. They return STATUS_SUCCESS, or
// STATUS_INTEGER_OVERFLOW and a result with all bits set. In C++ the result may be any integer of the type's size: on
// Windows size_t, SIZE_T and ULONGLONG are one type.
#pragma once

#include "ntdef.h"
#include "shared/status.h"

#ifdef __cplusplus
#define FLTSIM_SAFE(name, parameters, type) \
  template <class Result>                   \
  inline NTSTATUS name(parameters, Result* result)
#define FLTSIM_SAFE_SIZE(type) static_assert(sizeof(Result) == sizeof(type), "the result has another size")
#define FLTSIM_SAFE_TYPE Result
extern "C++" {
#else
#define FLTSIM_SAFE(name, parameters, type) FORCEINLINE NTSTATUS name(parameters, type* result)
#define FLTSIM_SAFE_SIZE(type) ((void)0)
#define FLTSIM_SAFE_TYPE __typeof__(*result)
#endif
#define FLTSIM_AND ,
#define FLTSIM_SAFE_BODY(type, operation, left, right)  \
  {                                                     \
    FLTSIM_SAFE_SIZE(type);                             \
    type value;                                         \
    if (__builtin_##operation##_overflow(left, right, &value)) { \
      *result = (FLTSIM_SAFE_TYPE)-1;                   \
      return STATUS_INTEGER_OVERFLOW;                   \
    }                                                   \
    *result = (FLTSIM_SAFE_TYPE)value;                  \
    return STATUS_SUCCESS;                              \
  }
#define FLTSIM_SAFE_ARITHMETIC(name, type)                                                                     \
  FLTSIM_SAFE(Rtl##name##Add, type left FLTSIM_AND type right, type) FLTSIM_SAFE_BODY(type, add, left, right)  \
  FLTSIM_SAFE(Rtl##name##Sub, type left FLTSIM_AND type right, type) FLTSIM_SAFE_BODY(type, sub, left, right)  \
  FLTSIM_SAFE(Rtl##name##Mult, type left FLTSIM_AND type right, type) FLTSIM_SAFE_BODY(type, mul, left, right)
#define FLTSIM_SAFE_CONVERSION(from_name, from, to_name, to) \
  FLTSIM_SAFE(Rtl##from_name##To##to_name, from source, to) FLTSIM_SAFE_BODY(to, add, source, (from)0)

FLTSIM_SAFE_ARITHMETIC(Int8, INT8)
FLTSIM_SAFE_ARITHMETIC(UInt8, UINT8)
FLTSIM_SAFE_ARITHMETIC(Short, SHORT)
FLTSIM_SAFE_ARITHMETIC(UShort, USHORT)
FLTSIM_SAFE_ARITHMETIC(Long, LONG)
FLTSIM_SAFE_ARITHMETIC(ULong, ULONG)
FLTSIM_SAFE_ARITHMETIC(LongLong, LONGLONG)
FLTSIM_SAFE_ARITHMETIC(ULongLong, ULONGLONG)

FLTSIM_SAFE_CONVERSION(Int8, INT8, UInt8, UINT8)
FLTSIM_SAFE_CONVERSION(Int8, INT8, Short, SHORT)
FLTSIM_SAFE_CONVERSION(Int8, INT8, UShort, USHORT)
FLTSIM_SAFE_CONVERSION(Int8, INT8, Long, LONG)
FLTSIM_SAFE_CONVERSION(Int8, INT8, ULong, ULONG)
FLTSIM_SAFE_CONVERSION(Int8, INT8, LongLong, LONGLONG)
FLTSIM_SAFE_CONVERSION(Int8, INT8, ULongLong, ULONGLONG)
FLTSIM_SAFE_CONVERSION(UInt8, UINT8, Int8, INT8)
FLTSIM_SAFE_CONVERSION(UInt8, UINT8, Short, SHORT)
FLTSIM_SAFE_CONVERSION(UInt8, UINT8, UShort, USHORT)
FLTSIM_SAFE_CONVERSION(UInt8, UINT8, Long, LONG)
FLTSIM_SAFE_CONVERSION(UInt8, UINT8, ULong, ULONG)
FLTSIM_SAFE_CONVERSION(UInt8, UINT8, LongLong, LONGLONG)
FLTSIM_SAFE_CONVERSION(UInt8, UINT8, ULongLong, ULONGLONG)
FLTSIM_SAFE_CONVERSION(Short, SHORT, Int8, INT8)
FLTSIM_SAFE_CONVERSION(Short, SHORT, UInt8, UINT8)
FLTSIM_SAFE_CONVERSION(Short, SHORT, UShort, USHORT)
FLTSIM_SAFE_CONVERSION(Short, SHORT, Long, LONG)
FLTSIM_SAFE_CONVERSION(Short, SHORT, ULong, ULONG)
FLTSIM_SAFE_CONVERSION(Short, SHORT, LongLong, LONGLONG)
FLTSIM_SAFE_CONVERSION(Short, SHORT, ULongLong, ULONGLONG)
FLTSIM_SAFE_CONVERSION(UShort, USHORT, Int8, INT8)
FLTSIM_SAFE_CONVERSION(UShort, USHORT, UInt8, UINT8)
FLTSIM_SAFE_CONVERSION(UShort, USHORT, Short, SHORT)
FLTSIM_SAFE_CONVERSION(UShort, USHORT, Long, LONG)
FLTSIM_SAFE_CONVERSION(UShort, USHORT, ULong, ULONG)
FLTSIM_SAFE_CONVERSION(UShort, USHORT, LongLong, LONGLONG)
FLTSIM_SAFE_CONVERSION(UShort, USHORT, ULongLong, ULONGLONG)
FLTSIM_SAFE_CONVERSION(Long, LONG, Int8, INT8)
FLTSIM_SAFE_CONVERSION(Long, LONG, UInt8, UINT8)
FLTSIM_SAFE_CONVERSION(Long, LONG, Short, SHORT)
FLTSIM_SAFE_CONVERSION(Long, LONG, UShort, USHORT)
FLTSIM_SAFE_CONVERSION(Long, LONG, ULong, ULONG)
FLTSIM_SAFE_CONVERSION(Long, LONG, LongLong, LONGLONG)
FLTSIM_SAFE_CONVERSION(Long, LONG, ULongLong, ULONGLONG)
FLTSIM_SAFE_CONVERSION(ULong, ULONG, Int8, INT8)
FLTSIM_SAFE_CONVERSION(ULong, ULONG, UInt8, UINT8)
FLTSIM_SAFE_CONVERSION(ULong, ULONG, Short, SHORT)
FLTSIM_SAFE_CONVERSION(ULong, ULONG, UShort, USHORT)
FLTSIM_SAFE_CONVERSION(ULong, ULONG, Long, LONG)
FLTSIM_SAFE_CONVERSION(ULong, ULONG, LongLong, LONGLONG)
FLTSIM_SAFE_CONVERSION(ULong, ULONG, ULongLong, ULONGLONG)
FLTSIM_SAFE_CONVERSION(LongLong, LONGLONG, Int8, INT8)
FLTSIM_SAFE_CONVERSION(LongLong, LONGLONG, UInt8, UINT8)
FLTSIM_SAFE_CONVERSION(LongLong, LONGLONG, Short, SHORT)
FLTSIM_SAFE_CONVERSION(LongLong, LONGLONG, UShort, USHORT)
FLTSIM_SAFE_CONVERSION(LongLong, LONGLONG, Long, LONG)
FLTSIM_SAFE_CONVERSION(LongLong, LONGLONG, ULong, ULONG)
FLTSIM_SAFE_CONVERSION(LongLong, LONGLONG, ULongLong, ULONGLONG)
FLTSIM_SAFE_CONVERSION(ULongLong, ULONGLONG, Int8, INT8)
FLTSIM_SAFE_CONVERSION(ULongLong, ULONGLONG, UInt8, UINT8)
FLTSIM_SAFE_CONVERSION(ULongLong, ULONGLONG, Short, SHORT)
FLTSIM_SAFE_CONVERSION(ULongLong, ULONGLONG, UShort, USHORT)
FLTSIM_SAFE_CONVERSION(ULongLong, ULONGLONG, Long, LONG)
FLTSIM_SAFE_CONVERSION(ULongLong, ULONGLONG, ULong, ULONG)
FLTSIM_SAFE_CONVERSION(ULongLong, ULONGLONG, LongLong, LONGLONG)

#ifdef __cplusplus
}
#endif
#undef FLTSIM_SAFE_CONVERSION
#undef FLTSIM_SAFE_ARITHMETIC
#undef FLTSIM_SAFE_BODY
#undef FLTSIM_AND
#undef FLTSIM_SAFE_TYPE
#undef FLTSIM_SAFE_SIZE
#undef FLTSIM_SAFE

#include "shared/safe_integer_names.h"
