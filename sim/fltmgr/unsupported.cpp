// Flt routines that are declared and not simulated.
#include "nt/unsupported.hpp"

#define X FLTSIM_DEFINE_UNSUPPORTED
#include "fltmgr/unsupported.inc"
#undef X
