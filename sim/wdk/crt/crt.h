// What the headers of this folder share. They are for driver units alone: 8- and 16-bit characters, LLP64
// integers.
#pragma once

#include "../shared/types.h"

#ifndef FLTSIM_DRIVER_UNIT
#error "the C runtime of driver units is for driver units"
#endif

// Declares a function that the driver's own runtime defines.
#define CRT(result, name, parameters) result name parameters __asm__("fltsim_crt_" #name)

typedef int errno_t;
typedef size_t rsize_t;
#ifndef __cplusplus
typedef wchar_t wint_t, wctype_t;
#else
typedef unsigned short wint_t, wctype_t;
#endif
#define _TRUNCATE ((size_t)-1)
#define _countof(array) (sizeof(array) / sizeof((array)[0]))
#define EINVAL 22
#define ERANGE 34
#define STRUNCATE 80
