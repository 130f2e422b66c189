// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/delegate_state.h"

#include <gtest/gtest.h>

namespace stockade::ctl {
namespace {

TEST(ParseState, TakesStatusAndPid) {
  const auto state = ParseState(R"({"ociVersion":"1.0.2","id":"a","pid":42,"status":"running"})");
  ASSERT_TRUE(state) << state.error().Text();
  EXPECT_EQ(*state, (DelegateState{"running", 42}));
}

TEST(ParseState, RefusesEverythingElse) {
  EXPECT_FALSE(ParseState(""));
  EXPECT_FALSE(ParseState("[]"));
  EXPECT_FALSE(ParseState(R"({"status":"running"})"));
  EXPECT_FALSE(ParseState(R"({"status":"running","pid":-1})"));
  EXPECT_FALSE(ParseState(R"({"status":"running","pid":4294967296})"));
  EXPECT_FALSE(ParseState(R"({"status":1,"pid":1})"));
}

}  // namespace
}  // namespace stockade::ctl
