// assert.h of client units: a failed assertion is printed, and ends the process as abort does.
#undef assert
#ifdef NDEBUG
#define assert(expression) ((void)0)
#else
#define assert(expression) ((expression) ? (void)0 : fltsim_assertion_failed(#expression, __FILE__, __LINE__))
#endif

#ifndef FLTSIM_ASSERT_DECLARED
#define FLTSIM_ASSERT_DECLARED
#ifdef __cplusplus
extern "C"
#endif
void fltsim_assertion_failed(const char* expression, const char* file, int line) __attribute__((noreturn));
#ifndef __cplusplus
#define static_assert _Static_assert
#endif
#endif
