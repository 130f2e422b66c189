// SPDX-License-Identifier: Apache-2.0
#include "shim/invocation.h"

#include <gmock/gmock.h>

namespace stockade::shim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Words = std::vector<std::string>;

Invocation Parsed(const Words& argv) {
  Invocation call;
  const auto status = ParseInvocation(argv, call);
  EXPECT_TRUE(status) << status.error().Text();
  return call;
}

std::string Refusal(const Words& argv) {
  Invocation call;
  const auto status = ParseInvocation(argv, call);
  EXPECT_FALSE(status);
  return status ? "" : status.error().Text();
}

TEST(Invocation, ReadsTheShimsCreate) {
  const Invocation call =
      Parsed({"stockade-restricted", "--root", "/run/containerd/runc/k8s.io", "--log",
              "/b/log.json", "--log-format", "json", "--systemd-cgroup", "create", "--bundle", "/b",
              "--pid-file", "/b/init.pid", "web1"});
  EXPECT_EQ(call.class_name, "restricted");
  EXPECT_EQ(call.verb, Verb::kCreate);
  EXPECT_EQ(call.id, "web1");
  EXPECT_EQ(call.Global("root"), "/run/containerd/runc/k8s.io");
  EXPECT_EQ(call.Global("log-format"), "json");
  EXPECT_TRUE(call.GlobalSwitch("systemd-cgroup"));
  EXPECT_EQ(call.Value("bundle"), "/b");
  EXPECT_EQ(call.passed.front(), "--root");
  EXPECT_EQ(call.passed.size(), 13U);
}

TEST(Invocation, ClassComesFromTheNameOrTheFlag) {
  EXPECT_EQ(Parsed({"/usr/bin/stockade-web-1", "list"}).class_name, "web-1");
  EXPECT_EQ(Parsed({"stockade", "list"}).class_name, "");
  EXPECT_EQ(Parsed({"stockadectl", "list"}).class_name, "");
  EXPECT_EQ(Parsed({"stockade-", "list"}).class_name, "");
  EXPECT_EQ(Parsed({"my-runtime", "list"}).class_name, "");
  EXPECT_EQ(Parsed({"stockade", "--stockade-class", "web", "list"}).class_name, "web");
  EXPECT_EQ(Parsed({"stockade", "--stockade-class=web", "list"}).class_name, "web");
  EXPECT_THAT(Refusal({"stockade-a", "--stockade-class", "b", "list"}), HasSubstr("class a"));
}

TEST(Invocation, OwnGlobalsDoNotReachTheDelegate) {
  const Invocation call = Parsed({"stockade", "--debug", "--stockade-class", "web",
                                  "--stockade-config", "/c.json", "--root=/r", "state", "x"});
  EXPECT_EQ(call.config_file, "/c.json");
  EXPECT_THAT(call.passed, ElementsAre("--debug", "--root=/r", "state", "x"));
}

// A container named like a verb, a flag's value named like a verb, a command with flags of its own.
TEST(Invocation, WordsAreWhatTheirPlaceSays) {
  EXPECT_EQ(Parsed({"stockade-a", "delete", "create"}).verb, Verb::kDelete);
  EXPECT_EQ(Parsed({"stockade-a", "delete", "create"}).id, "create");
  EXPECT_EQ(Parsed({"stockade-a", "--root", "create", "delete", "x"}).verb, Verb::kDelete);
  EXPECT_EQ(Parsed({"stockade-a", "create", "--bundle", "exec", "x"}).Value("bundle"), "exec");
  const Invocation exec =
      Parsed({"stockade-a", "exec", "-t", "--user", "0", "c", "sh", "--process", "-c"});
  EXPECT_EQ(exec.id, "c");
  EXPECT_FALSE(exec.Value("process"));
  EXPECT_THAT(exec.rest, ElementsAre("sh", "--process", "-c"));
}

