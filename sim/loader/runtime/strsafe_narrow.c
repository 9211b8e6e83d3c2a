// ntstrsafe, 8-bit text.
#include <ntdef.h>
#include <ntstrsafe.h>
#include <string.h>

#include "crt_format.h"

#define UNIT CHAR
#define FORMAT fltsim_format_narrow
#define NAME(prefix, name) RtlString##prefix##name##A
#include "strsafe.h"
