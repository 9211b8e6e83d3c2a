#pragma once

#include <fltKernel.h>

EXTERN_C_START

NTSTATUS copy_guarded(void* to, const void* from, ULONG size);

EXTERN_C_END
