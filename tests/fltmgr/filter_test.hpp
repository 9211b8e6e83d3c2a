// A machine with one volume and one filter whose objects a test can use from kernel code.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fltmgr/recording_driver.hpp"

namespace fltsim::fltmgr {

class FilterTest : public testing::Test {
 protected:
  explicit FilterTest(const Options& options = {}) : machine(options), disk(machine.add_volume(u"C:")) {
    disk.write_file(u"\\plan.txt", "old");
  }

  // A filter that notes its objects, and the file object of every create that succeeded.
  LambdaDriver noting() {
    LambdaDriver driver = on(
        IRP_MJ_CREATE, [](auto, auto, auto) { return FLT_PREOP_SUCCESS_WITH_CALLBACK; },
        [this](PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, auto, auto) {
          if (data->IoStatus.Status == STATUS_SUCCESS) opened = objects->FileObject;
          return FLT_POSTOP_FINISHED_PROCESSING;
        });
    driver.registered = [this](PFLT_FILTER given) {
      filter = given;
      return STATUS_SUCCESS;
    };
    driver.instance_setup = [this](PCFLT_RELATED_OBJECTS objects, FLT_INSTANCE_SETUP_FLAGS) {
      volume = objects->Volume;
      instance = objects->Instance;
      return STATUS_SUCCESS;
    };
    return driver;
  }

  Driver load(LambdaDriver lambdas, const DriverOptions& options = {}) {
    Driver driver = machine.load_driver(std::move(lambdas), options);
    app.exists(u"C:\\");  // filters attach at the first create
    return driver;
  }

  // Opens a file through the filter; its file object is `opened`, and valid until the handle is closed.
  FileHandle open(std::u16string path = u"C:\\plan.txt") {
    const CreateResult result = app.create({.path = std::move(path)});
    EXPECT_EQ(result.status, STATUS_SUCCESS);
    return result.handle;
  }

  // Runs in a system thread, as a driver's own code would.
  void kernel(std::function<void()> code) {
    EXPECT_EQ(machine.system_process().run(std::move(code)), Outcome::kDone);
  }
  // The same for code that does not come back.
  void kernel_that_stops(std::function<void()> code) {
    EXPECT_EQ(machine.system_process().run(std::move(code)), Outcome::kStopped);
  }

  // The text of the first finding with this id, which the test expects.
  std::string finding(std::string_view id) {
    machine.verifier().expect(id);
    for (const Finding& found : machine.verifier().findings()) {
      if (found.id == id) return found.text;
    }
    return {};
  }

  Machine machine;
  Volume& disk;
  Process app = machine.start_process(kApp);
  PFLT_FILTER filter = nullptr;
  PFLT_VOLUME volume = nullptr;
  PFLT_INSTANCE instance = nullptr;
  PFILE_OBJECT opened = nullptr;
};

}  // namespace fltsim::fltmgr
