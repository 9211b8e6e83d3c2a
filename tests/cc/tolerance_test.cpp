// Each transformation of sim/cc/tolerance on preprocessed text: what goes in, what comes out.
#include "cc/tolerance/tolerance.hpp"

#include <gtest/gtest.h>

#include <string>

#include "cc/pasting.hpp"
#include "cc/tolerance/typedefs.hpp"

namespace fltsim::cc {
namespace {

struct Row {
  const char* name;
  const char* given;
  const char* wanted;
};

template <class Transform>
void expect_row(const Row& row, Transform transform) {
  const std::string given = row.given;
  Text text(given);
  transform(text);
  EXPECT_EQ(text.to_string(), row.wanted) << row.name;
}

TEST(ToleranceTest, LongOfTheUsersTextHasThirtyTwoBits) {
  const Row kRows[] = {
      {"alone", "long a;", "int a;"},
      {"unsigned", "unsigned long a;", "unsigned int a;"},
      {"reversed", "long unsigned a;", "int unsigned a;"},
      {"with int", "unsigned long int a;", "unsigned  int a;"},
      {"pointer", "volatile long *p;", "volatile int *p;"},
      {"long long stays", "long long a; unsigned long long int b;", "long long a; unsigned long long int b;"},
      {"apart", "long const long a;", "long const long a;"},
      {"long double stays", "long double a;", "long double a;"},
      {"cast", "(long)x + sizeof(long)", "(int)x + sizeof(int)"},
      {"numbers", "1L + 0x80000000L + 3UL + 4lu", "1 + 0x80000000 + 3U + 4u"},
      {"numbers that stay", "1LL + 2ULL + 1.5L + 1e5L + 0x1f + 7", "1LL + 2ULL + 1.5L + 1e5L + 0x1f + 7"},
      {"a name is no type", "int longer = belong;", "int longer = belong;"},
      {"text stays", "\"long 1L\"", "\"long 1L\""},
      {"system headers stay", "# 1 \"/wdk/x.h\" 1 3\nlong a;\n# 2 \"a.c\" 2\nlong b;",
       "# 1 \"/wdk/x.h\" 1 3\nlong a;\n# 2 \"a.c\" 2\nint b;"},
      {"a system macro in the user's line", "# 7 \"a.c\" 3 4\n((long)1L)\n# 7 \"a.c\"\n;",
       "# 7 \"a.c\" 3 4\n((int)1)\n# 7 \"a.c\"\n;"},
  };
  for (const Row& row : kRows) expect_row(row, make_long_32_bits);
}

TEST(ToleranceTest, SizedSuffixesOfMsvcBecomeThoseOfC) {
  const Row kRows[] = {
      {"64", "1i64 + 0xFFui64 + 2UI64 + 3I64", "1LL + 0xFFuLL + 2ULL + 3LL"},
      {"smaller", "1i8 + 2ui16 + 3i32 + 4ui32", "1 + 2u + 3 + 4u"},
      {"others stay", "0x1f + i64 + 1LL + x1i64", "0x1f + i64 + 1LL + x1i64"},
  };
  for (const Row& row : kRows) expect_row(row, replace_suffixes);
}

TEST(ToleranceTest, FunctionNamesAreLiteralsThatGlue) {
  const Row kRows[] = {
      {"glued", "void f(void) { g(\"[\" __FUNCTION__ \"]\"); }", "void f(void) { g(\"[\" \"f\" \"]\"); }"},
      {"alone", "int f(int a) { return h(__FUNCTION__); }", "int f(int a) { return h(\"f\"); }"},
      {"wide", "void f() { g(L__FUNCTION__ __FUNCTIONW__); }", "void f() { g(L\"f\" L\"f\"); }"},
      {"signature", "static int f(char *a, int b) { g(__FUNCSIG__); }",
       "static int f(char *a, int b) { g(\"int __cdecl f(char* a, int b)\"); }"},
      {"attribute in front", "__attribute__((noinline)) void f(void) { __FUNCTION__; }",
       "__attribute__((noinline)) void f(void) { \"f\"; }"},
      {"second function", "void f(void) { } void g(void) { if (1) { __FUNCTION__; } }",
       "void f(void) { } void g(void) { if (1) { \"g\"; } }"},
      {"behind an initialiser",
       "int a[] = { 1 }; struct S { int b; } s = { 2 }; void g(void) { __FUNCTION__; }",
       "int a[] = { 1 }; struct S { int b; } s = { 2 }; void g(void) { \"g\"; }"},
      {"member", "namespace n { class C { public: void f() const { __FUNCTION__; } }; }",
       "namespace n { class C { public: void f() const { \"n::C::f\"; } }; }"},
      {"member outside", "void n::C::f() { __FUNCTION__; }", "void n::C::f() { \"n::C::f\"; }"},
      {"constructor", "C::C(int a) : b_(a), c_{a} { __FUNCTION__; }",
       "C::C(int a) : b_(a), c_{a} { \"C::C\"; }"},
      {"destructor", "C::~C() { __FUNCTION__; }", "C::~C() { \"C::~C\"; }"},
      {"linkage", "extern \"C\" { void f(void) { __FUNCTION__; } }",
       "extern \"C\" { void f(void) { \"f\"; } }"},
      {"linkage of one", "extern \"C\" void f(void) { __FUNCTION__; }",
       "extern \"C\" void f(void) { \"f\"; }"},
      {"template", "template <class T> T f(T a) { __FUNCTION__; }", "template <class T> T f(T a) { \"f\"; }"},
      {"outside stays", "const char* a = __FUNCTION__;", "const char* a = __FUNCTION__;"},
      {"L#x", "f(L \"text\");", "f( L\"text\");"},
  };
  for (const Row& row : kRows) expect_row(row, name_functions);
}

TEST(ToleranceTest, PragmasOfMsvcAreDroppedAndPackStays) {
  const Row kRows[] = {
      {"dropped", "#pragma warning(disable: 4100)\n#pragma alloc_text(PAGE, f)\nint a;", "\n\nint a;"},
      {"indented", "#  pragma prefast(suppress: 1)\nint a;", "\nint a;"},
      {"pack", "#pragma pack(push, 1)\nint a;\n#pragma pack(pop)\n",
       "#pragma pack(push, 1)\nint a;\n#pragma pack(pop)\n"},
      {"gcc's", "#pragma GCC diagnostic push\n", "#pragma GCC diagnostic push\n"},
      {"a system header's", "# 1 \"x.h\" 1 3\n#pragma comment(lib, \"x\")\n",
       "# 1 \"x.h\" 1 3\n#pragma comment(lib, \"x\")\n"},
  };
  for (const Row& row : kRows) expect_row(row, drop_pragmas);
}

TEST(ToleranceTest, DeclspecsAreAttributesOfWhatTheyStandFor) {
  const Row kRows[] = {
      {"of a type", "__declspec(align(16)) struct S { int a; };",
       " struct __attribute__((aligned(16))) S { int a; };"},
      {"of a typedef", "typedef __declspec(align(8)) struct _S { int a; } S;",
       "typedef  struct __attribute__((aligned(8))) _S { int a; } S;"},
      {"inside the type", "struct __declspec(align(4)) S { int a; };",
       "struct __attribute__((aligned(4))) S { int a; };"},
      {"of a variable", "__declspec(align(32)) struct S s;", "__attribute__((aligned(32))) struct S s;"},
      {"function", "__declspec(noinline) __declspec(noreturn) void f(void);",
       "__attribute__((noinline)) __attribute__((noreturn)) void f(void);"},
      {"several", "__declspec(dllexport noinline) void f(void);", "__attribute__((noinline))  void f(void);"},
      {"nothing to say", "class __declspec(novtable) __declspec(uuid(\"0\")) C;", "class   C;"},
      {"selectany", "extern const __declspec(selectany) int a = 1;",
       "extern const __attribute__((weak)) int a = 1;"},
  };
  for (const Row& row : kRows) expect_row(row, replace_declspec);
}

TEST(ToleranceTest, CommaOfEmptyVariadicArgumentsIsDropped) {
  const Row kRows[] = {
      {"call", "f(a, );", "f(a );"},
      {"over lines", "f(a,\n)", "f(a\n)"},
      {"others stay", "f(a, b); int c[] = {1, };", "f(a, b); int c[] = {1, };"},
  };
  for (const Row& row : kRows) expect_row(row, drop_trailing_commas);
}

TEST(ToleranceTest, EnumerationsMayBeNamedBeforeTheyAreDefined) {
  const Row kRows[] = {
      {"forward", "enum E; enum E { a };", "enum E : int;  ; enum E : int { a };"},
      {"typedef", "typedef enum _E E; enum _E { a };",
       "enum _E : int; typedef enum _E E; enum _E : int { a };"},
      {"parameter", "int b; void f(enum E e);", "int b; enum E : int; void f(enum E e);"},
      {"in order", "enum E { a }; void f(enum E e);", "enum E { a }; void f(enum E e);"},
      {"with a type", "enum E : char; enum class F { a };", "enum E : char; enum class F { a };"},
  };
  for (const Row& row : kRows) expect_row(row, declare_enums);
}

TEST(ToleranceTest, AnnotationsOfTheFirstGenerationVanishFromCxx) {
  const Row kRows[] = {
      {"directions", "void f(IN int a, __in_bcount(a) OUT char* b, __deref_out_opt int** OPTIONAL c);",
       "void f( int a,   char* b,  int**  c);"},
      {"success", "__success(return != 0) int f(__inout_ecount_part(a, b) int* c);", "   int f(  int* c);"},
      {"others stay", "__inline int f(__int64 a, int in, int __internal);",
       "__inline int f(__int64 a, int in, int __internal);"},
      {"libstdc++ stays", "# 1 \"x\" 1 3\nint f(int __in);", "# 1 \"x\" 1 3\nint f(int __in);"},
  };
  for (const Row& row : kRows) expect_row(row, drop_first_annotations);
}

TEST(ToleranceTest, OperatorsTakeEachNameOfTheSizeType) {
  const Row kRows[] = {
      {"SIZE_T", "void* operator new(SIZE_T a, POOL_TYPE b);",
       "void* operator new(decltype(sizeof(0)) a, POOL_TYPE b) noexcept;"},
      {"call", "a = ::operator new(b, c);", "a = ::operator new(b, c);"},
      {"__int64", "void operator delete[](void* a, unsigned long long b);",
       "void operator delete[](void* a, decltype(sizeof(0))   b);"},
      {"others stay", "SIZE_T f(SIZE_T a); void operator delete(void* a);",
       "SIZE_T f(SIZE_T a); void operator delete(void* a);"},
  };
  for (const Row& row : kRows) expect_row(row, give_operators_their_size);
}

TEST(ToleranceTest, ArraysWithoutASizeInRecordsHaveTheSizeZero) {
  const Row kRows[] = {
      {"union", "union U { int a; int b[]; };", "union U { int a; int b[0]; };"},
      {"typedef", "typedef struct { struct { int b[]; } c; } S;",
       "typedef struct { struct { int b[0]; } c; } S;"},
      {"others stay", "extern int a[]; void f(int b[]) { extern int c[]; }",
       "extern int a[]; void f(int b[]) { extern int c[]; }"},
  };
  for (const Row& row : kRows) expect_row(row, [](Text& text) { size_flexible_arrays(text); });
}

TEST(ToleranceTest, PastingOfWhatIsNoTokenIsLeftOut) {
  const Row kRows[] = {
      {"member", "#define A(s, m) s->##m + s.##m\n", "#define A(s, m) s->  m + s.  m\n"},
      {"brackets", "#define B(f) f##(1) ## ;\n", "#define B(f) f  (1)    ;\n"},
      {"text", "#define C(a) \"x\"##a\n", "#define C(a) \"x\"  a\n"},
      {"continued", "  # define D(s, m) \\\n  s->##m\nf.##g;\n", "  # define D(s, m) \\\n  s->  m\nf.##g;\n"},
      {"tokens stay", "#define E(a, b) a##b a ## 1 L##a L###b <##< -##>\n",
       "#define E(a, b) a##b a ## 1 L##a L###b <##< -##>\n"},
      {"variadic stays", "#define F(a, ...) f(a, ##__VA_ARGS__)\n",
       "#define F(a, ...) f(a, ##__VA_ARGS__)\n"},
  };
  for (const Row& row : kRows) EXPECT_EQ(without_idle_pasting(row.given), row.wanted) << row.name;
}

TEST(ToleranceTest, NoopDoesNothingAndIsZero) {
  const Row kRows[] = {
      {"call", "__noop(\"%d\", f(1)); a = __noop;", "((int)0) ; a = ((int)0);"},
      {"annotation", "__annotation(L\"a\");", "((int)0);"},
  };
  for (const Row& row : kRows) expect_row(row, replace_noop);
}

TEST(ToleranceTest, InlineFunctionsOfCAreInEveryUnitAndOneIsKept) {
  const Row kRows[] = {
      {"plain", "inline int f(void) { return 1; }", "__attribute__((weak)) int f(void) { return 1; }"},
      {"static stays", "static inline int f(void) { return 1; }", "static inline int f(void) { return 1; }"},
      {"forced", "extern inline __attribute__((always_inline)) int f(void) { return 1; }",
       " static inline __attribute__((always_inline)) int f(void) { return 1; }"},
      {"prototype stays", "inline int f(void);", "inline int f(void);"},
  };
  for (const Row& row : kRows) expect_row(row, share_inlines);
}

TEST(ToleranceTest, DeclarationsThatAJumpPassesAreSplit) {
  const std::string messages =
      "a.cpp:3:5: note:   crosses initialization of 'int b'\n"
      "a.cpp:5:15: note: jump bypasses variable initialization\n";
  const std::string unit =
      "# 2 \"a.cpp\"\nvoid f() { goto x;\nint b = g(1,\n 2), *c = 0; const S s{1};\n      const S t{1}; auto "
      "u = 1;\nx:; }\n";
  Text text(unit);
  EXPECT_TRUE(split_passed_declarations(text, messages));
  EXPECT_EQ(text.to_string(),
            "# 2 \"a.cpp\"\nvoid f() { goto x;\nint b  \n , *c  ; b = g ( 1 , 2 ) ; c = 0 ; const S s{1};\n"
            "       S t; t = { 1 } ; auto u = 1;\nx:; }\n");
}

bool is_pointer(const std::string& unit, const std::string& type) {
  const std::string all = unit + " " + type;
  const Text text(all);
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ";") begin = i + 1;
  }
  return Typedefs(text).is_pointer(text, begin, text.size());
}

