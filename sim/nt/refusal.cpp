// What fltlink-cc --allow-unsupported links in place of a routine that nobody here has (sim/cc/stops.cpp).
#include "nt/enter.hpp"

extern "C" [[noreturn]] void fltsim_routine_refused(const char* name) { fltsim::nt::unsupported(name); }
