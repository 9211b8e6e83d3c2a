// MSVC's intrinsics that kernel code uses. What reads or writes the machine itself (model-specific registers,
// control registers, ports, the processor's own data) stops the machine by its name: there is no such hardware here.
#pragma once

#include "interlocked.h"

WDK_BEGIN

#define _ReturnAddress() __builtin_return_address(0)
#define _AddressOfReturnAddress() ((void*)((char*)__builtin_frame_address(0) + sizeof(void*)))
#define _ReadWriteBarrier() __asm__ volatile("" ::: "memory")
#define _ReadBarrier() _ReadWriteBarrier()
#define _WriteBarrier() _ReadWriteBarrier()
#define __nop() __asm__ volatile("nop")
#define __faststorefence() __sync_synchronize()

VOID DbgBreakPoint(VOID);
#define __debugbreak() DbgBreakPoint()
VOID RtlFailFast(ULONG Code) __attribute__((noreturn));
#define __fastfail(code) RtlFailFast((ULONG)(code))
#define FAST_FAIL_LEGACY_GS_VIOLATION 0
#define FAST_FAIL_VTGUARD_CHECK_FAILURE 1
#define FAST_FAIL_STACK_COOKIE_CHECK_FAILURE 2
#define FAST_FAIL_CORRUPT_LIST_ENTRY 3
#define FAST_FAIL_INCORRECT_STACK 4
#define FAST_FAIL_INVALID_ARG 5
#define FAST_FAIL_GS_COOKIE_INIT 6
#define FAST_FAIL_FATAL_APP_EXIT 7
#define FAST_FAIL_RANGE_CHECK_FAILURE 8
#define FAST_FAIL_INVALID_REFERENCE_COUNT 14

// Under names of ours: clang has functions of its own by the real ones, which a C++ unit may not define.
FORCEINLINE UCHAR fltsim_BitScanForward(ULONG* Index, ULONG Mask) {
  if (Mask == 0) return 0;
  *Index = (ULONG)__builtin_ctz(Mask);
  return 1;
}
FORCEINLINE UCHAR fltsim_BitScanReverse(ULONG* Index, ULONG Mask) {
  if (Mask == 0) return 0;
  *Index = 31u - (ULONG)__builtin_clz(Mask);
  return 1;
}
FORCEINLINE UCHAR fltsim_BitScanForward64(ULONG* Index, ULONG64 Mask) {
  if (Mask == 0) return 0;
  *Index = (ULONG)__builtin_ctzll(Mask);
  return 1;
}
FORCEINLINE UCHAR fltsim_BitScanReverse64(ULONG* Index, ULONG64 Mask) {
  if (Mask == 0) return 0;
  *Index = 63u - (ULONG)__builtin_clzll(Mask);
  return 1;
}
#define _BitScanForward fltsim_BitScanForward
#define _BitScanReverse fltsim_BitScanReverse
#define _BitScanForward64 fltsim_BitScanForward64
#define _BitScanReverse64 fltsim_BitScanReverse64
#define BitScanForward _BitScanForward
#define BitScanReverse _BitScanReverse
#define BitScanForward64 _BitScanForward64
#define BitScanReverse64 _BitScanReverse64
FORCEINLINE UCHAR fltsim_bittest(const LONG* Base, LONG Bit) { return (UCHAR)(((ULONG)Base[Bit >> 5] >> (Bit & 31)) & 1u); }
FORCEINLINE UCHAR fltsim_bittestandset(LONG* Base, LONG Bit) {
  const UCHAR old = fltsim_bittest(Base, Bit);
  Base[Bit >> 5] |= (LONG)(1u << (Bit & 31));
  return old;
}
FORCEINLINE UCHAR fltsim_bittestandreset(LONG* Base, LONG Bit) {
  const UCHAR old = fltsim_bittest(Base, Bit);
  Base[Bit >> 5] &= (LONG) ~(1u << (Bit & 31));
  return old;
}
#define _bittest fltsim_bittest
#define _bittestandset fltsim_bittestandset
#define _bittestandreset fltsim_bittestandreset
#define BitTest _bittest
#define BitTestAndSet _bittestandset
#define BitTestAndReset _bittestandreset
#define __popcnt(value) ((UINT)__builtin_popcount((UINT)(value)))
#define __popcnt64(value) ((ULONG64)__builtin_popcountll((ULONG64)(value)))
#define __popcnt16(value) ((USHORT)__builtin_popcount((USHORT)(value)))