TEST(ToleranceTest, TypedefsSayWhichNamesArePointers) {
  const std::string unit =
      "typedef void* PVOID; typedef PVOID PFLT_CONTEXT; typedef struct _S { int *a; } S, *PS; typedef void "
      "(*CALL)(int); typedef unsigned short "
      "USHORT; ";
  EXPECT_TRUE(is_pointer(unit, "PFLT_CONTEXT Context"));
  EXPECT_TRUE(is_pointer(unit, "PS"));
  EXPECT_TRUE(is_pointer(unit, "CALL routine"));
  EXPECT_TRUE(is_pointer(unit, "const USHORT *a"));
  EXPECT_FALSE(is_pointer(unit, "S s"));
  EXPECT_FALSE(is_pointer(unit, "USHORT a"));
}

std::string reconciled(const std::string& unit) {
  Text text(unit);
  return reconcile_prototypes(text, {"f"}) ? text.to_string() : "refused";
}

TEST(ToleranceTest, PrototypeWithOtherPointerTypesIsKeptForThoseBeforeTheDefinition) {
  EXPECT_EQ(
      reconciled("void f(void *a, short b); int g(void) { f(0, 1); } void f(struct S *a, short b) { } "),
      "void fltsim_promised_f(void *a, short b) __asm__(\"f\"); int g(void) { fltsim_promised_f(0, 1); } "
      "__attribute__((used)) void f(struct S *a, short b) { } ");
  EXPECT_EQ(reconciled("static int f(void*); static int f(char *a) { return 0; }"),
            " int fltsim_promised_f(void*) __asm__(\"f\"); __attribute__((used)) static int f(char *a) { "
            "return 0; }");
}

TEST(ToleranceTest, PrototypeThatDiffersInMoreIsLeftToTheCompiler) {
  EXPECT_EQ(reconciled("void f(int a); void f(char *a) { }"), "refused");
  EXPECT_EQ(reconciled("void f(void *a); void f(char *a, int b) { }"), "refused");
  EXPECT_EQ(reconciled("void f(char *a) { }"), "refused");
}

TEST(ToleranceTest, StaticOfTheDefinitionCountsForTheDeclarationToo) {
  const std::string unit = "int f(int); extern int a; static int a = 1; static int f(int b) { return b; }";
  Text text(unit);
  EXPECT_TRUE(make_static(text, {"f", "a"}));
  EXPECT_EQ(text.to_string(),
            "static int f(int); static  int a; static int a = 1; static int f(int b) { return b; }");
}

}  // namespace
}  // namespace fltsim::cc
