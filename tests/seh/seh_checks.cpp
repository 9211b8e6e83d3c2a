// The checks of seh_checks.c as a C++ driver unit, and what only C++ can say.
#include <span>

#include "seh_checks.c"

namespace {

struct Guarded {
  explicit Guarded(struct SehLog* target) : log(target) {}
  NTSTATUS raise_in_member(NTSTATUS status);
  struct SehLog* log;

 public:
  static int in_class(struct SehLog* target) {
    __try {
      for (const char letter : std::span("ab", 2)) note(target, letter);
      return 4;
    } __finally {
      note(target, 'f');
    }
  }
};

NTSTATUS Guarded::raise_in_member(NTSTATUS status) {
  __try {
    const auto raise = [](NTSTATUS code) {
      if (code == STATUS_SUCCESS) return;
      ExRaiseStatus(code);
    };
    raise(status);
    return STATUS_SUCCESS;
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    note(log, 'h');
    return GetExceptionCode();
  }
}

template <class T>
T read_or(const T* from, T otherwise) {
  __try {
    return *const_cast<const volatile T*>(from);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    return otherwise;
  }
}

}  // namespace

CHECK(member_functions) {
  Guarded guarded(log);
  note(log, Guarded::in_class(log) == 4 ? 'y' : 'n');
  note(log, guarded.raise_in_member(STATUS_SUCCESS) == STATUS_SUCCESS ? 'y' : 'n');
  note(log, guarded.raise_in_member(STATUS_NO_MEMORY) == STATUS_NO_MEMORY ? 'y' : 'n');
}

CHECK(raw_strings) {
  const char* const text = R"x(" { __try )" )x";
  __try {
    note(log, text[0]);
  } __finally {
    note(log, 'f');
  }
}

CHECK(digit_separators) {
  const int thousand = 1'000;
  __try {
    note(log, thousand == 1000 ? 'y' : 'n');
  } __finally {
    note(log, 'f');
  }
}

CHECK(function_templates) {
  const int five = 5;
  note(log, read_or(&five, 7) == 5 ? 'y' : 'n');
  note(log, read_or(static_cast<const int*>(log->bad_address), 7) == 7 ? 'y' : 'n');
}
