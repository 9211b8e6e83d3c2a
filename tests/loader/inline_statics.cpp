// A driver whose only data are C++ statics: an inline variable, a static of an inline function, one of a template. For
// loader_test.cpp.
#include <fltKernel.h>

namespace {

struct Nothing {};

}  // namespace

struct Counters {
  inline static LONG member = 0;
};

inline LONG& in_function() {
  static LONG value = 0;
  return value;
}

template <class Type>
struct Of {
  static LONG value;
};
template <class Type>
LONG Of<Type>::value = 0;

extern "C" __attribute__((visibility("default"))) LONG sum;
LONG sum = 0;

extern "C" __attribute__((visibility("default"))) NTSTATUS DriverEntry(PDRIVER_OBJECT driver,
                                                                       PUNICODE_STRING) {
  driver->DriverUnload = [](PDRIVER_OBJECT) {};
  sum = ++Counters::member + ++in_function() + ++Of<Nothing>::value + ++Of<int>::value;
  return STATUS_SUCCESS;
}
