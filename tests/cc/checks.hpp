// The source that compile_test.cpp builds with each compiler and loads: each function check_...() is true where the unit
// means what it means to MSVC. The texts are kept apart from this tree's own flags.
#pragma once

namespace fltsim::cc {

// In a header of the unit, so that it is the user's text and no system header's.
inline constexpr const char* kCommonHeader = R"(
#pragma once
#include <fltKernel.h>
#pragma warning(disable : 4100 4101)
#pragma comment(lib, "fltmgr.lib")
#define CHECK(name) EXTERN_C __attribute__((visibility("default"))) int check_##name(void)
#define GLUED(text) ("[" __FUNCTION__ "] " text)
#define LOG(format, ...) count_arguments(format, __VA_ARGS__)
#define WIDEN2(text) L##text
#define WIDEN(text) WIDEN2(text)
#define WIDE_NAME(name) L#name
__pragma(pack(push, 1))
typedef struct _PACKED { UCHAR a; ULONG b; } PACKED;
__pragma(pack(pop))
typedef __declspec(align(64)) struct _ALIGNED { int a; } ALIGNED;
)";

inline constexpr const char* kCChecks = R"(
#include "common.h"

int tentative_of_two_units;

CHECK(long_has_32_bits) {
  unsigned long a = 0;
  --a;
  return sizeof(long) == 4 && sizeof(unsigned long int) == 4 && sizeof(1L) == 4 && a == 0xffffffffUL &&
         sizeof(long long) == 8 && sizeof(LONG) == sizeof(long) && sizeof(5i64) == 8 && 0xffffffffui64 + 1 == 0x100000000ull;
}
CHECK(function_name_glues) {
  return strcmp(GLUED("x"), "[check_function_name_glues] x") == 0 && sizeof(__FUNCTION__) == 26;
}
CHECK(wide_function_name_is_utf_16) {
  return wcscmp(WIDEN(__FUNCTION__), L"check_wide_function_name_is_utf_16") == 0 && wcscmp(TEXT(__FUNCTION__), __FUNCTIONW__) == 0;
}
CHECK(wide_stringizing_joins) { return wcscmp(WIDE_NAME(abc), L"abc") == 0; }
CHECK(pool_tags_have_the_first_character_highest) { return 'Tag1' == 0x54616731 && 'ab' == 0x6162; }
CHECK(packing_and_alignment) {
  return sizeof(PACKED) == 5 && sizeof(ALIGNED) == 64 && __alignof(ALIGNED) == 64;
}

static int count_arguments(const char* format, ...) { return format[0]; }
CHECK(empty_variadic_arguments_leave_no_comma) { return LOG("x") == 'x' && LOG("y", 1) == 'y'; }

static int by_pointer(void* context, unsigned char kind);
static int caller(void) { int a = 40; return by_pointer(&a, 2); }
static int by_pointer(int* context, unsigned char kind) { return *context + kind; }
CHECK(prototype_may_have_other_pointers) { return caller() == 42; }

int becomes_static(void);
static int becomes_static(void) { return 7; }
CHECK(static_may_follow_a_plain_declaration) { return becomes_static() == 7; }

inline int shared_inline(void) { return 5; }
extern __forceinline int forced(void) { return 6; }
CHECK(inline_needs_no_extern) { return shared_inline() == 5 && forced() == 6; }

static struct _ANONYMOUS_BASE { int base; };
typedef struct _DERIVED { struct _ANONYMOUS_BASE; int own; } DERIVED;
CHECK(tagged_structures_embed_without_a_name) { DERIVED d; d.base = 1; d.own = 2; return d.base + d.own == 3; }

#pragma alloc_text(PAGE, old_annotations)
__drv_maxIRQL(1) __success(return == 0)
static NTSTATUS __stdcall old_annotations(IN PVOID a, OUT OPTIONAL ULONG* b, __in_bcount_opt(4) const char* c, __inout __int64 d) {
  UNREFERENCED_PARAMETER(a); UNREFERENCED_PARAMETER(b); UNREFERENCED_PARAMETER(c);
#pragma prefast(suppress : 28182, "here too")
  return (NTSTATUS)d;
}
__declspec(noinline) static int noinline_function(void) { __noop("never"); return 3; }
CHECK(annotations_say_nothing) { return old_annotations(0, 0, 0, 5) == 5 && noinline_function() == 3; }

