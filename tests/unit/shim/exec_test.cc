// SPDX-License-Identifier: Apache-2.0
#include "shim/exec.h"

#include <gmock/gmock.h>

namespace stockade::shim {
namespace {

using base::Json;
using testing::HasSubstr;

const Json kConfig = Json::parse(R"({"process": {
  "args": ["init"], "cwd": "/", "env": ["A=1"], "terminal": true, "noNewPrivileges": true,
  "user": {"uid": 7, "gid": 8}, "capabilities": {"bounding": ["CAP_KILL"]}}})");

base::Result<Json> Built(std::vector<std::string> words) {
  words.insert(words.begin(), {"stockade-a", "exec"});
  Invocation call;
  EXPECT_TRUE(ParseInvocation(words, call));
  return ProcessFromFlags(call, kConfig);
}

TEST(ProcessFromFlags, StartsFromTheContainersOwn) {
  const auto process = Built({"c", "ls", "-l"});
  ASSERT_TRUE(process);
  EXPECT_EQ(process->at("args"), (Json{"ls", "-l"}));
  EXPECT_EQ(process->at("cwd"), "/");
  EXPECT_EQ(process->at("env"), (Json{"A=1"}));
  EXPECT_EQ(process->at("terminal"), false);
  EXPECT_EQ(process->at("user").at("uid"), 7);
  EXPECT_EQ(process->at("noNewPrivileges"), true);
}

TEST(ProcessFromFlags, TakesEveryFlag) {
  const auto process =
      Built({"-t", "--cwd", "/x", "-e", "B=2", "--env=C=3", "--user", "1:2", "-g", "3",
             "--apparmor", "p", "--process-label", "l", "--cap", "CAP_SYS_ADMIN", "c", "id"});
  ASSERT_TRUE(process);
  EXPECT_EQ(process->at("terminal"), true);
  EXPECT_EQ(process->at("cwd"), "/x");
  EXPECT_EQ(process->at("env"), (Json{"A=1", "B=2", "C=3"}));
  EXPECT_EQ(process->at("user"), (Json{{"uid", 1}, {"gid", 2}, {"additionalGids", {3}}}));
  EXPECT_EQ(process->at("apparmorProfile"), "p");
  EXPECT_EQ(process->at("selinuxLabel"), "l");
  EXPECT_EQ(process->at("capabilities").at("bounding"), (Json{"CAP_KILL", "CAP_SYS_ADMIN"}));
  EXPECT_EQ(process->at("capabilities").at("ambient"), (Json{"CAP_SYS_ADMIN"}));
}

// A class may leave it to the container, and the container to its processes.
TEST(ProcessFromFlags, SetsNoNewPrivileges) {
  Invocation call;
  ASSERT_TRUE(ParseInvocation({"stockade-a", "exec", "--no-new-privs", "c", "id"}, call));
  const auto process = ProcessFromFlags(call, Json{{"process", {{"cwd", "/"}}}});
  ASSERT_TRUE(process);
  EXPECT_EQ(process->value("noNewPrivileges", false), true);
}

// The container's own promise is not a flag's to take back.
TEST(ProcessFromFlags, CannotUnsetNoNewPrivileges) {
  EXPECT_EQ(Built({"--no-new-privs=false", "c", "id"})->at("noNewPrivileges"), true);
}

TEST(ProcessFromFlags, RefusesBadIds) {
  for (const char* user : {"root", "-1", "4294967295", "99999999999", "1:", ":1", "1:x", ""}) {
    EXPECT_FALSE(Built({"--user", user, "c", "id"})) << user;
  }
  EXPECT_FALSE(Built({"-g", "x", "c", "id"}));
}

TEST(ProcessFromFlags, NeedsACommand) {
  const auto process = Built({"c"});
  ASSERT_FALSE(process);
  EXPECT_THAT(process.error().message, HasSubstr("command"));
}

}  // namespace
}  // namespace stockade::shim
