// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "filters/class_filter.h"
#include "filters/filter_text.h"
#include "filters/floor.h"
#include "filters/seccomp_compiler.h"
#include "sandbox/init/protocol.h"
#include "sandbox/init_command.h"
#include "tests/unit/sandbox/layers/fixture.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using config::FilterInstaller;
using config::Mode;
using testing::HasSubstr;
using testing::SizeIs;

config::ClassPolicy Policy(Mode mode, FilterInstaller installer = FilterInstaller::kDelegate) {
  config::ClassPolicy policy = EmptyClass();
  policy.seccomp = {mode, "restricted", {}, installer, /*complain=*/false};
  return policy;
}

// A container with a command, a /dev and a seccomp profile; null is none.
Json Spec(const Json& profile = nullptr) {
  Json spec = Json::parse(R"({"process": {"args": ["sh"], "noNewPrivileges": true},
      "mounts": [{"destination": "/dev", "type": "tmpfs", "source": "tmpfs"}], "linux": {}})");
  spec["linux"]["seccomp"] = profile;
  return spec;
}

Outcome Apply(const config::ClassPolicy& policy, const Json& spec) {
  return RunLayer("seccomp", policy, spec.dump());
}

// Refuses one call, allows the rest: stricter than any class in that call.
Json Forbids(const char* call) {
  return Json::parse(fmt::format(R"({{"defaultAction": "SCMP_ACT_ALLOW",
      "syscalls": [{{"names": ["{}"], "action": "SCMP_ACT_ERRNO"}}]}})",
                                 call));
}

TEST(SeccompLayer, TheFloorIsThereWhateverTheSpecSays) {
  const Json floor = *filters::BuildFloor("restricted", {}, {});
  for (const char* spec : {"{}", R"({"linux": null})", R"({"linux": {"seccomp": null}})",
                           R"({"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW"}}})"}) {
    const Outcome out = RunLayer("seccomp", Policy(Mode::kConfine), spec);
    EXPECT_EQ(out.At("/linux/seccomp"), floor);
    EXPECT_THAT(out.init_filters, SizeIs(0));
  }
  EXPECT_TRUE(RunLayer("seccomp", Policy(Mode::kRefuse), "{}").error);
}

TEST(SeccompLayer, FollowsTheCapabilitiesThatAreLeft) {
  const Outcome out =
      RunLayer("seccomp", Policy(Mode::kConfine),
               R"({"process": {"capabilities": {"bounding": ["CAP_SYS_CHROOT"]}}})");
  EXPECT_EQ(out.At("/linux/seccomp"), *filters::BuildFloor("restricted", {"CAP_SYS_CHROOT"}, {}));
}

TEST(SeccompLayer, ListenersAreRefused) {
  EXPECT_THAT(Apply(Policy(Mode::kConfine),
                    Spec({{"defaultAction", "SCMP_ACT_ALLOW"}, {"listenerPath", "/run/x"}}))
                  .Refusal(),
              HasSubstr("listenerPath"));
}

TEST(SeccompLayer, AClassCanHaveItsFilterInstalledByInit) {
  const Outcome out = Apply(Policy(Mode::kConfine, FilterInstaller::kInit), Spec());
  ASSERT_FALSE(out.error) << out.Refusal();
  EXPECT_EQ(out.At("/linux/seccomp"), *filters::BuildUnderFloor("restricted", {}, {}));
  EXPECT_EQ(out.At("/process/args/0"), init::kPath);
  EXPECT_EQ(out.At("/process/args/3"), "sh");
  EXPECT_EQ(out.At("/mounts/1"), InitMount("/there/stockade-init"));
  ASSERT_THAT(out.init_filters, SizeIs(1));
  EXPECT_EQ(out.init_filters[0], std::string(filters::ShippedProgram("restricted", {}, {})->text));
}

TEST(SeccompLayer, APodsOwnStricterProfileIsStacked) {
  const auto own = filters::CompileSeccomp(Forbids("getpid"));
  ASSERT_TRUE(own);
  for (const FilterInstaller installer : {FilterInstaller::kDelegate, FilterInstaller::kInit}) {
    auto document = SpecDocument::Parse(Spec(Forbids("getpid")).dump(), DocumentKind::kConfig, "");
    ASSERT_TRUE(document);
    const config::ClassPolicy policy = Policy(Mode::kConfine, installer);
    SpecEditor edit(*document, policy);
    const FakeHost host;
    const Container container;
    ASSERT_TRUE(ApplyLayers({policy, container, host}, edit));
    const std::size_t class_filters = installer == FilterInstaller::kInit ? 1 : 0;
    ASSERT_THAT(edit.init_filters(), SizeIs(class_filters + 1));
    EXPECT_EQ(edit.init_filters().back(), filters::EncodeFilter(*own, 0));
    EXPECT_THAT(edit.notices(), SizeIs(1));
  }
}

