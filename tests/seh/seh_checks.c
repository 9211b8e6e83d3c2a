// A driver module, compiled as C and (through seh_checks.cpp) as C++: each check writes a letter for each
// place that it passes; seh_test.cpp knows the words.
#include "seh_checks.h"

#ifdef __cplusplus
#define CHECK(name) extern "C" __attribute__((visibility("default"))) void name(struct SehLog* log)
#else
#define CHECK(name) __attribute__((visibility("default"))) void name(struct SehLog* log)
#endif

EXTERN_C __attribute__((visibility("default"))) NTSTATUS DriverEntry(PDRIVER_OBJECT driver,
                                                                     PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(driver);
  UNREFERENCED_PARAMETER(path);
  return STATUS_SUCCESS;
}

static void note(struct SehLog* log, char letter) { log->text[log->count++] = letter; }

CHECK(finally_runs_after_the_block) {
  __try {
    note(log, 'a');
  } __finally {
    note(log, AbnormalTermination() ? 'A' : 'b');
  }
  note(log, 'c');
}

CHECK(leave_skips_the_rest) {
  __try {
    note(log, 'a');
    if (log->count == 1) __leave;
    note(log, 'x');
  } __finally {
    note(log, AbnormalTermination() ? 'A' : 'b');
  }
  note(log, 'c');
}

CHECK(leave_out_of_loop_and_switch) {
  int i;
  __try {
    for (i = 0; i < 9; i++) {
      switch (i) {
        case 3:
          __leave;
        default:
          break;
      }
      note(log, (char)('0' + i));
    }
  } __finally {
    note(log, 'f');
  }
  note(log, i == 3 ? 'y' : 'n');
}

CHECK(leave_of_nested_blocks) {
  __try {
    note(log, '1');
    __try {
      note(log, '2');
      __leave;
    } __finally {
      note(log, '3');
    }
    note(log, '4');
    __leave;
  } __finally {
    note(log, '5');
  }
}

CHECK(leave_of_except_block) {
  __try {
    note(log, 'a');
    __leave;
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    note(log, 'x');
  }
  note(log, 'b');
}

CHECK(raised_status_reaches_handler) {
  __try {
    note(log, 'a');
    ExRaiseStatus(STATUS_ACCESS_DENIED);
    note(log, 'x');
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    note(log, GetExceptionCode() == STATUS_ACCESS_DENIED ? 'h' : 'w');
  }
}

CHECK(plain_locals_keep_their_values) {
  int v = 0;
  int w = 5;
  __try {
    v = 1;
    w++;
    note(log, 'a');
    ExRaiseStatus(STATUS_ACCESS_DENIED);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    note(log, 'h');
  }
  note(log, v == 1 && w == 6 ? 'y' : 'n');
}

static int filter(struct SehLog* log, PEXCEPTION_POINTERS pointers) {
  note(log, 'f');
  return pointers->ExceptionRecord->ExceptionCode == STATUS_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER
                                                                             : EXCEPTION_CONTINUE_SEARCH;
}

CHECK(access_violation_reaches_handler) {
  int v = 0;
  __try {
    v = 7;
    note(log, 'a');
    *(volatile int*)log->bad_address = 1;
    note(log, 'x');
  } __except (filter(log, GetExceptionInformation())) {
    note(log, v == 7 ? 'h' : 'n');
  }
}

static int is_write_to(PEXCEPTION_POINTERS pointers, void* address) {
  const EXCEPTION_RECORD* record = pointers->ExceptionRecord;
  return record->NumberParameters == 2 && record->ExceptionInformation[0] == 1 &&
         record->ExceptionInformation[1] == (ULONG_PTR)address;
}

CHECK(access_violation_names_write_and_address) {
  __try {
    *(volatile int*)log->bad_address = 1;
  } __except (is_write_to(GetExceptionInformation(), log->bad_address) ? EXCEPTION_EXECUTE_HANDLER
                                                                       : EXCEPTION_CONTINUE_SEARCH) {
    note(log, 'h');
  }
}

CHECK(access_violation_in_memcpy) {
  char target[64];
  __try {
    RtlCopyMemory(target, log->bad_address, sizeof(target));
    note(log, 'x');
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    note(log, GetExceptionCode() == STATUS_ACCESS_VIOLATION ? 'h' : 'w');
  }
}

