// Memory of user mode: pages and the process's heap, in its part of the user range.
#include <algorithm>
#include <cstring>

#include "client/client.hpp"
#include "client/process_state.hpp"
#include "client/program.hpp"
#include "nt/user_memory.hpp"

using namespace fltsim;
using namespace fltsim::client;

namespace {

constexpr std::int32_t kHeapCorruption = static_cast<std::int32_t>(0xC0000374);

const HANDLE kProcessHeap = reinterpret_cast<HANDLE>(ULONG_PTR{0x10000});

Heap& heap(nt::Thread& thread) { return state_of(thread.process).heap; }

// As Windows: a program whose heap is damaged does not go on.
void corrupt(nt::Thread& thread, const char* routine) {
  nt::report(
      thread, "CLI-3", Severity::kError,
      std::string(routine) + " in the client program " + thread.process.short_name +
          " was given what is no block of its heap, or was freed before. Windows ends such a process with "
          "0xC0000374.",
      thread.name);
  if (Program* program = program_of(thread.process)) program->crashed = true;
  static_cast<void>(thread.system.nt().terminate_process(thread.process, kHeapCorruption));
}

void* allocate(nt::Thread& thread, std::size_t size, bool zeroed) {
  void* memory = heap(thread).allocate(size);
  if (memory != nullptr && zeroed) std::memset(memory, 0, size);
  if (memory == nullptr) thread.last_error = ERROR_NOT_ENOUGH_MEMORY;
  return memory;
}

BOOL release(const char* routine, void* memory) {
  return nt::client_release(routine, FALSE, [&](nt::Thread& thread) -> BOOL {
    if (memory == nullptr || heap(thread).free(memory)) return TRUE;
    corrupt(thread, routine);
    return FALSE;
  });
}

}  // namespace

extern "C" {

LPVOID VirtualAlloc(LPVOID Address, SIZE_T Size, DWORD AllocationType, DWORD Protect) {
  return nt::client_call("VirtualAlloc", LPVOID{nullptr}, [&](nt::Thread& thread) -> LPVOID {
    if (Protect == PAGE_NOACCESS) nt::unsupported("VirtualAlloc with PAGE_NOACCESS");
    nt::UserSpace& space = thread.system.nt().user_space();
    if (Address != nullptr) {
      // Pages of a block that are there already are committed once more.
      if ((AllocationType & MEM_RESERVE) == 0 && space.is_mapped(Address, Size)) return Address;
      nt::unsupported("VirtualAlloc at an address of one's own choice");
    }
    const DWORD kind = AllocationType & (MEM_COMMIT | MEM_RESERVE);
    if (Size == 0 || kind == 0) {
      static_cast<void>(win32_result(thread, STATUS_INVALID_PARAMETER));
      return nullptr;
    }
    void* memory = space.allocate(&thread.process, Size);
    if (memory == nullptr) thread.last_error = ERROR_NOT_ENOUGH_MEMORY;
    return memory;
  });
}

BOOL VirtualFree(LPVOID Address, SIZE_T Size, DWORD FreeType) {
  return nt::client_release("VirtualFree", FALSE, [&](nt::Thread& thread) -> BOOL {
    nt::UserSpace& space = thread.system.nt().user_space();
    if (FreeType == MEM_RELEASE && Size == 0) {
      if (!space.free_of(thread.process, Address)) {
        thread.last_error = ERROR_INVALID_ADDRESS;
        return FALSE;
      }
      return TRUE;
    }
    if (FreeType != MEM_DECOMMIT || Size == 0) return win32_result(thread, STATUS_INVALID_PARAMETER);
    if (!space.is_mapped(Address, Size)) {
      thread.last_error = ERROR_INVALID_ADDRESS;
      return FALSE;
    }
    space.unmap(Address, Size);
    return TRUE;
  });
}

HANDLE GetProcessHeap(VOID) { return kProcessHeap; }

// Every heap of a process is its one heap.
HANDLE HeapCreate(DWORD, SIZE_T, SIZE_T) { return kProcessHeap; }

LPVOID HeapAlloc(HANDLE, DWORD Flags, SIZE_T Size) {
  return nt::client_call("HeapAlloc", LPVOID{nullptr}, [&](nt::Thread& thread) -> LPVOID {
    return allocate(thread, Size, (Flags & HEAP_ZERO_MEMORY) != 0);
  });
}

LPVOID HeapReAlloc(HANDLE, DWORD Flags, LPVOID Memory, SIZE_T Size) {
  return nt::client_call("HeapReAlloc", LPVOID{nullptr}, [&](nt::Thread& thread) -> LPVOID {
    const auto before = heap(thread).size_of(Memory);
    if (!before) {
      corrupt(thread, "HeapReAlloc");
      return nullptr;
    }
    if ((Flags & HEAP_REALLOC_IN_PLACE_ONLY) != 0) nt::unsupported("HeapReAlloc in place only");
    void* moved = allocate(thread, Size, (Flags & HEAP_ZERO_MEMORY) != 0);
    if (moved == nullptr) return nullptr;
    std::memcpy(moved, Memory, std::min<std::size_t>(*before, Size));
    static_cast<void>(heap(thread).free(Memory));
    return moved;
  });
}

BOOL HeapFree(HANDLE, DWORD, LPVOID Memory) { return release("HeapFree", Memory); }

SIZE_T HeapSize(HANDLE, DWORD, LPCVOID Memory) {
  return nt::client_call("HeapSize", ~SIZE_T{0}, [&](nt::Thread& thread) -> SIZE_T {
    return heap(thread).size_of(Memory).value_or(~std::size_t{0});
  });
}

BOOL HeapValidate(HANDLE, DWORD, LPCVOID Memory) {
  return nt::client_call("HeapValidate", FALSE, [&](nt::Thread& thread) -> BOOL {
    return Memory == nullptr || heap(thread).size_of(Memory).has_value();
  });
}

HLOCAL LocalAlloc(UINT Flags, SIZE_T Size) {
  return HeapAlloc(kProcessHeap, (Flags & LMEM_ZEROINIT) != 0 ? HEAP_ZERO_MEMORY : 0, Size);
}

HLOCAL LocalFree(HLOCAL Memory) { return release("LocalFree", Memory) != FALSE ? nullptr : Memory; }

HGLOBAL GlobalAlloc(UINT Flags, SIZE_T Size) {
  if ((Flags & ~(GMEM_FIXED | GMEM_ZEROINIT)) != 0) nt::unsupported("GlobalAlloc of movable memory");
  return HeapAlloc(kProcessHeap, (Flags & GMEM_ZEROINIT) != 0 ? HEAP_ZERO_MEMORY : 0, Size);
}

HGLOBAL GlobalFree(HGLOBAL Memory) { return release("GlobalFree", Memory) != FALSE ? nullptr : Memory; }

}  // extern "C"
