// The numbers of one set of headers as assembler text: FLTLINK_WINDOWS_HEADERS selects mingw-w64's, otherwise
// ours.
#ifdef FLTLINK_WINDOWS_HEADERS
#include <ntifs.h>
//
#include <ktmtypes.h>
#include <mountdev.h>
#include <ntdddisk.h>
#include <ntddstor.h>
#include <ntddvol.h>
#define WINAPI
#include <bcrypt.h>
#else
#include <fltKernel.h>
//
#include <bcrypt.h>
#endif
#include <stddef.h>

#include "number_mask.h"

#define C(constant) (unsigned)(constant) ^ FLTLINK_NUMBER_MASK,
#define S(type) (unsigned)sizeof(type) ^ FLTLINK_NUMBER_MASK,
#define O(type, field) (unsigned)offsetof(type, field) ^ FLTLINK_NUMBER_MASK,
extern const unsigned fltlink_number_table[];
const unsigned fltlink_number_table[] = {
#include "numbers.inc"
};