CHECK(access_violation_in_a_text_routine) {
  UNICODE_STRING string;
  UNICODE_STRING copy = {0, 64, (PWCH)log->bad_address};
  __try {
    RtlInitUnicodeString(&string, (PCWSTR)log->bad_address);
    note(log, 'x');
  } __except (GetExceptionCode() == STATUS_ACCESS_VIOLATION) {
    note(log, 'r');
  }
  RtlInitUnicodeString(&string, L"ab");
  __try {
    RtlCopyUnicodeString(&copy, &string);
    note(log, 'x');
  } __except (GetExceptionInformation()->ExceptionRecord->ExceptionInformation[0] == 1) {
    note(log, 'w');
  }
}

CHECK(call_to_no_code_is_an_access_violation) {
  void (*volatile nowhere)(void) = NULL;
  __try {
    note(log, 'a');
    nowhere();
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    note(log, GetExceptionCode() == STATUS_ACCESS_VIOLATION ? 'h' : 'w');
  }
}

CHECK(access_violation_passes_finally) {
  __try {
    __try {
      note(log, 'a');
      *(volatile int*)log->bad_address = 1;
    } __finally {
      note(log, AbnormalTermination() ? 'A' : 'n');
    }
    note(log, 'x');
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    note(log, 'h');
  }
}

CHECK(division_by_zero_reaches_handler) {
  volatile int zero = 0;
  __try {
    note(log, 'a');
    zero = 5 / zero;
    note(log, 'x');
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    note(log, GetExceptionCode() == STATUS_INTEGER_DIVIDE_BY_ZERO ? 'h' : 'w');
  }
}

CHECK(division_by_zero_has_no_parameters) {
  volatile int zero = 0;
  ULONG parameters = 7;
  __try {
    zero = 5 / zero;
  } __except (parameters = GetExceptionInformation()->ExceptionRecord->NumberParameters,
              EXCEPTION_EXECUTE_HANDLER) {
    note(log, parameters == 0 ? 'h' : 'w');
  }
}

CHECK(search_goes_on_to_outer_handler) {
  __try {
    __try {
      note(log, 'a');
      ExRaiseStatus(STATUS_NO_MEMORY);
    } __except (GetExceptionCode() == STATUS_ACCESS_DENIED ? EXCEPTION_EXECUTE_HANDLER
                                                           : EXCEPTION_CONTINUE_SEARCH) {
      note(log, 'x');
    }
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    note(log, GetExceptionCode() == STATUS_NO_MEMORY ? 'o' : 'w');
  }
}

static int return_from_except(struct SehLog* log) {
  __try {
    note(log, 'a');
    return 1;
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    note(log, 'x');
  }
  return 0;
}
CHECK(return_out_of_except_block) { note(log, return_from_except(log) == 1 ? 'y' : 'n'); }

static int return_from_handler(struct SehLog* log) {
  __try {
    ExRaiseStatus(STATUS_NO_MEMORY);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    note(log, 'h');
    return 3;
  }
  return 0;
}
CHECK(return_out_of_handler) { note(log, return_from_handler(log) == 3 ? 'y' : 'n'); }

static int return_from_finally(struct SehLog* log, int* also) {
  int v = 42;
  __try {
    note(log, 'a');
    return v;
  } __finally {
    note(log, AbnormalTermination() ? 'A' : 'f');
    v = 9;
    *also = 5;
  }
  return 0;
}
CHECK(return_value_is_taken_before_finally) {
  int also = 0;
  const int value = return_from_finally(log, &also);
  note(log, value == 42 && also == 5 ? 'y' : 'n');
}

static int return_from_nested(struct SehLog* log) {
  int v = 42;
  __try {
    __try {
      note(log, 'a');
      return v + 1;
    } __finally {
      note(log, 'i');
      v = 1;
    }
  } __finally {
    note(log, 'o');
    v = 2;
  }
  return 0;
}
CHECK(return_passes_nested_finally) { note(log, return_from_nested(log) == 43 ? 'y' : 'n'); }

static void return_nothing(struct SehLog* log) {
  __try {
    return;
  } __finally {
    note(log, 'f');
  }
  note(log, 'x');
}
CHECK(return_without_value) {
  return_nothing(log);
  note(log, 'z');
}

