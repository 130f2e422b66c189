// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sandbox/layers/fixture.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using config::Mode;
using testing::HasSubstr;

config::ClassPolicy Policy(Mode mode) {
  config::ClassPolicy policy = EmptyClass();
  policy.hooks = {mode, {"/there/dockerd", "/opt/link"}};
  return policy;
}

FakeHost Host() {
  FakeHost host;
  host.links["/proc/77/exe"] = "/there/dockerd";
  host.links["/opt/link"] = "/there/real-hook";
  host.links["/there/alias"] = "/there/evil";
  return host;
}

Outcome Hook(Mode mode, std::string_view kind, std::string_view hook) {
  return RunLayer("hooks", Policy(mode), fmt::format(R"({{"hooks": {{"{}": [{}]}}}})", kind, hook),
                  Host());
}

TEST(Hooks, EveryKindIsChecked) {
  for (const char* kind : {"prestart", "createRuntime", "createContainer", "startContainer",
                           "poststart", "poststop"}) {
    const char* bad = R"({"path": "/there/evil", "args": ["evil"]})";
    EXPECT_EQ(Hook(Mode::kConfine, kind, bad).At(fmt::format("/hooks/{}", kind)), Json::array());
    EXPECT_THAT(Hook(Mode::kRefuse, kind, bad).Refusal(), HasSubstr("/there/evil")) << kind;
    EXPECT_FALSE(Hook(Mode::kRefuse, kind, R"({"path": "/there/dockerd"})").error) << kind;
  }
}

TEST(Hooks, TheFileThatRunsCounts) {
  const Outcome proc =
      Hook(Mode::kRefuse, "prestart", R"({"path": "/proc/77/exe", "args": ["libnetwork-setkey"]})");
  ASSERT_FALSE(proc.error) << proc.Refusal();
  EXPECT_EQ(proc.At("/hooks/prestart/0/path"), "/there/dockerd");
  EXPECT_EQ(proc.At("/hooks/prestart/0/args"), Json::array({"libnetwork-setkey"}));
  EXPECT_FALSE(Hook(Mode::kRefuse, "poststop", R"({"path": "/there/real-hook"})").error);
  EXPECT_TRUE(Hook(Mode::kRefuse, "poststop", R"({"path": "/there/alias"})").error);
  EXPECT_TRUE(Hook(Mode::kRefuse, "poststop", R"({"path": "/missing"})").error);
  EXPECT_TRUE(Hook(Mode::kRefuse, "poststop", R"({"path": ""})").error);
  EXPECT_TRUE(Hook(Mode::kRefuse, "poststop", "{}").error);
}

TEST(Hooks, AListedProgramMustNotLoadForeignCode) {
  EXPECT_THAT(Hook(Mode::kRefuse, "createRuntime",
                   R"({"path": "/there/dockerd", "env": ["A=1", "LD_PRELOAD=/x.so"]})")
                  .Refusal(),
              HasSubstr("LD_"));
}

TEST(Hooks, OthersKeepTheirPlaces) {
  const Outcome out = RunLayer("hooks", Policy(Mode::kConfine), R"({"hooks": {"prestart": [
      {"path": "/there/evil"}, {"path": "/there/dockerd", "timeout": 5}, {"path": "/there/evil"}]}})",
                               Host());
  EXPECT_EQ(out.At("/hooks/prestart"),
            Json::parse(R"([{"path": "/there/dockerd", "timeout": 5}])"));
  EXPECT_EQ(out.changes.size(), 2U);
}

}  // namespace
}  // namespace stockade::sandbox
