#include "service/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace drmservice {
namespace {

using testing::HasSubstr;

std::string error_for(std::string_view json) {
  const auto result = parse_settings(json);
  const auto* error = std::get_if<SettingsError>(&result);
  return error == nullptr ? "no error" : error->text;
}

TEST(SettingsTest, EmptyObjectGivesTheDefaults) {
  const auto result = parse_settings("{}");
  const auto& settings = std::get<Settings>(result);
  EXPECT_TRUE(settings.monitoring);
  EXPECT_TRUE(settings.blocking);
  EXPECT_EQ(settings.log_level, LogLevel::kInfo);
  EXPECT_EQ(settings.workers, 4u);
  EXPECT_EQ(settings.receives, 16u);
  EXPECT_TRUE(settings.allowed.empty());
  EXPECT_EQ(fltlink::fail_open_flags(settings.fail_policy), 0u) << "what is not answered is denied";
}

TEST(SettingsTest, EveryKeyIsRead) {
  const auto result =
      parse_settings(R"({"monitoring": false, "blocking": false, "log_level": "debug", "workers": 2,
      "receives": 3, "database": "p.db", "log_file": "e.log", "allowed": ["C:\\Drafts\\*", "*.\u00fc"],
      "fail_open": ["timeout", "overload"]})");
  const auto& settings = std::get<Settings>(result);
  EXPECT_FALSE(settings.monitoring);
  EXPECT_FALSE(settings.blocking);
  EXPECT_EQ(settings.log_level, LogLevel::kDebug);
  EXPECT_EQ(settings.workers, 2u);
  EXPECT_EQ(settings.receives, 3u);
  EXPECT_EQ(settings.database, "p.db");
  EXPECT_EQ(settings.log_file, "e.log");
  EXPECT_THAT(settings.allowed, testing::ElementsAre(u"C:\\Drafts\\*", u"*.\u00fc"));
  EXPECT_EQ(fltlink::fail_open_flags(settings.fail_policy),
            FLTLINK_FAIL_OPEN_TIMEOUT | FLTLINK_FAIL_OPEN_OVERLOAD);
}

TEST(SettingsTest, UnknownKeyIsRefusedByName) {
  EXPECT_THAT(error_for(R"({"monitorring": true})"), HasSubstr("\"monitorring\""));
}

TEST(SettingsTest, WrongValuesAreRefusedByName) {
  EXPECT_THAT(error_for(R"({"monitoring": 1})"), HasSubstr("\"monitoring\" must be true or false"));
  EXPECT_THAT(error_for(R"({"workers": 0})"), HasSubstr("from 1 to 64"));
  EXPECT_THAT(error_for(R"({"workers": 65})"), HasSubstr("from 1 to 64"));
  EXPECT_THAT(error_for(R"({"workers": 2.5})"), HasSubstr("from 1 to 64"));
  EXPECT_THAT(error_for(R"({"receives": -1})"), HasSubstr("from 1 to 1024"));
  EXPECT_THAT(error_for(R"({"log_level": "loud"})"), HasSubstr("\"log_level\" must be"));
  EXPECT_THAT(error_for(R"({"allowed": "C:"})"), HasSubstr("\"allowed\" must be a list"));
  EXPECT_THAT(error_for(R"({"allowed": [""]})"), HasSubstr("\"allowed\" must be a list"));
  EXPECT_THAT(error_for("{\"allowed\": [\"" + std::string(260, 'a') + "\"]}"), HasSubstr("259 units"));
  EXPECT_THAT(error_for(R"({"fail_open": ["always"]})"), HasSubstr("\"fail_open\" must be a list"));
  EXPECT_THAT(error_for(R"({"database": ""})"), HasSubstr("\"database\" must be a path"));
}

TEST(SettingsTest, WhatIsNoObjectIsRefused) {
  EXPECT_THAT(error_for("{"), HasSubstr("not valid JSON"));
  EXPECT_THAT(error_for(""), HasSubstr("not valid JSON"));
  EXPECT_THAT(error_for("[]"), HasSubstr("one JSON object"));
}

TEST(SettingsTest, MissingFileIsNamed) {
  const auto result = load_settings("/nowhere/settings.json");
  EXPECT_THAT(std::get<SettingsError>(result).text, HasSubstr("/nowhere/settings.json"));
}

TEST(SettingsTest, FileIsRead) {
  const std::string path = testing::TempDir() + "fltlink_settings_test.json";
  std::ofstream(path) << R"({"workers": 7})";
  const auto result = load_settings(path);
  EXPECT_EQ(std::get<Settings>(result).workers, 7u);
}

}  // namespace
}  // namespace drmservice