#define _byteswap_ushort(value) __builtin_bswap16(value)
#define _byteswap_ulong(value) ((ULONG)__builtin_bswap32(value))
#define _byteswap_uint64(value) ((ULONG64)__builtin_bswap64(value))
FORCEINLINE UINT fltsim_rotate_left(UINT Value, int Shift) {
  return (Value << (Shift & 31)) | (Value >> (-Shift & 31));
}
FORCEINLINE ULONG64 fltsim_rotate_left64(ULONG64 Value, int Shift) {
  return (Value << (Shift & 63)) | (Value >> (-Shift & 63));
}
#undef _rotl
#undef _rotr
#undef _lrotl
#undef _lrotr
#define _rotl(value, shift) fltsim_rotate_left((value), (shift))
#define _rotr(value, shift) fltsim_rotate_left((value), -(shift))
#define _lrotl _rotl
#define _lrotr _rotr
#define _rotl64(value, shift) fltsim_rotate_left64((value), (shift))
#define _rotr64(value, shift) fltsim_rotate_left64((value), -(shift))
#define RotateLeft32 _rotl
#define RotateRight32 _rotr
#define RotateLeft64 _rotl64
#define RotateRight64 _rotr64

FORCEINLINE ULONG64 fltsim_multiply_high(ULONG64 Left, ULONG64 Right, ULONG64* High) {
  __extension__ typedef unsigned __int128 product_type;
  const product_type product = (product_type)Left * Right;
  *High = (ULONG64)(product >> 64);
  return (ULONG64)product;
}
#define _umul128(left, right, high) fltsim_multiply_high((left), (right), (high))
#define UnsignedMultiply128 _umul128
FORCEINLINE ULONG64 fltsim_umulh(ULONG64 Left, ULONG64 Right) {
  ULONG64 high;
  fltsim_multiply_high(Left, Right, &high);
  return high;
}
#define __umulh fltsim_umulh

#define FLTSIM_STORE_STRING(name, type)                                \
  FORCEINLINE VOID name(type* To, type Value, SIZE_T Count) {          \
    while (Count-- != 0) *To++ = Value;                                \
  }
FLTSIM_STORE_STRING(fltsim_store_bytes, UCHAR)
FLTSIM_STORE_STRING(fltsim_store_words, USHORT)
FLTSIM_STORE_STRING(fltsim_store_dwords, ULONG)
FLTSIM_STORE_STRING(fltsim_store_qwords, ULONG64)
#undef FLTSIM_STORE_STRING
FORCEINLINE VOID fltsim_move_bytes(PUCHAR To, const UCHAR* From, SIZE_T Count) {
  while (Count-- != 0) *To++ = *From++;
}
#define __movsb fltsim_move_bytes
#define __stosb fltsim_store_bytes
#define __stosw fltsim_store_words
#define __stosd fltsim_store_dwords
#define __stosq fltsim_store_qwords

ULONG64 __readmsr(ULONG Register);
VOID __writemsr(ULONG Register, ULONG64 Value);
ULONG64 __readcr0(VOID);
ULONG64 __readcr2(VOID);
ULONG64 __readcr3(VOID);
ULONG64 __readcr4(VOID);
ULONG64 __readcr8(VOID);
VOID __writecr0(ULONG64 Value);
VOID __writecr3(ULONG64 Value);
VOID __writecr4(ULONG64 Value);
VOID __writecr8(ULONG64 Value);
ULONG64 __readdr(UINT Register);
ULONG64 __readeflags(VOID);
VOID __writeeflags(ULONG64 Value);
UCHAR __readgsbyte(ULONG Offset);
USHORT __readgsword(ULONG Offset);
ULONG __readgsdword(ULONG Offset);
ULONG64 __readgsqword(ULONG Offset);
VOID __writegsqword(ULONG Offset, ULONG64 Value);
UCHAR __inbyte(USHORT Port);
USHORT __inword(USHORT Port);
ULONG __indword(USHORT Port);
VOID __outbyte(USHORT Port, UCHAR Value);
VOID __outword(USHORT Port, USHORT Value);
VOID __outdword(USHORT Port, ULONG Value);
VOID __invlpg(PVOID Address);
VOID __wbinvd(VOID);
VOID __halt(VOID);
VOID __lidt(PVOID Source);
VOID __sidt(PVOID Destination);
VOID _disable(VOID);
VOID _enable(VOID);
VOID __cpuid(int Registers[4], int Function);
VOID __cpuidex(int Registers[4], int Function, int Subfunction);
ULONG64 ReadTimeStampCounter(VOID);
#undef __rdtsc
#define __rdtsc() ReadTimeStampCounter()

// A pause is a place where another thread may run.
VOID YieldProcessor(VOID);
#define _mm_pause() YieldProcessor()

WDK_END
