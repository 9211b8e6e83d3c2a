// Structured exceptions as a driver sees them. The keywords are lowered to plain C by the driver build
// (docs/adr/0007-structured-exceptions.md); this file holds the records and the three intrinsics.
#pragma once

#include "../shared/status.h"

#define EXCEPTION_EXECUTE_HANDLER 1
#define EXCEPTION_CONTINUE_SEARCH 0
#define EXCEPTION_CONTINUE_EXECUTION (-1)
#define EXCEPTION_NONCONTINUABLE 0x1
#define EXCEPTION_MAXIMUM_PARAMETERS 15

#ifdef __cplusplus
#define WDK_NOEXCEPT noexcept
#else
#define WDK_NOEXCEPT
#endif
#define WDK_NOEXCEPT_PURE WDK_NOEXCEPT __attribute__((pure))

WDK_BEGIN

typedef struct _EXCEPTION_RECORD {
  NTSTATUS ExceptionCode;
  ULONG ExceptionFlags;
  struct _EXCEPTION_RECORD* ExceptionRecord;
  PVOID ExceptionAddress;
  ULONG NumberParameters;
  ULONG_PTR ExceptionInformation[EXCEPTION_MAXIMUM_PARAMETERS];
} EXCEPTION_RECORD, *PEXCEPTION_RECORD;

// The processor state is not modelled; only the place of the exception is.
typedef struct _CONTEXT {
  ULONG64 Rip;
} CONTEXT, *PCONTEXT;

typedef struct _EXCEPTION_POINTERS {
  PEXCEPTION_RECORD ExceptionRecord;
  PCONTEXT ContextRecord;
} EXCEPTION_POINTERS, *PEXCEPTION_POINTERS;

// One active __try. The lowered code owns it; the run-time library in the simulator links and fills it. What each
// member means is said in nt/seh.cpp.
enum fltsim_seh_kind { FLTSIM_SEH_FINALLY, FLTSIM_SEH_TAKES_ALL, FLTSIM_SEH_ASKS };
struct fltsim_seh_frame {
  ULONG64 jump_buffer[40];
  struct fltsim_seh_frame* outer;
  EXCEPTION_RECORD record;
  PEXCEPTION_POINTERS pointers;
  struct fltsim_seh_frame* target;
  int kind;
  int state;
};
void fltsim_seh_enter(struct fltsim_seh_frame* frame, int kind);
void fltsim_seh_exit(struct fltsim_seh_frame* frame);
int fltsim_seh_asked(const struct fltsim_seh_frame* frame);
void fltsim_seh_answer(int disposition) __attribute__((noreturn));
int fltsim_seh_raised(const struct fltsim_seh_frame* frame);
void fltsim_seh_continue(struct fltsim_seh_frame* frame) __attribute__((noreturn));
// The driver broke a promise of its own (an assertion of the protocol library): the machine stops. `file` may be null.
void fltsim_driver_failed(const char* what, const char* file, int line) __attribute__((noreturn));

#ifdef FLTSIM_DRIVER_UNIT

#define GetExceptionCode() __exception_code
#define GetExceptionInformation() __exception_info
#define _exception_code() __exception_code
#define _exception_info() __exception_info
#define AbnormalTermination() __abnormal_termination
#define _abnormal_termination() __abnormal_termination
#ifndef __cplusplus
#define try __try
#define except __except
#define finally __finally
#define leave __leave
#endif
int _setjmp(void* jump_buffer) __attribute__((returns_twice));
// 0, which the compiler does not know.
static const volatile ULONG64 fltsim_seh_nothing __attribute__((unused)) = 0;
#endif

WDK_END

#if defined(FLTSIM_DRIVER_UNIT) && defined(__cplusplus)
// Drivers include headers inside extern "C".
extern "C++" {
// What a function returns while a __finally block runs; T may be a reference, const, or without a default constructor.
struct fltsim_seh_place {
  void* at;
};
inline void* operator new(__SIZE_TYPE__, fltsim_seh_place place) noexcept { return place.at; }
template <class T>
class fltsim_seh_result {
 public:
  fltsim_seh_result() {}
  ~fltsim_seh_result() {}
  void operator=(T value) { ::new (fltsim_seh_place{&holder_}) Holder{static_cast<T&&>(value)}; }
  T take() { return static_cast<T&&>(holder_.value); }

 private:
  struct Holder {
    T value;
  };
  union {
    Holder holder_;
  };
};
}
#endif