CHECK(goto_out_of_finally) {
  __try {
    note(log, 'a');
    if (log->count == 1) goto out;
    note(log, 'x');
  } __finally {
    note(log, 'f');
  }
  note(log, 'y');
out:
  note(log, 'z');
}

CHECK(goto_inside_the_block_stays) {
  __try {
  again:
    note(log, 'a');
    if (log->count < 3) goto again;
  } __finally {
    note(log, AbnormalTermination() ? 'A' : 'f');
  }
}

CHECK(goto_out_of_nested_finally) {
  __try {
    __try {
      goto middle;
    } __finally {
      note(log, '1');
    }
    note(log, 'x');
  middle:
    note(log, '2');
    __try {
      goto out;
    } __finally {
      note(log, '3');
    }
  } __finally {
    note(log, '4');
  }
  note(log, 'x');
out:
  note(log, '5');
}

CHECK(break_out_of_finally) {
  for (;;) {
    __try {
      note(log, 'a');
      break;
    } __finally {
      note(log, 'f');
    }
    note(log, 'x');
  }
  note(log, 'z');
}

CHECK(continue_out_of_finally) {
  for (int i = 0; i < 2; i++) {
    __try {
      note(log, 'a');
      continue;
    } __finally {
      note(log, 'f');
    }
    note(log, 'x');
  }
}

CHECK(break_and_continue_out_of_nested_finally) {
  int i = 0;
  while (i < 5) {
    __try {
      __try {
        i++;
        if (i < 3) continue;
        break;
      } __finally {
        note(log, 'i');
      }
    } __finally {
      note(log, 'o');
    }
    note(log, 'x');
  }
  note(log, (char)('0' + i));
}

CHECK(break_of_a_switch_inside_stays) {
  __try {
    switch (log->count) {
      case 0:
        note(log, 'a');
        break;
      default:
        note(log, 'x');
    }
    note(log, 'b');
  } __finally {
    note(log, AbnormalTermination() ? 'A' : 'f');
  }
}

CHECK(continue_out_of_a_switch_and_finally) {
  for (int i = 0; i < 2; i++) {
    __try {
      switch (i) {
        case 0:
          continue;
        default:
          note(log, 'd');
      }
    } __finally {
      note(log, 'f');
    }
    note(log, 'e');
  }
}

CHECK(continue_in_handler) {
  for (int i = 0; i < 5; i++) {
    __try {
      if (i == 2) ExRaiseStatus(STATUS_NO_MEMORY);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
      note(log, 'h');
      continue;
    }
    note(log, '.');
  }
}

CHECK(break_out_of_except_block) {
  for (int i = 0; i < 5; i++) {
    __try {
      note(log, 'a');
      if (i == 1) break;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
      note(log, 'x');
    }
  }
  note(log, 'z');
}

static void callee(struct SehLog* log) {
  __try {
    note(log, '1');
    ExRaiseStatus(STATUS_DATATYPE_MISALIGNMENT);
  } __finally {
    note(log, '2');
  }
  note(log, 'x');
}
CHECK(exception_in_callee) {
  __try {
    callee(log);
    note(log, 'x');
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    note(log, GetExceptionCode() == STATUS_DATATYPE_MISALIGNMENT ? '3' : 'w');
  }
}

CHECK(raise_in_handler) {
  __try {
    __try {
      note(log, 'a');
      ExRaiseStatus(STATUS_NO_MEMORY);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
      note(log, 'h');
      ExRaiseStatus(STATUS_ACCESS_DENIED);
    }
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    note(log, GetExceptionCode() == STATUS_ACCESS_DENIED ? 'o' : 'w');
  }
}

CHECK(raise_in_finally_replaces_the_exception) {
  __try {
    __try {
      ExRaiseStatus(STATUS_NO_MEMORY);
    } __finally {
      note(log, 'f');
      ExRaiseStatus(STATUS_ACCESS_DENIED);
    }
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    note(log, GetExceptionCode() == STATUS_ACCESS_DENIED ? 'o' : 'w');
  }
}

static void one_armed(struct SehLog* log, int condition) {
  if (condition) __try {
      note(log, 'a');
    } __finally {
      note(log, 'f');
    }
  else
    note(log, 'e');
}
CHECK(unbraced_arm_of_if) {
  one_armed(log, 1);
  one_armed(log, 0);
}

