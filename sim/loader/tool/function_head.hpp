// What stands in front of a function's body, and of a lambda's.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "loader/tool/unit.hpp"

namespace fltsim::lower_seh {

// Of a function that is defined. Indices of tokens.
struct FunctionHead {
  std::size_t begin;         // where attributes may stand: behind `template <...>`, `extern "C"` and [[...]]
  std::size_t name;          // the last word of it
  std::size_t parameters;    // (
  std::size_t body;          // {
  bool wrapped = false;      // the name stands in parentheses: int (*f(int a))(void)
  std::size_t trailing = 0;  // behind ->; 0: none
  std::size_t trailing_end = 0;
};

// The function whose definition begins at `declaration`, if one does. Old-style definitions and constructors with
// initialisers count.
std::optional<FunctionHead> function_at(const Unit& unit, std::size_t declaration);

// Of the lambda whose [ stands at `open`, if that begins one.
struct LambdaHead {
  std::size_t introducer_end;  // ]
  std::size_t parameters_end;  // ), or 0 without parameters
  std::size_t body;
  std::size_t trailing = 0;
  std::size_t trailing_end = 0;
};
std::optional<LambdaHead> lambda_at(const Unit& unit, std::size_t open);

// The type that the function returns, as it can be written in its body, less the storage class, attributes and const.
// Empty for void.
std::string return_type(const Unit& unit, const FunctionHead& head);
// Empty for void, "auto" when it is deduced.
std::string return_type(const Unit& unit, const LambdaHead& head);

}  // namespace fltsim::lower_seh