extern const __declspec(selectany) ULONG selected = 9;
CHECK(selectany_is_there) { return selected == 9; }

typedef struct _WITH_NAME { union { ULONG number; WCHAR name[]; } u; } WITH_NAME;
CHECK(flexible_arrays_stand_in_unions) { return sizeof(WITH_NAME) == 4; }

typedef struct _BITS { UCHAR a : 4; ULONG b : 4; USHORT c : 1; } BITS;
#define FIELD(pointer, member) ((pointer)->##member)
CHECK(pasting_need_not_make_a_token) { PACKED p; p.b = 3; return FIELD(&p, b) == 3; }

CHECK(bit_fields_of_other_types_begin_anew) { return sizeof(BITS) == 12; }

CHECK(integers_and_pointers_convert) { int a = (void*)0; char* p = 1; unsigned short* q = p; return a == 0 && p && q; }

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) { return STATUS_SUCCESS; }
)";

// A second unit: what both define must meet.
inline constexpr const char* kSecondCUnit = R"(
#include "common.h"
int tentative_of_two_units;
extern const __declspec(selectany) ULONG selected = 9;
inline int shared_inline(void) { return 5; }
)";

inline constexpr const char* kCxxChecks = R"(
extern "C" {
#include <ntifs.h>
}
#include "common.h"

extern "C" DRIVER_INITIALIZE DriverEntry;

static ULONG constructed, destroyed;

void* __cdecl operator new(SIZE_T size, POOL_TYPE type, ULONG tag) {
  return tag == 'none' ? nullptr : ExAllocatePoolWithTag(type, size, tag);
}
void* __cdecl operator new(size_t, void* where) { return where; }
void __cdecl operator delete(void* p) { if (p) ExFreePool(p); }
void __cdecl operator delete(void* p, void*) { ++destroyed; }

enum Forward;
static int of_enum(Forward value);
enum Forward { kFirst = 3 };
static int of_enum(Forward value) { return value; }

namespace space {
class Base {
 public:
  Base() { ++constructed; }
  virtual ~Base() { ++destroyed; }
  virtual int f() = 0;
  const char* name() const { return __FUNCTION__; }
};
class Derived : public Base {
 public:
  virtual int f() override { return 42; }
};
}  // namespace space

CHECK(virtual_functions_are_called) {
  char memory[sizeof(space::Derived)];
  space::Base* object = new (memory) space::Derived;
  const int result = object->f();
  object->space::Base::~Base();
  return result == 42 && constructed == 1 && destroyed == 1 && strcmp(object->name(), "space::Base::name") == 0;
}
CHECK(failed_new_constructs_nothing) {
  const ULONG before = constructed;
  return new (NonPagedPool, 'none') space::Derived == nullptr && constructed == before;
}
CHECK(enumerations_may_be_named_first) { return of_enum(kFirst) == 3 && sizeof(Forward) == 4; }
CHECK(long_has_32_bits_in_cxx) { return sizeof(long) == 4 && sizeof(decltype(1UL)) == 4; }
CHECK(goto_may_pass_an_initialiser) {
  int a = check_long_has_32_bits_in_cxx();
  if (a) goto done;
  int b = 5;
  a = b;
done:
  return a;
}
CHECK(switch_may_pass_an_initialiser) {
  switch (constructed) {
    case 99: int b = 5; return b == 4;
    default: return 1;
  }
}
static int annotated(IN int a, __in_bcount(4) OUT OPTIONAL char* b) { return a + (b != nullptr); }
CHECK(first_annotations_vanish) { return annotated(1, nullptr) == 1; }
CHECK(text_converts_to_plain_pointers) { PWCHAR p = L"abc"; return p[2] == L'c'; }
CHECK(handles_are_cut_by_casts) { HANDLE h = (HANDLE)0x100000002; return (ULONG)h == 2 && (int)(long)h == 2; }
template <class T> struct Later { static int f(T a) { return found_at_the_end(a); } };
static int found_at_the_end(int a) { return a + 1; }
CHECK(templates_are_read_when_they_are_used) { return Later<int>::f(1) == 2; }
CHECK(names_of_operators_are_free) { int and = 2, not = 3; return and + not == 5; }
CHECK(signature_says_the_type) { return strstr(__FUNCSIG__, "__cdecl check_signature_says_the_type(") != nullptr; }

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) { return STATUS_SUCCESS; }
)";

}  // namespace fltsim::cc
