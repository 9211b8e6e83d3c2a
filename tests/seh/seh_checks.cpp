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

namespace {

class Owner {
 public:
  Owner(struct SehLog* log, char letter) : log_{log}, letter_(letter) {
    __try {
      ExRaiseStatus(STATUS_NO_MEMORY);
    } __except (letter_ == letter) {
      note(log_, 'c');
    }
  }
  ~Owner() { note(log_, letter_); }
  [[nodiscard]] auto first() -> SehLog& {
    __try {
      return *log_;
    } __finally {
      note(log_, 'f');
    }
  }
  explicit operator bool() const noexcept {
    __try {
      return log_->count != 0;
    } __finally {
      note(log_, 'o');
    }
  }
  template <class T>
  T outside(T value);

 private:
  struct SehLog* log_;
  char letter_;
};

template <class T>
T Owner::outside(T value) {
  if constexpr (sizeof(T) == 4) {
    __try {
      return value;
    } __finally {
      note(log_, '4');
    }
  } else {
    return value;
  }
}

struct Fixed {
  explicit Fixed(int number) : value(number) {}
  const int value;
};
Fixed return_fixed(struct SehLog* log) {
  __try {
    return Fixed(3);
  } __finally {
    note(log, 'f');
  }
}

}  // namespace

CHECK(kinds_of_member_functions) {
  Owner owner(log, 'z');
  note(log, &owner.first() == log ? 'y' : 'n');
  note(log, owner ? 'y' : 'n');
  note(log, owner.outside(5) == 5 ? 'y' : 'n');
}

CHECK(types_without_default_are_returned) { note(log, return_fixed(log).value == 3 ? 'y' : 'n'); }

CHECK(lambdas) {
  const auto caught = [](NTSTATUS status) -> NTSTATUS {
    __try {
      ExRaiseStatus(status);
    } __except (GetExceptionCode() == status ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
      return GetExceptionCode();
    }
    return STATUS_SUCCESS;
  };
  note(log, caught(STATUS_NO_MEMORY) == STATUS_NO_MEMORY ? 'y' : 'n');
  [&] {
    __try {
      note(log, 'a');
    } __finally {
      note(log, 'f');
    }
  }();
}

CHECK(destructors_run_on_the_ordinary_ways_out) {
  for (int i = 0; i < 3; i++) {
    __try {
      const Owner owner(log, static_cast<char>('0' + i));
      if (i == 0) continue;
      if (i == 1) __leave;
      break;
    } __finally {
      note(log, 'f');
    }
  }
}
