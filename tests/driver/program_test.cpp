// The whole service program, as its settings describe it, against the driver that ships.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "driver/key_client.hpp"
#include "fs/temporary_directory.hpp"
#include "service/program.hpp"

namespace drmfilter::test {
namespace {

using drmservice::Program;
using drmservice::Settings;

class Heard final : public drmservice::Observer {
 public:
  void on_file_event(const fltlink::DriverMessage&) override {}
  void on_block(const fltlink::DriverMessage& notice) override {
    const std::lock_guard lock(mutex_);
    last_path_.clear();
    for (size_t index = 0; index < notice.path.size(); ++index) last_path_ += notice.path[index];
  }
  std::u16string last_path() const {
    const std::lock_guard lock(mutex_);
    return last_path_;
  }

 private:
  mutable std::mutex mutex_;
  std::u16string last_path_;
};

class ProgramTest : public KeyMachine {
 protected:
  void SetUp() override { load(); }

  Settings settings(const std::string& more = {}) const {
    const std::string file = (directory.path() / "settings.json").string();
    std::ofstream(file) << R"({"database": ")" << (directory.path() / "policies.db").string()
                        << R"(", "log_file": ")" << log_file() << "\"" << more << "}";
    return std::get<Settings>(drmservice::load_settings(file));
  }
  std::string log_file() const { return (directory.path() / "drmservice.log").string(); }
  std::string log() const {
    std::stringstream text;
    text << std::ifstream(log_file()).rdbuf();
    return text.str();
  }
  void start(const Settings& settings) {
    auto opened = Program::open(settings);
    program = std::move(std::get<std::unique_ptr<Program>>(opened));
    EXPECT_EQ(process.run([&] {
      port = fltlink::FilterPort::open(*host, u"\\DrmFilterPort");
      questions = fltlink::FilterPort::open(*host, u"\\DrmFilterPort");
      EXPECT_EQ(program->start(*host, *port, &heard, &*questions, fltlink::FilterPort::process_id()),
                fltlink::StartOutcome::kStarted);
      EXPECT_TRUE(program->service().wait_until_applied(host->now() + 60 * fltlink::kTicksPerSecond));
    }),
              fltsim::Outcome::kDone);
  }
  void stop() {
    static_cast<void>(machine.run_to_quiescence());
    EXPECT_EQ(process.run([&] {
      EXPECT_FALSE(program->stop().has_value());
      port->finish();
      questions->finish();
    }),
              fltsim::Outcome::kDone);
    EXPECT_EQ(process.exit(0), fltsim::Outcome::kDone);
  }

  fltsim::fs::TemporaryDirectory directory;
  fltsim::Process process = service_process();
  std::shared_ptr<fltlink::Host> host = fltsim::make_process_host(process);
  Heard heard;
  std::unique_ptr<fltlink::FilterPort> port;
  std::unique_ptr<fltlink::FilterPort> questions;
  std::unique_ptr<Program> program;
};

TEST_F(ProgramTest, ItRunsAsItsSettingsSayAndLeavesItsLog) {
  start(settings(R"(, "workers": 2, "log_level": "warning")"));
  EXPECT_EQ(word.write(kPlan, "x").status, STATUS_ACCESS_DENIED) << "a default policy";
  stop();
  EXPECT_THAT(log(), testing::HasSubstr("\"id\":2001"));
  EXPECT_THAT(log(), testing::HasSubstr("C:\\\\ProtectedDocs\\\\plan.docx"));
  EXPECT_THAT(log(), Not(testing::HasSubstr("\"id\":1001"))) << "events are below the level";
  EXPECT_EQ(heard.last_path(), kPlan);
}

TEST_F(ProgramTest, ItAnswersWhatTheDriverAsksAsItsSettingsSay) {
  c.make_directory(u"\\ProtectedDocs\\Drafts");
  start(settings(R"(, "allowed": ["C:\\ProtectedDocs\\Drafts\\*"])"));
  const uint32_t asking = FLTLINK_PROTECT_STANDARD | FLTLINK_PROTECT_ASK;
  EXPECT_EQ(process.run([&] {
    for (const char16_t* path : {u"C:\\ProtectedDocs\\*.docx", u"C:\\ProtectedDocs\\*.xlsx"}) {
      EXPECT_TRUE(std::holds_alternative<drmservice::Done>(program->service().add_policy(path, asking)));
    }
    EXPECT_TRUE(program->service().wait_until_applied(host->now() + 60 * fltlink::kTicksPerSecond));
  }),
            fltsim::Outcome::kDone);
  EXPECT_EQ(word.write(u"C:\\ProtectedDocs\\Drafts\\plan.docx", "new").status, STATUS_SUCCESS);
  EXPECT_EQ(word.write(kPlan, "x").status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(program->authorizer().counters()[fltlink::LoopCounter::kReplied], 2u);
  stop();
  EXPECT_THAT(log(), testing::HasSubstr("\"event\":\"allowed on request\""));
  EXPECT_THAT(log(), testing::HasSubstr("\"event\":\"denied on request\""));
}

// W-6.
TEST_F(ProgramTest, APathThatDoesNotFitItsFieldComesWhole) {
  std::u16string path = u"\\ProtectedDocs";
  for (int level = 0; level < 30; ++level) path += u"\\a-directory-name-of-some-length";
  path += u"\\plan.docx";
  c.write_file(path, "secret");
  start(settings());
  EXPECT_EQ(word.write(u"C:" + path, "x").status, STATUS_ACCESS_DENIED);
  stop();
  EXPECT_EQ(heard.last_path(), u"C:" + path);
}

// S-3: the program proves itself to a driver that has its key, and seals what it asks for.
class ProgramWithKeyTest : public ProgramTest {
 protected:
  void SetUp() override { load_with_key(fltlink::test::test_key()); }

  Settings with_key(const Buffer& key) {
    const auto path = directory.path() / "key";
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(key.data()), static_cast<std::streamsize>(key.size()));
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
    return settings(R"(, "key_file": ")" + path.string() + "\"");
  }
};