CHECK(braces_and_keywords_in_text) {
  const char* const text = "} __try { \"{\" \\";
  __try {
    note(log, text[0]);
    note(log, '{');
    note(log, '\'');
  } __finally {
    note(log, '}');
  }
}

CHECK(unbraced_loops_and_case_labels) {
  int i = 0;
  do __try {
      switch (i) {
        case 1 ? 0:
          5 : note(log, 'a');
          break;
        default:
          note(log, 'b');
      }
    } __finally {
      note(log, 'f');
    }
  while (++i < 2);
  for (i = 0; i < 2; ++i)
    while (1)
      if (i == 0) {
        __try {
          break;
        } __finally {
          note(log, 'g');
        }
      } else
        break;
}

// --- two passes ---

CHECK(filter_runs_before_inner_finally) {
  __try {
    __try {
      ExRaiseStatus(STATUS_NO_MEMORY);
    } __finally {
      note(log, AbnormalTermination() ? 'A' : 'n');
    }
  } __except (note(log, 'f'), GetExceptionCode() == STATUS_NO_MEMORY) {
    note(log, 'h');
  }
}

static void raises_below(struct SehLog* log) {
  __try {
    char filler[600];
    RtlZeroMemory(filler, sizeof(filler));
    ExRaiseStatus(STATUS_NO_MEMORY);
  } __finally {
    note(log, '2');
  }
}
CHECK(filter_changes_locals_that_the_inner_finally_sees) {
  int v = 1;
  __try {
    __try {
      v = 2;
      raises_below(log);
    } __finally {
      note(log, v == 3 ? '3' : 'w');
      v = 4;
    }
  } __except (v == 2 ? (v = 3, note(log, '1'), EXCEPTION_EXECUTE_HANDLER) : EXCEPTION_CONTINUE_SEARCH) {
    note(log, v == 4 ? '4' : 'w');
  }
}

static int raise_once(struct SehLog* log, NTSTATUS code) {
  note(log, 'f');
  if (code == STATUS_NO_MEMORY) ExRaiseStatus(STATUS_ACCESS_DENIED);
  return EXCEPTION_EXECUTE_HANDLER;
}
CHECK(filter_that_raises_is_asked_again) {
  __try {
    __try {
      ExRaiseStatus(STATUS_NO_MEMORY);
    } __finally {
      note(log, 'u');
    }
  } __except (raise_once(log, GetExceptionCode())) {
    note(log, GetExceptionCode() == STATUS_ACCESS_DENIED ? 'h' : 'w');
  }
}

static int catches(struct SehLog* log) {
  __try {
    *(volatile int*)log->bad_address = 1;
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    note(log, 'c');
  }
  return EXCEPTION_EXECUTE_HANDLER;
}
CHECK(filter_may_catch_by_itself) {
  __try {
    ExRaiseStatus(STATUS_NO_MEMORY);
  } __except (catches(log)) {
    note(log, GetExceptionCode() == STATUS_NO_MEMORY ? 'h' : 'w');
  }
}

CHECK(codes_of_nested_handlers) {
  __try {
    ExRaiseStatus(STATUS_NO_MEMORY);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    __try {
      ExRaiseStatus(STATUS_ACCESS_DENIED);
    } __except (GetExceptionCode() == STATUS_ACCESS_DENIED) {
      note(log, GetExceptionCode() == STATUS_ACCESS_DENIED ? 'i' : 'w');
    }
    note(log, GetExceptionCode() == STATUS_NO_MEMORY ? 'o' : 'w');
  }
}

CHECK(abnormal_termination_of_nested_blocks) {
  __try {
    __try {
      ExRaiseStatus(STATUS_NO_MEMORY);
    } __finally {
      __try {
        note(log, 'a');
      } __finally {
        note(log, AbnormalTermination() ? 'w' : 'n');
      }
      note(log, AbnormalTermination() ? 'A' : 'w');
    }
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    note(log, 'h');
  }
}

static int returns_from_finally(struct SehLog* log) {
  __try {
    ExRaiseStatus(STATUS_NO_MEMORY);
  } __finally {
    note(log, 'f');
    return 7;
  }
}
CHECK(return_out_of_a_finally_block_ends_the_exception) {
  __try {
    note(log, returns_from_finally(log) == 7 ? 'y' : 'n');
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    note(log, 'x');
  }
}

// --- records ---

