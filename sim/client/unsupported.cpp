// Functions of programs that are declared and not simulated.
#include "nt/unsupported.hpp"

#define X FLTSIM_DEFINE_UNSUPPORTED
#include "client/unsupported.inc"
#undef X
