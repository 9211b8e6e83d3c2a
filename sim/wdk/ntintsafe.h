// ntintsafe.h: arithmetic and conversions that notice when a result does not fit. They return STATUS_SUCCESS,
// or STATUS_INTEGER_OVERFLOW and, for unsigned types, all bits set as the result.
#pragma once

#include "ntdef.h"
#include "shared/status.h"

#define FLTSIM_SAFE_ARITHMETIC(name, type, error)                             \
  FORCEINLINE NTSTATUS Rtl##name##Add(type left, type right, type* result) {  \
    if (!__builtin_add_overflow(left, right, result)) return STATUS_SUCCESS;  \
    *result = (type)(error);                                                  \
    return STATUS_INTEGER_OVERFLOW;                                           \
  }                                                                           \
  FORCEINLINE NTSTATUS Rtl##name##Sub(type left, type right, type* result) {  \
    if (!__builtin_sub_overflow(left, right, result)) return STATUS_SUCCESS;  \
    *result = (type)(error);                                                  \
    return STATUS_INTEGER_OVERFLOW;                                           \
  }                                                                           \
  FORCEINLINE NTSTATUS Rtl##name##Mult(type left, type right, type* result) { \
    if (!__builtin_mul_overflow(left, right, result)) return STATUS_SUCCESS;  \
    *result = (type)(error);                                                  \
    return STATUS_INTEGER_OVERFLOW;                                           \
  }
#define FLTSIM_SAFE_CONVERSION(from_name, from, to_name, to)                    \
  FORCEINLINE NTSTATUS Rtl##from_name##To##to_name(from value, to* result) {    \
    if (!__builtin_add_overflow(value, (from)0, result)) return STATUS_SUCCESS; \
    *result = (to)-1;                                                           \
    return STATUS_INTEGER_OVERFLOW;                                             \
  }

FLTSIM_SAFE_ARITHMETIC(UChar, UCHAR, -1)
FLTSIM_SAFE_ARITHMETIC(UShort, USHORT, -1)
FLTSIM_SAFE_ARITHMETIC(ULong, ULONG, -1)
FLTSIM_SAFE_ARITHMETIC(UInt, UINT, -1)
FLTSIM_SAFE_ARITHMETIC(ULongLong, ULONGLONG, -1)
FLTSIM_SAFE_ARITHMETIC(ULongPtr, ULONG_PTR, -1)
FLTSIM_SAFE_ARITHMETIC(SizeT, SIZE_T, -1)
FLTSIM_SAFE_ARITHMETIC(Long, LONG, -1)
FLTSIM_SAFE_ARITHMETIC(LongLong, LONGLONG, -1)

