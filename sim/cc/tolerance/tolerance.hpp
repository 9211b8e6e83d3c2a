// What MSVC accepts and gcc and clang do not: transformations of a preprocessed unit, each in a file of its own. None changes
// what the source means on Windows. docs/FLTLINK_CC.md lists them.
#pragma once

#include <set>
#include <string>

#include "cc/tolerance/text.hpp"

namespace fltsim::cc {

// __FUNCTION__, __FUNCTIONW__, __FUNCSIG__, __FUNCDNAME__ as the literals that they are there, and `L "text"` from `L#x`
// as one (function_names.cpp).
void name_functions(Text& text);

// `long` has 32 bits (long32.cpp), and so have 1L and 1UL.
void make_long_32_bits(Text& text);

// 1i64, 1ui64 and the other sizes (suffixes.cpp).
void replace_suffixes(Text& text);

// Leaves #pragma pack and what speaks to gcc and clang; drops the rest (pragmas.cpp).
void drop_pragmas(Text& text);

// __declspec(...) as attributes, where they belong (declspec.cpp).
void replace_declspec(Text& text);

// f(a, ) as it is left by a macro whose __VA_ARGS__ are empty (commas.cpp).
void drop_trailing_commas(Text& text);

// C++: annotations of the first generation, `IN`, `__in_bcount(size)`, vanish from the user's text (annotations.cpp). As macros
// they would do so in libstdc++, which uses some of the names. In C they are macros (wdk/shared/sal.h).
void drop_first_annotations(Text& text);

// __noop(...) and __annotation(...) do nothing (annotations.cpp).
void replace_noop(Text& text);

// C: inline functions without `static` (inlines.cpp).
void share_inlines(Text& text);

// C++: an enumeration that is named before it is defined has the type int behind it (enums.cpp).
void declare_enums(Text& text);

// --- what is done when the compiler complained ---

// C: functions whose definition has other pointer types than their prototype. Uses in front of the definition keep the
// prototype's types. Leaves functions that differ in more. True when something was changed (prototypes.cpp).
bool reconcile_prototypes(Text& text, const std::set<std::string>& functions);

// C++: operators new and delete whose size is a SIZE_T, and new that returns null (operator_new.cpp).
void give_operators_their_size(Text& text);

// C++: `messages` name declarations whose initialiser a jump passes: they are split in declaration and assignment (jumps.cpp).
bool split_passed_declarations(Text& text, const std::string& messages);

// `int a[];` in a union or alone in a structure (flexible_arrays.cpp). Done to all of them in the user's text.
bool size_flexible_arrays(Text& text);

// C: `static` behind a declaration without it counts for both (prototypes.cpp).
bool make_static(Text& text, const std::set<std::string>& names);

}  // namespace fltsim::cc
