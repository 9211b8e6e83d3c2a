// Several threads of the operating system at once: for the thread sanitizer, and for the sum of the space at
// the end.
#include <gtest/gtest.h>

#include <thread>

#include "conformance/file_system_environment.hpp"
#include "support/scale.hpp"

namespace fltsim::fs {
namespace {

using fltlink::test::scaled;

TEST(FileSystemThreadsTest, SpaceIsBackWhenAllThreadsHaveDeletedWhatTheyMade) {
  auto file_system = make_memory_file_system({.clock = [] { return Ticks{1}; }});
  std::uint64_t free_before = file_system->volume_information().available_allocation_units;
  auto work = [&](char16_t own) {
    for (int i = 0; i < scaled(500); ++i) {
      CreateRequest request{.path = u"\\shared",
                            .desired_access = kAllAccess,
                            .share_access = kShareAll,
                            .disposition = FILE_OPEN_IF};
      Handle shared(*file_system, file_system->create(request));
      std::u16string path = std::u16string(u"\\") + own;
      request.path = path;
      request.disposition = FILE_CREATE;
      Handle handle(*file_system, file_system->create(request));
      ASSERT_EQ(handle.write("bytes"), STATUS_SUCCESS);
      ASSERT_EQ(handle.rename(std::u16string(u"renamed") + own), STATUS_SUCCESS);
      ASSERT_EQ(handle.text(), "bytes");
      ASSERT_EQ(handle.remove(), STATUS_SUCCESS);
      if (shared.status == STATUS_SUCCESS) static_cast<void>(shared.write("shared"));
      if (shared.status == STATUS_SUCCESS && i % 3 == 0) static_cast<void>(shared.remove());
    }
  };
  std::vector<std::thread> threads;
  for (char16_t own : {u'a', u'b', u'c', u'd'}) threads.emplace_back(work, own);
  for (std::thread& thread : threads) thread.join();
  CreateRequest last{.path = u"\\shared",
                     .desired_access = DELETE,
                     .share_access = kShareAll,
                     .disposition = FILE_OPEN_IF,
                     .create_options = FILE_DELETE_ON_CLOSE};
  Handle(*file_system, file_system->create(last)).close();
  EXPECT_EQ(file_system->volume_information().available_allocation_units, free_before);
}

}  // namespace
}  // namespace fltsim::fs