TEST(SeccompLayer, WhatAnEngineWritesForEverybodyIsReplaced) {
  const Json floor = *filters::BuildFloor("restricted", {}, {});
  const Outcome out = Apply(Policy(Mode::kConfine, FilterInstaller::kInit), Spec(floor));
  EXPECT_THAT(out.init_filters, SizeIs(1));
}

TEST(SeccompLayer, ComplainModeLogsAndSaysSo) {
  config::ClassPolicy policy = Policy(Mode::kConfine, FilterInstaller::kInit);
  policy.seccomp.complain = true;
  const Outcome out = Apply(policy, Spec());
  ASSERT_FALSE(out.error) << out.Refusal();
  EXPECT_THAT(out.init_filters, SizeIs(0));
  EXPECT_EQ(out.At("/linux/seccomp/defaultAction"), "SCMP_ACT_LOG");
  EXPECT_THAT(out.At("/linux/seccomp").dump(), testing::Not(HasSubstr("ERRNO")));
  ASSERT_THAT(out.notices, SizeIs(1));
  EXPECT_THAT(out.notices[0].text, HasSubstr("COMPLAIN MODE"));
}

TEST(SeccompLayer, AProfileThatCannotBeUnderstoodIsRefused) {
  Json odd = Forbids("getpid");
  odd["syscalls"][0]["action"] = "SCMP_ACT_NOTIFY";
  EXPECT_THAT(Apply(Policy(Mode::kConfine), Spec(odd)).Refusal(), HasSubstr("listener"));
  odd = Forbids("getpid");
  odd["flags"] = Json::array({"SECCOMP_FILTER_FLAG_NEW_LISTENER"});
  EXPECT_THAT(Apply(Policy(Mode::kConfine), Spec(odd)).Refusal(), HasSubstr("NEW_LISTENER"));
}

TEST(SeccompLayer, AProfileThatIsMiscompiledIsRefused) {
  // libseccomp makes "below 1, or 2^32 and above" allow 1.
  const Json odd = Json::parse(R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
      {"names": ["read", "write", "execve", "exit_group"], "action": "SCMP_ACT_ALLOW"},
      {"names": ["getppid"], "action": "SCMP_ACT_ALLOW",
       "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_LT"}]},
      {"names": ["getppid"], "action": "SCMP_ACT_ALLOW",
       "args": [{"index": 0, "value": 4294967296, "op": "SCMP_CMP_GE"}]}]})");
  EXPECT_THAT(Apply(Policy(Mode::kConfine), Spec(odd)).Refusal(), HasSubstr("getppid"));
}

TEST(SeccompLayer, InitNeedsItsPlaceAndNoNewPrivileges) {
  const config::ClassPolicy policy = Policy(Mode::kConfine, FilterInstaller::kInit);
  Json spec = Spec();
  spec["process"]["noNewPrivileges"] = false;
  EXPECT_THAT(Apply(policy, spec).Refusal(), HasSubstr("new privileges"));
  spec = Spec();
  spec["mounts"].clear();
  EXPECT_THAT(Apply(policy, spec).Refusal(), HasSubstr("no tmpfs on /dev"));
  for (const char* place : {"/dev/stockade-init", "/dev/./stockade-init/x"}) {
    spec = Spec();
    spec["mounts"].push_back({{"destination", place}, {"type", "tmpfs"}, {"source", "tmpfs"}});
    EXPECT_THAT(Apply(policy, spec).Refusal(), HasSubstr("takes the place")) << place;
  }
  // The mount itself, but not on top of the others; and twice, where one alone would be hidden.
  const Json own = InitMount("/there/stockade-init");
  for (const Json& after : {Json{{"destination", "/x"}, {"type", "tmpfs"}, {"source", "x"}}, own}) {
    spec = Spec();
    spec["mounts"].push_back(own);
    spec["mounts"].push_back(after);
    EXPECT_THAT(Apply(policy, spec).Refusal(), HasSubstr("takes the place")) << after;
  }
  spec = Spec();
  spec["process"].erase("args");
  EXPECT_THAT(Apply(policy, spec).Refusal(), HasSubstr("no command"));
}

