// What bytes are taken for. The texts are converted from UTF-8 to the charset under test, so that they can be read here.
#include "cc/charset.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iconv.h>

#include <string>

#include "cc/header_search.hpp"
#include "cc/include_lines.hpp"
#include "program.hpp"

namespace fltsim::cc {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string encoded(const std::string& text, const char* charset) {
  const iconv_t converter = iconv_open(charset, "UTF-8");
  std::string bytes(text.size() * 4 + 16, '\0');
  char* from = const_cast<char*>(text.data());
  char* to = bytes.data();
  std::size_t left = text.size();
  std::size_t room = bytes.size();
  EXPECT_EQ(iconv(converter, &from, &left, &to, &room), 0u) << charset;
  iconv_close(converter);
  bytes.resize(bytes.size() - room);
  return bytes;
}

struct Encoded {
  const char* charset;
  const char* text;
};

TEST(CharsetTest, LegacyTextIsReadInItsLanguage) {
  const Encoded kRows[] = {
      {"GB18030", "// 打开文件的时候取得进程名字\nint a; // 返回\n"},
      {"GB18030", "// 过滤驱动\n"},
      {"GB18030", "DbgPrint(\"初始化失败，状态：%x\\n\", status); /* 释放内存 */\n"},
      {"CP949", "// 파일을 여는 프로세스의 이름을 가져온다\nint a; // 반환\n"},
      {"CP949", "/* 드라이버 언로드 루틴 */\n"},
      {"CP932", "// ファイルを開くプロセスの名前を取得する\nint a; // 表示\n"},
      {"CP932", "/* コールバックの登録に失敗した */\n"},
      {"CP1251", "// Получаем имя процесса, который открывает файл\nint a; // Возврат\n"},
      {"CP1251", "/* драйвер-фильтр */\n"},
      {"CP1252", "// Rückgabewert prüfen, Größe in Bytes\n"},
      {"CP1252", "// © 2010 Société Générale – tous droits réservés\n"},
  };
  for (const Encoded& row : kRows) {
    const SourceText decoded = decode_source(encoded(row.text, row.charset), "");
    EXPECT_EQ(decoded.charset, row.charset) << row.text;
    EXPECT_EQ(decoded.text, row.text);
  }
}

TEST(CharsetTest, Utf8StaysAndUtf16IsSeenWithAndWithoutItsMark) {
  const std::string text = "#include <fltKernel.h>\n// naïve 文件 😀\n";
  EXPECT_EQ(decode_source(text, "").text, text);
  EXPECT_EQ(decode_source("\xef\xbb\xbf" + text, "").text, text);
  for (const char* const charset : {"UTF-16LE", "UTF-16BE"}) {
    const std::string bytes = encoded(text, charset);
    const std::string mark = std::string(charset) == "UTF-16LE" ? "\xff\xfe" : "\xfe\xff";
    EXPECT_EQ(decode_source(mark + bytes, "").text, text) << charset;
    EXPECT_EQ(decode_source(bytes, "").text, text) << charset;
  }
}

TEST(CharsetTest, NamedCharsetIsTakenAndItsFailureIsSaid) {
  EXPECT_EQ(decode_source("\xa4\xa4\xa4\xe5", "BIG5").text, "中文");
  EXPECT_THAT(decode_source("\xa4\xa4", "no-such-charset").problem, HasSubstr("no-such-charset"));
  EXPECT_THAT(decode_source("\xff", "UTF-8").problem, HasSubstr("cannot be read as UTF-8"));
}

TEST(CharsetTest, BytesOfNoCharsetAreKeptOneByOne) {
  const SourceText decoded = decode_source(std::string("a\x81\xff\xff\n", 5), "");
  EXPECT_EQ(decoded.problem, "");
  EXPECT_TRUE(decoded.text.starts_with("a"));
  EXPECT_TRUE(decoded.text.ends_with("\n"));
}

TEST(CharsetTest, IncludeLinesAreFoundOutsideCommentsAndText) {
  const std::string text =
      "#include <a.h>\n  #  include \"b\\c.h\" // x\n// #include \"no.h\"\n/* \n#include \"no.h\"\n*/ "
      "#include \"d.h\"\n"
      "char* s = \"\\\"\n#include \\\"no.h\\\"\";\n#if 0\ndon't\n#include \"e.h\"\n#endif\n#include MACRO\n";
  std::string names;
  for (const IncludeLine& line : include_lines(text))
    names += text.substr(line.begin, line.end - line.begin) + ' ';
  EXPECT_EQ(names, "<a.h> \"b\\c.h\" \"d.h\" \"e.h\" ");
}

// 表 is 95 5C in Shift-JIS: read as ASCII, the comment would go on in the next line.
TEST(CharsetTest, SecondByteThatIsABackslashTakesNoLineAlong) {
  const Program program;
  program.write("a.c", encoded("#include <fltKernel.h>\n// エラーコードの表\nint first;\n// "
                               "このコメントは終わり\nint second = bad;\n",
                               "CP932"));
  const ProcessResult result = program.run({"-c", "a.c", "-o", "a.o"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.errors, HasSubstr(program.path("a.c") + ":5:"));
  EXPECT_THAT(result.errors, HasSubstr("bad"));
}

TEST(HeaderSearchTest, TraceHeaderThatWppWouldWriteHasMacrosThatDoNothing) {
  const Program program(compilers().front());
  program.write(
      "a.c",
      "#include <fltKernel.h>\n#define WPP_CONTROL_GUIDS WPP_DEFINE_CONTROL_GUID(Trace, (1,2), "
      "WPP_DEFINE_BIT(ALL))\n#include \"a.tmh\"\n"
      "NTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING p) {\n  WPP_INIT_TRACING(d, p);\n"
      "  DoTraceMessage(ALL, \"%d\", not_evaluated);\n  WPP_CLEANUP(d);\n  return STATUS_SUCCESS;\n}\n");
  const ProcessResult result = program.run({"-c", "a.c", "-o", "a.o"});
  EXPECT_EQ(result.status, 0) << result.errors;
}

TEST(CharsetTest, UnitsOfSeveralCharsetsAndLetterCasesBuildAndNameTheRealFiles) {
  FLTLINK_NEEDS_A_PLAIN_RUNTIME();
  for (const std::string& compiler : compilers()) {
    const Program program(compiler);
    program.make_folder("Inc");
    program.write(
        "a.c",
        "\xff\xfe" +
            encoded("#include <FLTKERNEL.H>\n#include \"INC\\Common.H\"\n#include <ntstrsafe.h>\n"
                    "__attribute__((visibility(\"default\"))) PCWSTR text(void) { return COMMON_TEXT; }\n"
                    "NTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING p) { return !d + !p; }\n",
                    "UTF-16LE"));
    program.write("Inc/common.h", encoded("#pragma once\n#include \"..\\Other.h\"\n// "
                                          "打开文件的时候取得进程名字\n#define COMMON_TEXT L\"文件\"\n",
                                          "GB18030"));
    program.write("other.h", "#pragma once\n#ifdef BROKEN\nint broken = nothing;\n#endif\n");
    ProcessResult result = program.run({"-MD", "-MF", "a.d", "-c", "a.c", "-o", "a.o"});
    ASSERT_EQ(result.status, 0) << result.errors;
    const std::string rule = read_file(program.path("a.d")).value_or("");
    EXPECT_THAT(rule, HasSubstr("/Inc/common.h"));
    EXPECT_THAT(rule, HasSubstr("other.h"));
    EXPECT_THAT(rule, HasSubstr("wdk/flt"));
    EXPECT_THAT(rule, Not(HasSubstr(".view/")));
    EXPECT_THAT(read_file(program.path("a.o")).value_or(".view/"), Not(HasSubstr(".view/")))
        << "debug information";
    ASSERT_EQ(program.run({"a.o", "-o", "x.sys"}).status, 0);
    const auto module = program.load("x.sys");
    ASSERT_NE(module, nullptr);
    EXPECT_EQ(std::u16string(reinterpret_cast<const char16_t* (*)()>(module->symbol("text"))()), u"文件");
    result = program.run({"-DBROKEN", "-c", "a.c", "-o", "a.o"});
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.errors, HasSubstr("other.h:3:"));
    EXPECT_THAT(result.errors, HasSubstr("nothing"));
  }
}

}  // namespace
}  // namespace fltsim::cc
