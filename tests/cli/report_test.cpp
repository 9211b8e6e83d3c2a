#include "cli/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/exit_codes.hpp"

namespace fltlink::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Report good_report() {
  Report report;
  report.source = "/data";
  report.files = 20;
  report.protected_files = 2;
  report.operations = {{"open", {{"success", 50}, {"access_denied", 4}}}, {"delete", {{"success", 20}}}};
  report.operation_count = 74;
  report.blocked = 4;
  report.blocked_by_policy = {{"C:\\ProtectedDocs\\*.docx", 3}, {"C:\\Confidential\\*", 1}};
  report.events = {100, 90, 0, 0, {0, 10}};
  report.received = 90;
  report.queue_capacity = 1000;
  report.queue_high_water = 37;
  report.latency_us = {1.5, 20, 300.1};
  report.elapsed_s = 0.5;
  report.books_balance = true;
  report.verifier_clean = true;
  return report;
}

std::vector<std::string> keys_of(const nlohmann::ordered_json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

TEST(ReportTest, JsonHasTheseKeysAndNoOthers) {
  const auto json = nlohmann::ordered_json::parse(to_json(good_report()));
  EXPECT_THAT(keys_of(json), ElementsAre("operations", "blocked", "events", "queue", "latency_us",
                                         "elapsed_s", "verifier", "seed"));
  EXPECT_THAT(keys_of(json["events"]), ElementsAre("produced", "delivered", "dropped", "pending"));
  EXPECT_THAT(keys_of(json["queue"]), ElementsAre("capacity", "high_water"));
  EXPECT_THAT(keys_of(json["latency_us"]), ElementsAre("p50", "p99", "p999"));
  EXPECT_THAT(keys_of(json["verifier"]), ElementsAre("findings"));
}

TEST(ReportTest, JsonSaysWhatWasCounted) {
  Report report = good_report();
  report.seed = 7;
  const auto json = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(json["operations"]["open"]["access_denied"], 4);
  EXPECT_EQ(json["blocked"], 4);
  EXPECT_EQ(json["events"]["dropped"]["queue_full"], 10);
  EXPECT_EQ(json["latency_us"]["p999"], 300.1);
  EXPECT_EQ(json["elapsed_s"], 0.5);
  EXPECT_EQ(json["seed"], 7);
  EXPECT_TRUE(json["verifier"]["findings"].empty());
}

TEST(ReportTest, JsonWithoutASeedSaysNull) {
  EXPECT_TRUE(nlohmann::json::parse(to_json(good_report()))["seed"].is_null());
}

TEST(ReportTest, TableShowsEveryNumberOfTheBooks) {
  const std::string table = to_table(good_report());
  EXPECT_THAT(table, HasSubstr("access_denied"));
  EXPECT_THAT(table, HasSubstr("C:\\ProtectedDocs\\*.docx"));
  EXPECT_THAT(table, HasSubstr("dropped, queue_full"));
  EXPECT_THAT(table, Not(HasSubstr("dropped, timed_out")));
  EXPECT_THAT(table, HasSubstr("37 of 1000"));
  EXPECT_THAT(table, HasSubstr("148"));  // operations a second
  EXPECT_THAT(table, Not(HasSubstr("NO")));
}

TEST(ReportTest, ExitCodeIsZeroOnlyWhenEveryCheckHolds) {
  EXPECT_EQ(exit_code_of(good_report()), kExitDone);
  Report report = good_report();
  report.books_balance = false;
  EXPECT_EQ(exit_code_of(report), kExitCheckFailed);
  report = good_report();
  report.changed_files = {"C:\\ProtectedDocs\\plan.docx"};
  EXPECT_EQ(exit_code_of(report), kExitCheckFailed);
  EXPECT_THAT(to_table(report), HasSubstr("plan.docx"));
  report = good_report();
  report.verifier_clean = false;
  EXPECT_EQ(exit_code_of(report), kExitCheckFailed);
}

TEST(ReportTest, InterruptIsToldOnlyWhenTheChecksHold) {
  Report report = good_report();
  report.interrupted = true;
  EXPECT_EQ(exit_code_of(report), kExitInterrupted);
  report.verifier_clean = false;
  EXPECT_EQ(exit_code_of(report), kExitCheckFailed);
  report.troubles = {"the disk is full"};
  EXPECT_EQ(exit_code_of(report), kExitCannotRun);
  EXPECT_THAT(to_table(report), HasSubstr("the disk is full"));
}

TEST(ReportTest, LongListsAreCutInTheTable) {
  Report report = good_report();
  for (int i = 0; i < 9; ++i) report.changed_files.push_back("file " + std::to_string(i));
  EXPECT_THAT(to_table(report), HasSubstr("and 4 more"));
}

}  // namespace
}  // namespace fltlink::cli