static int record_is(struct SehLog* log, PEXCEPTION_POINTERS pointers, NTSTATUS code, ULONG parameters,
                     ULONG flags) {
  const EXCEPTION_RECORD* record = pointers->ExceptionRecord;
  note(log, record->ExceptionCode == code ? 'c' : 'w');
  note(log, record->NumberParameters == parameters ? 'p' : 'w');
  note(log, record->ExceptionFlags == flags ? 'f' : 'w');
  note(log, record->ExceptionAddress != NULL ? 'a' : 'w');
  return EXCEPTION_EXECUTE_HANDLER;
}
CHECK(record_of_a_raised_status) {
  __try {
    ExRaiseStatus(STATUS_NO_MEMORY);
  } __except (record_is(log, GetExceptionInformation(), STATUS_NO_MEMORY, 0, EXCEPTION_NONCONTINUABLE)) {
  }
}
CHECK(record_of_a_read) {
  __try {
    note(log, *(volatile char*)log->bad_address);
  } __except (GetExceptionInformation()->ExceptionRecord->ExceptionInformation[0] == 0
                  ? record_is(log, GetExceptionInformation(), STATUS_ACCESS_VIOLATION, 2, 0)
                  : EXCEPTION_CONTINUE_SEARCH) {
  }
}
CHECK(touch_of_no_address_is_a_violation_at_minus_one) {
  __try {
    *(volatile char*)0x8000000000000000 = 1;
  } __except (GetExceptionInformation()->ExceptionRecord->ExceptionInformation[1] == ~(ULONG_PTR)0) {
    note(log, 'h');
  }
}
CHECK(breakpoint_reaches_handler) {
  __try {
    __asm__ volatile("int3");
  } __except (GetExceptionCode() == STATUS_BREAKPOINT
                  ? record_is(log, GetExceptionInformation(), STATUS_BREAKPOINT, 0, 0)
                  : EXCEPTION_CONTINUE_SEARCH) {
    note(log, 'h');
  }
}
CHECK(illegal_instruction_reaches_handler) {
  __try {
    __asm__ volatile("ud2");
  } __except (GetExceptionCode() == STATUS_ILLEGAL_INSTRUCTION) {
    note(log, 'h');
  }
}
CHECK(null_pointer_reaches_handler) {
  struct SehLog* volatile nothing = NULL;
  __try {
    note(nothing, 'x');
  } __except (GetExceptionCode() == STATUS_ACCESS_VIOLATION) {
    note(log, 'h');
  }
}

// --- what functions look like ---

struct Large {
  LONGLONG values[9];
};
static struct Large return_large(struct SehLog* log) {
  struct Large large = {{1, 2, 3, 4, 5, 6, 7, 8, 9}};
  __try {
    __try {
      return large;
    } __finally {
      large.values[8] = 0;
      note(log, 'i');
    }
  } __finally {
    note(log, 'o');
  }
}
CHECK(structures_are_returned) { note(log, return_large(log).values[8] == 9 ? 'y' : 'n'); }

static struct Large make_large(LONGLONG value) {
  struct Large large = {{value, value, value, value, value, value, value, value, value}};
  return large;
}
CHECK(large_locals_survive_a_filter_with_large_temporaries) {
  __try {
    struct Large mine = make_large(9);
    __try {
      struct Large also = make_large(7);
      note(log, also.values[8] == 7 ? 'a' : 'w');
      ExRaiseStatus(STATUS_NO_MEMORY);
    } __finally {
      struct Large another = make_large(6);
      note(log, mine.values[8] == 9 && another.values[0] == 6 ? 'f' : 'w');
    }
  } __except (make_large(5).values[0] == 5 && make_large(4).values[8] == 4) {
    note(log, 'h');
  }
}

static int twice(int value) { return 2 * value; }
static int (*pick_function(struct SehLog* log, int (*otherwise)(int)))(int) {
  __try {
    if (log->count == 0) return twice;
  } __finally {
    note(log, 'f');
  }
  return otherwise;
}
CHECK(functions_are_returned) { note(log, pick_function(log, NULL)(4) == 8 ? 'y' : 'n'); }

#pragma GCC diagnostic ignored "-Wignored-qualifiers"
static const ULONG return_const(struct SehLog* log) {
  __try {
    return 3;
  } __finally {
    note(log, 'f');
  }
}
CHECK(constants_are_returned) { note(log, return_const(log) == 3 ? 'y' : 'n'); }

