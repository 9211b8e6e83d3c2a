// The printf family with the meaning it has in a Windows kernel: `l` is 32 bits wide, `ll` and `I64` are 64,
// `I` is a pointer's size; %s, %S, %ws, %hs, %Z, %wZ take 8- or 16-bit text as there; %p prints 16 digits.
// Floating-point conversions do not exist in a kernel: they are copied as they stand, and their argument is
// skipped.
//
// 8-bit text is Latin-1; a 16-bit unit that does not fit becomes a question mark, as in the Rtl conversions.
//
// Each function writes at most `capacity` units and no null, and returns how many units the whole text has.
// Nothing here blocks, allocates or owns anything: a fault on the caller's pointers may leave it by longjmp
// (DriverReads in seh.hpp).
#pragma once

#include <cstdarg>
#include <cstddef>

namespace fltsim::nt {

std::size_t format_narrow(char* to, std::size_t capacity, const char* format, va_list arguments);
std::size_t format_wide(char16_t* to, std::size_t capacity, const char16_t* format, va_list arguments);
// An 8-bit format whose 16-bit arguments stay what they are: DbgPrint.
std::size_t format_debug(char16_t* to, std::size_t capacity, const char* format, va_list arguments);

}  // namespace fltsim::nt
