// The compiler's own fixed-width types: a driver unit has no C library whose <stdint.h> the compiler could
// defer to.
#pragma once

#if __has_include(<stdint-gcc.h>)
#include <stdint-gcc.h>
#else
#include_next <stdint.h>
#endif
