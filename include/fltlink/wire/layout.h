// What every wire header needs to state a layout in C11 and C++20 alike: the 16-bit text unit, the 8-byte
// alignment of 64-bit fields, and compile-time asserts. All wire integers are little-endian and of fixed
// width.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define FLTLINK_STATIC_ASSERT(condition, text) static_assert(condition, text)
#define FLTLINK_ALIGN8 alignas(8)
// One UTF-16 code unit on the wire: 2 bytes, little-endian. Not checked for lone surrogates: NT names may
// hold them.
typedef char16_t FltlinkChar16;
#else
#define FLTLINK_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#define FLTLINK_ALIGN8 _Alignas(8)
typedef uint16_t FltlinkChar16;
#endif

// Asserts the offset in bytes of one field; written right below the struct, one line a field.
#define FLTLINK_ASSERT_OFFSET(type, field, offset) \
  FLTLINK_STATIC_ASSERT(offsetof(type, field) == (offset), #type "." #field " has moved")
#define FLTLINK_ASSERT_SIZE(type, size) \
  FLTLINK_STATIC_ASSERT(sizeof(type) == (size), #type " has another size")

FLTLINK_STATIC_ASSERT(sizeof(FltlinkChar16) == 2, "a text unit is 16 bits");
