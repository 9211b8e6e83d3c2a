#include "cli/service_process.hpp"

#include <gtest/gtest.h>

namespace fltlink::cli {
namespace {

Books books_of_one_denial() {
  Books books;
  books.driver.block_notices.produced = books.driver.block_notices.delivered = 1;
  books.blocked_operations = books.received = books.handled = 1;
  return books;
}

TEST(BooksTest, DenialThatMadeItsNoticeBalances) { EXPECT_TRUE(books_of_one_denial().balance()); }

TEST(BooksTest, DenialWithoutANoticeDoesNotBalance) {
  Books books = books_of_one_denial();
  books.blocked_operations = 2;
  EXPECT_FALSE(books.balance());
}

TEST(BooksTest, MessageThatNoHandlerSawDoesNotBalance) {
  Books books = books_of_one_denial();
  books.handled = 0;
  EXPECT_FALSE(books.balance());
}

}  // namespace
}  // namespace fltlink::cli
