// Memory of the process: pages, heaps, and the older Local and Global names for a heap.
#pragma once

#include "minwindef.h"

#define HEAP_NO_SERIALIZE 0x00000001u
#define HEAP_GROWABLE 0x00000002u
#define HEAP_GENERATE_EXCEPTIONS 0x00000004u
#define HEAP_ZERO_MEMORY 0x00000008u
#define HEAP_REALLOC_IN_PLACE_ONLY 0x00000010u
#define LMEM_FIXED 0x0000u
#define LMEM_ZEROINIT 0x0040u
#define LPTR (LMEM_FIXED | LMEM_ZEROINIT)
#define GMEM_FIXED 0x0000u
#define GMEM_ZEROINIT 0x0040u
#define GPTR (GMEM_FIXED | GMEM_ZEROINIT)
#define MEM_RESET 0x00080000u
#define MEM_TOP_DOWN 0x00100000u

WDK_BEGIN

// Pages are readable and writable, whatever protection is asked for but PAGE_NOACCESS, which refuses by name. MEM_COMMIT,
// with or without MEM_RESERVE; an address of one's own choice refuses by name.
LPVOID VirtualAlloc(LPVOID Address, SIZE_T Size, DWORD AllocationType, DWORD Protect);
// MEM_RELEASE with size 0; MEM_DECOMMIT takes the pages away.
BOOL VirtualFree(LPVOID Address, SIZE_T Size, DWORD FreeType);

HANDLE GetProcessHeap(VOID);
// The one heap of the process, whatever was asked for; HeapDestroy refuses by name.
HANDLE HeapCreate(DWORD Options, SIZE_T InitialSize, SIZE_T MaximumSize);
BOOL HeapDestroy(HANDLE Heap);
LPVOID HeapAlloc(HANDLE Heap, DWORD Flags, SIZE_T Size);
LPVOID HeapReAlloc(HANDLE Heap, DWORD Flags, LPVOID Memory, SIZE_T Size);
// What is no block of the heap ends the process with STATUS_HEAP_CORRUPTION (CLI-3).
BOOL HeapFree(HANDLE Heap, DWORD Flags, LPVOID Memory);
SIZE_T HeapSize(HANDLE Heap, DWORD Flags, LPCVOID Memory);
BOOL HeapValidate(HANDLE Heap, DWORD Flags, LPCVOID Memory);
HLOCAL LocalAlloc(UINT Flags, SIZE_T Size);
HLOCAL LocalFree(HLOCAL Memory);
HGLOBAL GlobalAlloc(UINT Flags, SIZE_T Size);
HGLOBAL GlobalFree(HGLOBAL Memory);

WDK_END