TEST(Invocation, FlagForms) {
  EXPECT_EQ(Parsed({"stockade-a", "create", "-b", "/x", "c"}).Value("bundle"), "/x");
  EXPECT_EQ(Parsed({"stockade-a", "create", "-b=x", "c"}).Value("bundle"), "x");
  EXPECT_EQ(Parsed({"stockade-a", "create", "--bundle=/x", "c"}).Value("bundle"), "/x");
  EXPECT_EQ(Parsed({"stockade-a", "create", "c", "--bundle", "/x"}).Value("bundle"), "/x");
  EXPECT_EQ(
      Parsed({"stockade-a", "create", "--bundle", "/x", "--bundle", "/y", "c"}).Value("bundle"),
      "/y");
  EXPECT_EQ(Parsed({"stockade-a", "create", "--", "-c"}).id, "-c");
  EXPECT_TRUE(Parsed({"stockade-a", "restore", "-no-subreaper", "c"}).Has("no-subreaper"));
  EXPECT_FALSE(
      Parsed({"stockade-a", "exec", "--no-new-privs=false", "c", "x"}).Has("no-new-privs"));
}

TEST(Invocation, UnknownFlagsAndVerbsPass) {
  const Invocation verb = Parsed({"stockade-a", "frobnicate", "--new", "c"});
  EXPECT_EQ(verb.verb, Verb::kOther);
  EXPECT_THAT(verb.passed, ElementsAre("frobnicate", "--new", "c"));
  const Invocation flag = Parsed({"stockade-a", "create", "--new-in-2030=1", "c"});
  EXPECT_EQ(flag.id, "c");
  EXPECT_THAT(flag.passed, ElementsAre("create", "--new-in-2030=1", "c"));
}

// What the delegates' parsers read in different ways is refused where it decides what runs.
TEST(Invocation, RefusesTwoMeanings) {
  EXPECT_THAT(Refusal({"stockade-a", "exec", "--proc", "/p", "c"}), HasSubstr("write --process"));
  EXPECT_THAT(Refusal({"stockade-a", "create", "-bundle", "/x", "c"}), HasSubstr("two meanings"));
  EXPECT_THAT(Refusal({"stockade-a", "create", "-b/x", "c"}), HasSubstr("two meanings"));
  EXPECT_THAT(Refusal({"stockade-a", "create", "--new", "v", "c"}), HasSubstr("--flag=value"));
  EXPECT_THAT(Refusal({"stockade-a", "create", "--bundle"}), HasSubstr("needs a value"));
  EXPECT_THAT(Refusal({"stockade-a", "create", "--bundle", "/x"}),
              HasSubstr("needs a container id"));
  EXPECT_THAT(Refusal({"stockade-a", "exec"}), HasSubstr("needs a container id"));
}

// "--new X create" may mean the verb X, or the verb create: neither goes to the delegate unguarded.
TEST(Invocation, RefusesAVerbThatCannotBeTold) {
  EXPECT_THAT(Refusal({"stockade-a", "--new", "x", "create", "c"}), HasSubstr("no verb"));
  EXPECT_EQ(Parsed({"stockade-a", "--new=x", "create", "c"}).verb, Verb::kCreate);
  EXPECT_EQ(Parsed({"stockade-a", "--new", "create", "c"}).verb, Verb::kCreate);
  EXPECT_EQ(Parsed({"stockade-a", "--new", "kill", "c"}).verb, Verb::kOther);
}

TEST(Invocation, TheValueOfAFlagIsNoId) {
  EXPECT_EQ(Parsed({"stockade-a", "update", "--memory", "1000000", "--pids-limit", "5", "c"}).id,
            "c");
  EXPECT_EQ(Parsed({"stockade-a", "ps", "-f", "json", "c"}).id, "c");
}

TEST(Invocation, HelpNeedsNoId) {
  EXPECT_TRUE(Parsed({"stockade-a", "create", "--help"}).Has("help"));
  EXPECT_TRUE(Parsed({"stockade-a", "exec", "-h"}).Has("help"));
  EXPECT_FALSE(Parsed({"stockade-a", "exec", "c", "ls", "--help"}).Has("help"));
  EXPECT_TRUE(Parsed({"stockade-a", "--help"}).GlobalSwitch("help"));
  EXPECT_EQ(Parsed({"stockade-a"}).verb, Verb::kNone);
}

TEST(Invocation, GlobalsSurviveALaterError) {
  Invocation call;
  EXPECT_FALSE(ParseInvocation({"stockade-a", "--log", "/l", "create"}, call));
  EXPECT_EQ(call.Global("log"), "/l");
}

TEST(Invocation, NeedsAProgramName) {
  Invocation call;
  EXPECT_FALSE(ParseInvocation({}, call));
  EXPECT_THAT(call.passed, IsEmpty());
}

}  // namespace
}  // namespace stockade::shim
