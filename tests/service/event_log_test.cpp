#include "service/event_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace drmservice {
namespace {

constexpr fltlink::Ticks kNewYear2025 = 133'801'632'000'000'000;

class EventLogTest : public testing::Test {
 protected:
  EventLog make(LogLevel level) {
    return EventLog(
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(stream_)),
        level);
  }

  static fltlink::DriverMessage message(fltlink::Text path) {
    fltlink::DriverMessage result;
    result.process_id = 4;
    result.thread_id = 8;
    result.timestamp = static_cast<int64_t>(kNewYear2025 + 5);
    result.path = path;
    result.operation = 4;
    result.result_status = static_cast<int32_t>(0xC0000022);
    return result;
  }

  std::ostringstream stream_;
};

TEST(EventLogFileTest, AFullDiskIsRemembered) {
  auto opened = EventLog::open("/dev/full", LogLevel::kInfo);
  auto& log = std::get<EventLog>(opened);
  EXPECT_FALSE(log.first_error().has_value());
  log.write(EventId::kConnectionLost, kNewYear2025);  // a warning is flushed at once
  ASSERT_TRUE(log.first_error().has_value());
  EXPECT_THAT(log.first_error()->text, testing::HasSubstr("incomplete"));
}

// The id of the seed's event source.
TEST_F(EventLogTest, FileEventIsOneLineWithId1001) {
  make(LogLevel::kInfo).file_event(message(u"C:\\a \"b\".txt"));
  EXPECT_EQ(
      stream_.str(),
      R"({"time":"2025-01-01T00:00:00.0000005Z","id":1001,"event":"file event","path":"C:\\a \"b\".txt",)"
      R"("pid":4,"tid":8,"operation":4,"status":"0xC0000022"})"
      "\n");
}

TEST_F(EventLogTest, BlockNoticeIsOneLineWithId2001AndItsReason) {
  fltlink::DriverMessage notice = message(u"C:\\a.docx");
  notice.reason = u"Write is protected";
  notice.path_cut = true;
  make(LogLevel::kWarning).block(notice);
  EXPECT_EQ(
      stream_.str(),
      R"({"time":"2025-01-01T00:00:00.0000005Z","id":2001,"event":"blocked","path":"C:\\a.docx",)"
      R"("path_cut":true,"pid":4,"tid":8,"operation":4,"status":"0xC0000022","reason":"Write is protected"})"
      "\n");
}

TEST_F(EventLogTest, VerdictIsOneLineWithTheReasonOfItsQuestion) {
  fltlink::DriverMessage question = message(u"C:\\a.docx");
  question.reason = u"Write is protected";
  EventLog log = make(LogLevel::kInfo);
  log.verdict(question, fltlink::Verdict::kAllow);
  log.verdict(question, fltlink::Verdict::kDeny);
  EXPECT_THAT(stream_.str(),
              testing::HasSubstr(R"("id":1006,"event":"allowed on request","path":"C:\\a.docx")"));
  EXPECT_THAT(stream_.str(), testing::HasSubstr(R"("id":2008,"event":"denied on request")"));
  EXPECT_THAT(stream_.str(), testing::HasSubstr(R"("reason":"Write is protected"})"));
}

// Each has a line of its own, with a sentence of its own.
TEST_F(EventLogTest, EveryTroubleIsLoggedByItsOwnId) {
  EventLog log = make(LogLevel::kInfo);
  constexpr auto kLast = static_cast<int>(fltlink::Trouble::kTurningAwayEnded);
  for (int trouble = 0; trouble <= kLast; ++trouble) {
    log.trouble({.trouble = static_cast<fltlink::Trouble>(trouble), .code = 600}, kNewYear2025);
  }
  std::set<std::string> lines;
  std::istringstream stream(stream_.str());
  for (std::string line; std::getline(stream, line);) lines.insert(line);
  EXPECT_EQ(lines.size(), static_cast<size_t>(kLast + 1));
  EXPECT_THAT(stream_.str(), testing::Not(testing::HasSubstr("unnamed")));
}

TEST_F(EventLogTest, TroubleWithAMessageNamesItsKind) {
  make(LogLevel::kInfo)
      .trouble({.trouble = fltlink::Trouble::kReplyTimedOut, .code = 600, .type = FLTLINK_MSG_TYPE_AUTHORIZE},
               kNewYear2025);
  EXPECT_THAT(stream_.str(), testing::HasSubstr("\"id\":2011,"));
  EXPECT_THAT(stream_.str(), testing::HasSubstr("\"subject\":\"question\",\"code\":\"0x00000258\"}"));
}

// What a driver sends cannot begin a line of its own.
TEST_F(EventLogTest, HostilePathStaysWithinItsLine) {
  const std::u16string path{u'a', u'\n', u'"', 0xD800, u'\0'};
  make(LogLevel::kInfo).file_event(message({path.data(), path.size()}));
  const std::string line = stream_.str();
  EXPECT_THAT(line, testing::HasSubstr("\"a\\n\\\"\xEF\xBF\xBD\\u0000\""));
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST_F(EventLogTest, LevelHidesWhatIsBelowIt) {
  EventLog log = make(LogLevel::kWarning);
  log.file_event(message(u"C:\\a.txt"));
  log.write(EventId::kStarted, kNewYear2025);
  EXPECT_EQ(stream_.str(), "");
  log.write(EventId::kPolicyRefused, kNewYear2025, "C:\\a", 0x80070057);
  EXPECT_EQ(stream_.str(),
            R"({"time":"2025-01-01T00:00:00.0000000Z","id":3001,"event":"the driver refused a policy",)"
            R"("subject":"C:\\a","code":"0x80070057"})"
            "\n");
}

TEST_F(EventLogTest, TimesOfAnyValueArePrinted) {
  EXPECT_EQ(iso_time(0), "1601-01-01T00:00:00.0000000Z");
  EXPECT_EQ(iso_time(kNewYear2025 - 1), "2024-12-31T23:59:59.9999999Z");
  EXPECT_EQ(iso_time(UINT64_MAX), "18446744073709551615");
}

TEST_F(EventLogTest, FileThatCannotBeOpenedIsNamed) {
  const auto result = EventLog::open("/proc/nowhere/e.log", LogLevel::kInfo);
  EXPECT_THAT(std::get<LogError>(result).text, testing::HasSubstr("/proc/nowhere/e.log"));
}

TEST_F(EventLogTest, FileIsAppendedTo) {
  const std::string path = testing::TempDir() + "fltlink_" + std::to_string(getpid()) + "_events.log";
  for (int i = 0; i < 2; ++i) {
    auto log = EventLog::open(path, LogLevel::kInfo);
    std::get<EventLog>(log).write(EventId::kStarted, kNewYear2025);
  }
  std::ifstream file(path);
  std::string line;
  int lines = 0;
  while (std::getline(file, line)) ++lines;
  EXPECT_EQ(lines, 2);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace drmservice