#define GUARDED_FUNCTION(name, statement) \
  static int name(struct SehLog* log) {   \
    __try {                               \
      statement;                          \
    } __finally {                         \
      note(log, 'f');                     \
    }                                     \
    return 0;                             \
  }
GUARDED_FUNCTION(macro_function, return 5)
CHECK(functions_of_macros) { note(log, macro_function(log) == 5 ? 'y' : 'n'); }

__attribute__((unused)) static __forceinline int forced_inline(struct SehLog* log) {
  __try {
    ExRaiseStatus(STATUS_NO_MEMORY);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    note(log, 'h');
  }
  return 6;
}
CHECK(forced_inline_functions) { note(log, forced_inline(log) == 6 ? 'y' : 'n'); }

CHECK(statement_expressions) {
  const int value = ({
    int result = 1;
    __try {
      ExRaiseStatus(STATUS_NO_MEMORY);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
      result = 2;
    }
    result;
  });
  note(log, value == 2 ? 'y' : 'n');
}

CHECK(case_with_a_try) {
  switch (log->count) {
    case 0:
      __try {
        note(log, 'a');
        break;
      } __finally {
        note(log, 'f');
      }
      note(log, 'x');
      break;
    default:
      note(log, 'x');
  }
}

// clang-format off
CHECK(digraphs) <%
  __try <%
    note(log, "ab"<:1:>);
  %> __finally <%
    note(log, 'f');
  %>
%>
    // clang-format on

    static int same_label(struct SehLog* log) {
  __try {
    goto out;
  } __finally {
    note(log, 'f');
  }
out:
  return log->count;
}
CHECK(labels_of_different_functions) {
  __try {
    if (same_label(log) == 1) goto out;
    note(log, 'x');
  } __finally {
    note(log, 'g');
  }
out:
  note(log, 'z');
}

static ULONG deep(struct SehLog* log, ULONG depth) {
  ULONG result = 0;
  __try {
    if (depth == 0) ExRaiseStatus(STATUS_NO_MEMORY);
    result = deep(log, depth - 1);
  } __finally {
    log->rounds++;
  }
  return result;
}
CHECK(exception_through_many_frames) {
  log->rounds = 0;
  __try {
    deep(log, 500);
  } __except (GetExceptionCode() == STATUS_NO_MEMORY) {
    note(log, log->rounds == 501 ? 'y' : 'n');
  }
}

CHECK(storm) {
  volatile ULONG caught = 0;
  for (ULONG i = 0; i < log->rounds; i++) {
    __try {
      __try {
        if (i % 16 == 0) *(volatile int*)log->bad_address = 1;
        ExRaiseStatus(STATUS_NO_MEMORY);
      } __finally {
        caught = caught + 1;
      }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
      caught = caught + 1;
    }
  }
  note(log, caught == 2 * log->rounds ? 'y' : 'n');
}

CHECK(escapes) {
  note(log, 'a');
  ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
}

CHECK(escapes_from_a_callback) {
  __try {
    log->call_out(log);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    note(log, 'x');
  }
}

CHECK(faults_outside_every_try) {
  note(log, 'a');
  *(volatile int*)log->bad_address = 1;
}

CHECK(continues_execution) {
  __try {
    ExRaiseStatus(STATUS_NO_MEMORY);
  } __except (EXCEPTION_CONTINUE_EXECUTION) {
    note(log, 'x');
  }
}

#ifndef __cplusplus
CHECK(lower_case_keywords) {
  try {
    try {
      if (log->count == 0) leave;
      note(log, 'x');
    } finally {
      note(log, 'f');
    }
    ExRaiseStatus(STATUS_NO_MEMORY);
  }
  except(EXCEPTION_EXECUTE_HANDLER) { note(log, 'h'); }
}

static int old_style(log, value)
struct SehLog* log;
int value;
{
  __try {
    return value;
  } __finally {
    note(log, 'f');
  }
}
CHECK(old_style_definitions) { note(log, old_style(log, 3) == 3 ? 'y' : 'n'); }

CHECK(register_variables) {
  register int v = 1;
  __try {
    v = 2;
    ExRaiseStatus(STATUS_NO_MEMORY);
  } __except (v == 2) {
    note(log, v == 2 ? 'y' : 'n');
  }
}
#endif
