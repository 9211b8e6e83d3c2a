// The numbers of one set of headers as assembler text: FLTLINK_WINDOWS_HEADERS selects mingw-w64's, FLTLINK_WINE_HEADERS
// Wine's, otherwise ours. It compiles as C and as C++. FLTLINK_NUMBERS is the list.
#ifdef FLTLINK_WINE_HEADERS
#include <ntstatus.h>
#include <stdarg.h>
#define WIN32_NO_STATUS
#include <windef.h>
//
#include <winbase.h>
#include <winternl.h>
//
#include <ddk/fltkernel.h>
#elif defined(FLTLINK_WINDOWS_HEADERS)
#include <ntifs.h>
//
#include <ktmtypes.h>
#include <mountdev.h>
#include <mountmgr.h>
#include <ntdddisk.h>
#include <ntddscsi.h>
#include <ntddstor.h>
#include <ntddvol.h>
#include <ntimage.h>
#define WINAPI
#include <bcrypt.h>
#else
#include <fltKernel.h>
//
#include <bcrypt.h>
#include <evntprov.h>
#include <mountmgr.h>
#include <ntddscsi.h>
#include <ntimage.h>
#include <winioctl.h>
#endif
#include <stddef.h>

#include "number_mask.h"

#define C(constant) (unsigned)(constant) ^ FLTLINK_NUMBER_MASK,
#define S(type) (unsigned)sizeof(type) ^ FLTLINK_NUMBER_MASK,
#define O(type, field) (unsigned)offsetof(type, field) ^ FLTLINK_NUMBER_MASK,
extern const unsigned fltlink_number_table[];
const unsigned fltlink_number_table[] = {
#include FLTLINK_NUMBERS
};