// The filter's installer where the class leaves it open, and what people are told.
struct Installed {
  bool by_init = false;
  std::string note;
};

Installed WhereLeftOpen(const Json& spec, const FakeHost& host = {}) {
  const Outcome out =
      RunLayer("seccomp", Policy(Mode::kConfine, FilterInstaller::kAuto), spec.dump(), host);
  EXPECT_FALSE(out.error) << out.Refusal();
  const bool by_init = !out.init_filters.empty();
  const auto remaining = base::Find(spec, "/process/capabilities/bounding") != nullptr
                             ? config::CapabilityNames{"CAP_SYS_PTRACE"}
                             : config::CapabilityNames{};
  EXPECT_EQ(out.At("/linux/seccomp"), by_init ? *filters::BuildUnderFloor("restricted", {}, {})
                                              : *filters::BuildFloor("restricted", remaining, {}));
  return {by_init, out.notices.empty() ? "" : out.notices[0].text};
}

TEST(SeccompLayer, AClassCanLeaveOpenWhoInstallsItsFilter) {
  const Installed usual = WhereLeftOpen(Spec());
  EXPECT_TRUE(usual.by_init);
  EXPECT_EQ(usual.note, "");
  Json spec = Spec();
  spec["mounts"].clear();
  EXPECT_FALSE(WhereLeftOpen(spec).by_init);
  EXPECT_THAT(WhereLeftOpen(spec).note, HasSubstr("no tmpfs on /dev"));
  spec = Spec();
  spec["process"]["capabilities"]["bounding"] = Json::array({"CAP_SYS_PTRACE"});
  EXPECT_FALSE(WhereLeftOpen(spec).by_init);
  EXPECT_THAT(WhereLeftOpen(spec).note, HasSubstr("CAP_SYS_PTRACE"));
}

TEST(SeccompLayer, InitIsWhereNobodyCanLookIntoIt) {
  FakeHost host;
  host.init_can_be_nobodys = false;
  EXPECT_FALSE(WhereLeftOpen(Spec(), host).by_init);
  EXPECT_THAT(WhereLeftOpen(Spec(), host).note, HasSubstr("cannot map ids"));
  const config::ClassPolicy policy = Policy(Mode::kConfine, FilterInstaller::kInit);
  EXPECT_THAT(RunLayer("seccomp", policy, Spec().dump(), host).Refusal(),
              HasSubstr("cannot map ids"));
  // In a user namespace it is nobody's as it is, unless the host's root is among its ids.
  Json spec = Spec();
  spec["linux"]["namespaces"] = Json::parse(R"([{"type": "user"}])");
  EXPECT_FALSE(WhereLeftOpen(spec, host).by_init);
  for (const char* list : {"uidMappings", "gidMappings"}) {
    spec["linux"][list] = Json::parse(R"([{"containerID": 0, "hostID": 65536, "size": 65536}])");
  }
  EXPECT_TRUE(WhereLeftOpen(spec, host).by_init);
  spec["linux"]["uidMappings"][0]["hostID"] = 0;
  EXPECT_FALSE(WhereLeftOpen(spec, host).by_init);
}

TEST(SeccompLayer, AnExecGetsWhatTheContainerGot) {
  const config::ClassPolicy policy = Policy(Mode::kConfine, FilterInstaller::kInit);
  auto document = SpecDocument::Parse(R"({"args": ["ls"], "noNewPrivileges": true})",
                                      DocumentKind::kProcess, "test");
  ASSERT_TRUE(document);
  SpecEditor edit(*document, policy);
  const FakeHost host;
  const Container container;
  const std::vector<std::string> filters{"0:recorded"};
  ASSERT_TRUE(ApplyLayers({policy, container, host, filters}, edit));
  EXPECT_EQ(document->root()["args"], Json::array({init::kPath, "0:recorded", "--", "ls"}));
  const auto refused = ApplyLayers({policy, container, host}, edit);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().Text(), HasSubstr("recreate the container"));
  // Where the class leaves it open, the delegate may have installed everything.
  const config::ClassPolicy open = Policy(Mode::kConfine, FilterInstaller::kAuto);
  EXPECT_TRUE(ApplyLayers({open, container, host}, edit));
}

}  // namespace
}  // namespace stockade::sandbox
