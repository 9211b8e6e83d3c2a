// assert.h of driver units: as ASSERT. May be included again with another NDEBUG.
#include "../km/rtl.h"

#undef assert
#ifdef NDEBUG
#define assert(expression) ((void)0)
#else
#define assert(expression) \
  ((void)((expression) ? 0 : (RtlAssert((PVOID)#expression, (PVOID)__FILE__, __LINE__, NULL), 0)))
#endif