FLTSIM_SAFE_CONVERSION(UChar, UCHAR, UShort, USHORT)
FLTSIM_SAFE_CONVERSION(UChar, UCHAR, ULong, ULONG)
FLTSIM_SAFE_CONVERSION(UChar, UCHAR, UInt, UINT)
FLTSIM_SAFE_CONVERSION(UChar, UCHAR, ULongLong, ULONGLONG)
FLTSIM_SAFE_CONVERSION(UChar, UCHAR, ULongPtr, ULONG_PTR)
FLTSIM_SAFE_CONVERSION(UChar, UCHAR, SizeT, SIZE_T)
FLTSIM_SAFE_CONVERSION(UChar, UCHAR, Long, LONG)
FLTSIM_SAFE_CONVERSION(UChar, UCHAR, LongLong, LONGLONG)
FLTSIM_SAFE_CONVERSION(UShort, USHORT, UChar, UCHAR)
FLTSIM_SAFE_CONVERSION(UShort, USHORT, ULong, ULONG)
FLTSIM_SAFE_CONVERSION(UShort, USHORT, UInt, UINT)
FLTSIM_SAFE_CONVERSION(UShort, USHORT, ULongLong, ULONGLONG)
FLTSIM_SAFE_CONVERSION(UShort, USHORT, ULongPtr, ULONG_PTR)
FLTSIM_SAFE_CONVERSION(UShort, USHORT, SizeT, SIZE_T)
FLTSIM_SAFE_CONVERSION(UShort, USHORT, Long, LONG)
FLTSIM_SAFE_CONVERSION(UShort, USHORT, LongLong, LONGLONG)
FLTSIM_SAFE_CONVERSION(ULong, ULONG, UChar, UCHAR)
FLTSIM_SAFE_CONVERSION(ULong, ULONG, UShort, USHORT)
FLTSIM_SAFE_CONVERSION(ULong, ULONG, UInt, UINT)
FLTSIM_SAFE_CONVERSION(ULong, ULONG, ULongLong, ULONGLONG)
FLTSIM_SAFE_CONVERSION(ULong, ULONG, ULongPtr, ULONG_PTR)
FLTSIM_SAFE_CONVERSION(ULong, ULONG, SizeT, SIZE_T)
FLTSIM_SAFE_CONVERSION(ULong, ULONG, Long, LONG)
FLTSIM_SAFE_CONVERSION(ULong, ULONG, LongLong, LONGLONG)
FLTSIM_SAFE_CONVERSION(UInt, UINT, UChar, UCHAR)
FLTSIM_SAFE_CONVERSION(UInt, UINT, UShort, USHORT)
FLTSIM_SAFE_CONVERSION(UInt, UINT, ULong, ULONG)
FLTSIM_SAFE_CONVERSION(UInt, UINT, ULongLong, ULONGLONG)
FLTSIM_SAFE_CONVERSION(UInt, UINT, ULongPtr, ULONG_PTR)
FLTSIM_SAFE_CONVERSION(UInt, UINT, SizeT, SIZE_T)
FLTSIM_SAFE_CONVERSION(UInt, UINT, Long, LONG)
FLTSIM_SAFE_CONVERSION(UInt, UINT, LongLong, LONGLONG)
FLTSIM_SAFE_CONVERSION(ULongLong, ULONGLONG, UChar, UCHAR)
FLTSIM_SAFE_CONVERSION(ULongLong, ULONGLONG, UShort, USHORT)
FLTSIM_SAFE_CONVERSION(ULongLong, ULONGLONG, ULong, ULONG)
FLTSIM_SAFE_CONVERSION(ULongLong, ULONGLONG, UInt, UINT)
FLTSIM_SAFE_CONVERSION(ULongLong, ULONGLONG, ULongPtr, ULONG_PTR)
FLTSIM_SAFE_CONVERSION(ULongLong, ULONGLONG, SizeT, SIZE_T)
FLTSIM_SAFE_CONVERSION(ULongLong, ULONGLONG, Long, LONG)
FLTSIM_SAFE_CONVERSION(ULongLong, ULONGLONG, LongLong, LONGLONG)
FLTSIM_SAFE_CONVERSION(ULongPtr, ULONG_PTR, UChar, UCHAR)
FLTSIM_SAFE_CONVERSION(ULongPtr, ULONG_PTR, UShort, USHORT)
FLTSIM_SAFE_CONVERSION(ULongPtr, ULONG_PTR, ULong, ULONG)
FLTSIM_SAFE_CONVERSION(ULongPtr, ULONG_PTR, UInt, UINT)
FLTSIM_SAFE_CONVERSION(ULongPtr, ULONG_PTR, ULongLong, ULONGLONG)
FLTSIM_SAFE_CONVERSION(ULongPtr, ULONG_PTR, SizeT, SIZE_T)
FLTSIM_SAFE_CONVERSION(ULongPtr, ULONG_PTR, Long, LONG)
FLTSIM_SAFE_CONVERSION(ULongPtr, ULONG_PTR, LongLong, LONGLONG)
FLTSIM_SAFE_CONVERSION(SizeT, SIZE_T, UChar, UCHAR)
FLTSIM_SAFE_CONVERSION(SizeT, SIZE_T, UShort, USHORT)
FLTSIM_SAFE_CONVERSION(SizeT, SIZE_T, ULong, ULONG)
FLTSIM_SAFE_CONVERSION(SizeT, SIZE_T, UInt, UINT)
FLTSIM_SAFE_CONVERSION(SizeT, SIZE_T, ULongLong, ULONGLONG)
FLTSIM_SAFE_CONVERSION(SizeT, SIZE_T, ULongPtr, ULONG_PTR)
FLTSIM_SAFE_CONVERSION(SizeT, SIZE_T, Long, LONG)
FLTSIM_SAFE_CONVERSION(SizeT, SIZE_T, LongLong, LONGLONG)
FLTSIM_SAFE_CONVERSION(Long, LONG, UChar, UCHAR)
FLTSIM_SAFE_CONVERSION(Long, LONG, UShort, USHORT)
FLTSIM_SAFE_CONVERSION(Long, LONG, ULong, ULONG)
FLTSIM_SAFE_CONVERSION(Long, LONG, UInt, UINT)
FLTSIM_SAFE_CONVERSION(Long, LONG, ULongLong, ULONGLONG)
FLTSIM_SAFE_CONVERSION(Long, LONG, ULongPtr, ULONG_PTR)
FLTSIM_SAFE_CONVERSION(Long, LONG, SizeT, SIZE_T)
FLTSIM_SAFE_CONVERSION(Long, LONG, LongLong, LONGLONG)
FLTSIM_SAFE_CONVERSION(LongLong, LONGLONG, UChar, UCHAR)
FLTSIM_SAFE_CONVERSION(LongLong, LONGLONG, UShort, USHORT)
FLTSIM_SAFE_CONVERSION(LongLong, LONGLONG, ULong, ULONG)
FLTSIM_SAFE_CONVERSION(LongLong, LONGLONG, UInt, UINT)
FLTSIM_SAFE_CONVERSION(LongLong, LONGLONG, ULongLong, ULONGLONG)
FLTSIM_SAFE_CONVERSION(LongLong, LONGLONG, ULongPtr, ULONG_PTR)
FLTSIM_SAFE_CONVERSION(LongLong, LONGLONG, SizeT, SIZE_T)
FLTSIM_SAFE_CONVERSION(LongLong, LONGLONG, Long, LONG)

#define RtlDWordAdd RtlULongAdd
#define RtlDWordSub RtlULongSub
#define RtlDWordMult RtlULongMult
#define RtlUInt32Add RtlULongAdd
#define RtlUInt64Add RtlULongLongAdd
#define RtlUInt64Mult RtlULongLongMult
