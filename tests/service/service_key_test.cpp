#include "service/service_key.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "fs/temporary_directory.hpp"
#include "support/hmac.hpp"

namespace drmservice {
namespace {

using std::filesystem::perms;

class ServiceKeyTest : public testing::Test {
 protected:
  std::string write(size_t size, perms permissions = perms::owner_read | perms::owner_write) {
    const auto path = directory_.path() / "key";
    std::ofstream(path, std::ios::binary) << std::string(size, 'k');
    std::filesystem::permissions(path, permissions);
    return path.string();
  }
  static bool loads(const std::string& path) {
    const auto loaded = ServiceKey::load(path);
    const auto* error = std::get_if<KeyError>(&loaded);
    EXPECT_TRUE(error == nullptr || !error->text.empty());
    return error == nullptr;
  }
  fltsim::fs::TemporaryDirectory directory_;
};

TEST_F(ServiceKeyTest, AFileOfItsOwnersIsLoaded) {
  EXPECT_TRUE(loads(write(16)));
  EXPECT_TRUE(loads(write(64, perms::owner_read)));
}

TEST_F(ServiceKeyTest, AFileThatOthersMayUseIsRefused) {
  const perms own = perms::owner_read | perms::owner_write;
  for (const perms more : {perms::group_read, perms::others_read, perms::group_write, perms::others_exec})
    EXPECT_FALSE(loads(write(32, own | more)));
}

TEST_F(ServiceKeyTest, AKeyOfAnotherSizeIsRefused) {
  EXPECT_FALSE(loads(write(0)));
  EXPECT_FALSE(loads(write(15)));
  EXPECT_FALSE(loads(write(65)));
}

TEST_F(ServiceKeyTest, WhatIsNoPlainFileIsRefused) {
  EXPECT_FALSE(loads((directory_.path() / "missing").string()));
  EXPECT_FALSE(loads(directory_.path().string()));
  std::filesystem::create_symlink(write(32), directory_.path() / "link");
  EXPECT_FALSE(loads((directory_.path() / "link").string()));
}

TEST_F(ServiceKeyTest, ItsMacsAreThoseOfTheWholeKey) {
  const auto key = std::move(std::get<0>(ServiceKey::load(write(48))));
  const std::vector<uint8_t> message(100, 1);
  fltlink::Mac mine{};
  fltlink::Mac expected{};
  EXPECT_TRUE(key->mac(message, mine));
  EXPECT_TRUE(fltlink::test::hmac(std::vector<uint8_t>(48, 'k'), message, expected));
  EXPECT_EQ(mine, expected);
  EXPECT_TRUE(key->mac_under(expected, message, mine));
  EXPECT_TRUE(fltlink::test::hmac(expected, message, expected));
  EXPECT_EQ(mine, expected);
}

}  // namespace
}  // namespace drmservice
