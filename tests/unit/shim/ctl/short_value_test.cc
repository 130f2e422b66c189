// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/short_value.h"

#include <gtest/gtest.h>

namespace stockade::ctl {
namespace {

using base::Json;

TEST(ShortValue, NamesWhatIsNotThere) { EXPECT_EQ(ShortValue("/x", nullptr, 40), "nothing"); }

TEST(ShortValue, ShowsPlainValuesAsTheyAre) {
  EXPECT_EQ(ShortValue("/x", true, 40), "true");
  EXPECT_EQ(ShortValue("/x", 7, 40), "7");
  EXPECT_EQ(ShortValue("/x", "web", 40), "web");
  EXPECT_EQ(ShortValue("/x", "", 40), "\"\"");
  EXPECT_EQ(ShortValue("/x", Json::array(), 40), "[]");
}

TEST(ShortValue, CountsTheRulesOfAFilter) {
  const Json filter = Json::parse(
      R"({"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"syscalls":[{},{},{}]})");
  EXPECT_EQ(ShortValue("/linux/seccomp", filter, 80), "3 rules, default ERRNO(38)");
  EXPECT_EQ(ShortValue("/linux/seccomp", Json::object(), 80), "0 rules, default unknown");
}

TEST(ShortValue, ShowsAMountInWords) {
  const Json mount = Json::parse(
      R"({"destination":"/tmp","type":"tmpfs","source":"tmpfs","options":["nosuid","noexec"]})");
  EXPECT_EQ(ShortValue("/mounts/7", mount, 80), "tmpfs on /tmp (nosuid,noexec)");
}

TEST(ShortValue, CutsListsBetweenElements) {
  const Json list = {"CAP_CHOWN", "CAP_KILL", "CAP_SETUID", "CAP_SETGID"};
  EXPECT_EQ(ShortValue("/x", list, 80), "[CAP_CHOWN, CAP_KILL, CAP_SETUID, CAP_SETGID]");
  EXPECT_EQ(ShortValue("/x", list, 36), "[CAP_CHOWN, CAP_KILL, … 2 more]");
}

TEST(ShortValue, CutsLongTextAndSpellsOutEscapes) {
  EXPECT_EQ(ShortValue("/x", "abcdefgh", 5), "abcd…");
  EXPECT_EQ(ShortValue("/x", "\x1b[1m", 20), "\\x1b[1m");
}

}  // namespace
}  // namespace stockade::ctl
