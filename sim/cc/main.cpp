// fltlink-cc: builds minifilter source into driver modules. docs/FLTLINK_CC.md is its page.
#include <iostream>
#include <string>
#include <vector>

#include "cc/arguments.hpp"
#include "cc/build.hpp"

int main(int argc, char** argv) {
  using namespace fltsim::cc;
  const Parsed parsed = parse(std::vector<std::string>(argv + 1, argv + argc));
  if (const auto* answer = std::get_if<Answer>(&parsed)) {
    std::cout << answer->text;
    return 0;
  }
  if (const auto* wrong = std::get_if<WrongUsage>(&parsed)) {
    std::cerr << "fltlink-cc: " << wrong->text << "\nfltlink-cc --help says what there is.\n";
    return 2;
  }
  return build(std::get<Arguments>(parsed), std::cerr) ? 0 : 1;
}
