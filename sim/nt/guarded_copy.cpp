#include "nt/guarded_copy.hpp"

#include <algorithm>
#include <cstdint>

#include "nt/seh.hpp"

// What the sanitizers are to see of these copies, they are told.
#if defined(__SANITIZE_ADDRESS__)
#define FLTSIM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FLTSIM_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define FLTSIM_TSAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define FLTSIM_TSAN 1
#endif

// rdi to, rsi from, rdx size, r8 and r9 the client's part of them. Large copies are left to the processor's own loop.
asm(R"(
        .pushsection .text
        .type   fltsim_guarded_copy, @function
fltsim_guarded_copy:
        .cfi_startproc
        cmpq    $1024, %rdx
        jae     4f
1:      subq    $16, %rdx
        jb      2f
        movups  (%rsi), %xmm0
        movups  %xmm0, (%rdi)
        addq    $16, %rsi
        addq    $16, %rdi
        jmp     1b
2:      addq    $16, %rdx
        jz      5f
3:      movb    (%rsi), %al
        movb    %al, (%rdi)
        incq    %rsi
        incq    %rdi
        decq    %rdx
        jnz     3b
        jmp     5f
4:      movq    %rdx, %rcx
        rep movsb
5:      movl    $1, %eax
        ret
        .cfi_endproc
        .size   fltsim_guarded_copy, .-fltsim_guarded_copy
        .type   fltsim_guarded_load, @function
fltsim_guarded_load:
        .cfi_startproc
        movb    (%rdi), %al
        movl    $1, %eax
        ret
        .cfi_endproc
        .size   fltsim_guarded_load, .-fltsim_guarded_load
        .type   fltsim_guarded_end, @function
fltsim_guarded_end:
        .cfi_startproc
        xorl    %eax, %eax
        ret
        .cfi_endproc
        .size   fltsim_guarded_end, .-fltsim_guarded_end
        .popsection
)");

extern "C" {
[[gnu::visibility("hidden")]] int fltsim_guarded_copy(void* to, const void* from, std::size_t size,
                                                      int unused, const void* client, const void* client_end);
[[gnu::visibility("hidden")]] int fltsim_guarded_load(const void* at, int, int, int, const void* client,
                                                      const void* client_end);
[[gnu::visibility("hidden")]] void fltsim_guarded_end();
#ifdef FLTSIM_ASAN
void __asan_loadN(std::uintptr_t address, std::uintptr_t size);
void __asan_storeN(std::uintptr_t address, std::uintptr_t size);
#endif
#ifdef FLTSIM_TSAN
void __tsan_read_range(void* address, unsigned long size);
void __tsan_write_range(void* address, unsigned long size);
#endif
}

namespace fltsim::nt {
namespace {

constexpr std::uintptr_t kPage = 4096;

void show_read([[maybe_unused]] const void* address, [[maybe_unused]] std::size_t size) {
#ifdef FLTSIM_ASAN
  __asan_loadN(reinterpret_cast<std::uintptr_t>(address), size);
#endif
#ifdef FLTSIM_TSAN
  __tsan_read_range(const_cast<void*>(address), size);
#endif
}

void show_write([[maybe_unused]] void* address, [[maybe_unused]] std::size_t size) {
#ifdef FLTSIM_ASAN
  __asan_storeN(reinterpret_cast<std::uintptr_t>(address), size);
#endif
#ifdef FLTSIM_TSAN
  __tsan_write_range(address, size);
#endif
}

bool copy(void* to, const void* from, std::size_t size, const void* client) {
  return fltsim_guarded_copy(to, from, size, 0, client, static_cast<const std::byte*>(client) + size) != 0;
}

// A sanitizer knows nothing of memory that is not there.
constexpr bool kTouchesFirst =
#if defined(FLTSIM_ASAN) || defined(FLTSIM_TSAN)
    true;
#else
    false;
#endif

}  // namespace

void prepare_guarded_copies() { handle_faults(); }

bool guarded_touch(const void* client, std::size_t size) {
  const auto begin = reinterpret_cast<std::uintptr_t>(client);
  const std::uintptr_t end = begin + size;
  for (std::uintptr_t at = begin; at < end; at = (at / kPage + 1) * kPage) {
    const auto* byte = reinterpret_cast<const std::byte*>(at);
    if (fltsim_guarded_load(byte, 0, 0, 0, byte, byte + 1) == 0) return false;
  }
  return true;
}

bool guarded_write(void* client, const void* from, std::size_t size) {
  if (size == 0) return true;
  if (kTouchesFirst) {
    if (!guarded_touch(client, size)) return false;
    show_read(from, size);
    show_write(client, size);
  }
  return copy(client, from, size, client);
}

bool guarded_read(void* to, const void* client, std::size_t size) {
  if (size == 0) return true;
  if (kTouchesFirst) {
    if (!guarded_touch(client, size)) return false;
    show_read(client, size);
    show_write(to, size);
  }
  return copy(to, client, size, client);
}

bool guarded_peek(void* to, const void* from, std::size_t size) {
  if (!copy(to, from, size, from)) return false;
  show_write(to, size);
  return true;
}

std::size_t guarded_way_out(std::size_t instruction, std::size_t address, std::size_t client,
                            std::size_t client_end) {
  const auto begin = reinterpret_cast<std::size_t>(&fltsim_guarded_copy);
  const auto end = reinterpret_cast<std::size_t>(&fltsim_guarded_end);
  const bool ours = instruction >= begin && instruction < end && address >= client && address < client_end;
  return ours ? end : 0;
}

}  // namespace fltsim::nt
