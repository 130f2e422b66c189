// SPDX-License-Identifier: Apache-2.0
#include "config/base/error.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace stockade::base {
namespace {

TEST(Error, TextIsOneLineWithItsHint) {
  const Error plain{ErrorKind::kSpec, "no such thing", ""};
  EXPECT_EQ(plain.Text(), "no such thing");
  const Error hinted{ErrorKind::kSpec, "no such thing", "make one"};
  EXPECT_EQ(hinted.Text(), "no such thing (make one)");
}

TEST(Error, WithinKeepsKindAndHint) {
  const Error error = Error{ErrorKind::kHost, "full", "make room"}.Within("write /x");
  EXPECT_EQ(error.kind, ErrorKind::kHost);
  EXPECT_EQ(error.message, "write /x: full");
  EXPECT_EQ(error.hint, "make room");
}

TEST(Error, ErrnoIsSpelledOut) {
  const Result<int> failed = FailErrno(ErrorKind::kHost, ENOENT, "/x");
  EXPECT_EQ(failed.error().message, "/x: No such file or directory");
}

Result<int> Twice(Result<int> value) {
  STOCKADE_ASSIGN(const int once, std::move(value));
  STOCKADE_TRY(Status());
  return 2 * once;
}

TEST(Error, MacrosPassValuesAndErrorsOn) {
  EXPECT_EQ(Twice(21), 42);
  const Result<int> failed = Twice(Fail(ErrorKind::kUsage, "{} is odd", 3));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "3 is odd");
  EXPECT_STREQ(ErrorKindName(failed.error().kind), "usage");
}

}  // namespace
}  // namespace stockade::base