TEST_F(ProgramWithKeyTest, ItsPoliciesAreInForce) {
  start(with_key(fltlink::test::test_key()));
  EXPECT_EQ(word.write(kPlan, "x").status, STATUS_ACCESS_DENIED);
  stop();
  EXPECT_EQ(heard.last_path(), kPlan);
}

TEST_F(ProgramWithKeyTest, AnotherKeyIsLoggedAndChangesNothing) {
  auto opened = Program::open(with_key(Buffer(32, 9)));
  program = std::move(std::get<std::unique_ptr<Program>>(opened));
  EXPECT_EQ(process.run([&] {
    port = fltlink::FilterPort::open(*host, u"\\DrmFilterPort");
    questions = fltlink::FilterPort::open(*host, u"\\DrmFilterPort");
    EXPECT_EQ(program->start(*host, *port, &heard, &*questions, fltlink::FilterPort::process_id()),
              fltlink::StartOutcome::kStarted);
    EXPECT_FALSE(program->service().wait_until_applied(host->now() + 2 * fltlink::kTicksPerSecond));
  }),
            fltsim::Outcome::kDone);
  EXPECT_EQ(word.write(kPlan, "x").status, STATUS_SUCCESS);
  stop();
  EXPECT_THAT(log(), testing::HasSubstr("\"id\":2016"));
}

TEST_F(ProgramWithKeyTest, AKeyFileThatOthersMayReadStopsTheProgram) {
  const Settings wrong = with_key(fltlink::test::test_key());
  std::filesystem::permissions(wrong.key_file, std::filesystem::perms(0644));
  EXPECT_THAT(std::get<drmservice::ProgramError>(Program::open(wrong)).text,
              testing::HasSubstr("nobody else"));
}

TEST_F(ProgramTest, ALogThatCannotBeWrittenIsSaidAtTheEnd) {
  Settings full = settings();
  full.log_file = "/dev/full";
  start(full);
  EXPECT_EQ(word.write(kPlan, "x").status, STATUS_ACCESS_DENIED);
  static_cast<void>(machine.run_to_quiescence());
  std::optional<drmservice::ProgramError> error;
  EXPECT_EQ(process.run([&] {
    error = program->stop();
    port->finish();
    questions->finish();
  }),
            fltsim::Outcome::kDone);
  ASSERT_TRUE(error.has_value());
  EXPECT_THAT(error->text, testing::HasSubstr("incomplete"));
}

TEST_F(ProgramTest, AFileThatCannotBeOpenedIsASentence) {
  Settings wrong = settings();
  wrong.database = "/nonexistent/policies.db";
  EXPECT_NE(std::get<drmservice::ProgramError>(Program::open(wrong)).text, "");
  wrong = settings();
  wrong.log_file = directory.path().string();  // a directory
  EXPECT_NE(std::get<drmservice::ProgramError>(Program::open(wrong)).text, "");
}

}  // namespace
}  // namespace drmfilter::test
