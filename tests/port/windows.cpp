// Compiled, not run, with a compiler for Windows: FilterPort's own source, and the library that uses it.
#include <fltlink/service/receive_loop.hpp>

#include "port/filter_port.cpp"
