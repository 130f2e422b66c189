// SPDX-License-Identifier: Apache-2.0
#include "sandbox/staging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sandbox/host_actions_json.h"
#include "sandbox/init/protocol.h"
#include "sandbox/verify.h"
#include "tests/unit/sandbox/layers/staging_fixture.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Staging, WithoutAUserNamespaceTheStubIsNobodys) {
  config::ClassPolicy policy = EmptyClass();
  policy.seccomp = {config::Mode::kConfine, "baseline", {}, config::FilterInstaller::kAuto, false};
  Json spec = Json::parse(R"({"process": {"args": ["sh"], "noNewPrivileges": true},
      "mounts": [{"destination": "/dev", "type": "tmpfs", "source": "tmpfs"}], "linux": {}})");
  const Outcome out = Apply(spec, FakeHost(), policy);
  ASSERT_FALSE(out.error) << out.Refusal();
  EXPECT_EQ(out.actions, (HostActions{.binds = {{.source = "/there/stockade-init",
                                                 .name = "init",
                                                 .recursive = false,
                                                 .ids = StagedBind::Ids::kNobody,
                                                 .destination = "/dev/stockade-init",
                                                 .flags = {"ro", "nosuid", "nodev"}}}}));
  EXPECT_EQ(Staged(out, "/mounts/1/source"), "/there/state/.stage/init");
  // In a user namespace it is nobody's by itself, unless the host's root is one of its ids, or may
  // be.
  spec["linux"]["namespaces"] = Json::parse(R"([{"type": "user"}])");
  EXPECT_EQ(Apply(spec, FakeHost(), policy).actions, out.actions);
  const auto mapped = [&](std::uint32_t uids, std::uint32_t gids) {
    for (const auto& [list, first] : {std::pair("uidMappings", uids), {"gidMappings", gids}}) {
      spec["linux"][list] = Json::parse(R"([{"containerID": 1, "hostID": 65536, "size": 10}])");
      spec["linux"][list].push_back({{"containerID", 0}, {"hostID", first}, {"size", 1}});
    }
    return Apply(spec, FakeHost(), policy).actions;
  };
  EXPECT_EQ(mapped(0, 0), out.actions);
  EXPECT_EQ(mapped(0, 1), out.actions);
  EXPECT_EQ(mapped(1, 0), out.actions);
  EXPECT_TRUE(mapped(1, 1).Empty());
}

TEST(Staging, NothingChangesWithoutIdsOfOurs) {
  const Outcome out = Apply(Spec(), FakeHost(), EmptyClass());
  EXPECT_EQ(out.staged, out.spec);
  EXPECT_TRUE(out.actions.Empty());
}

TEST(Staging, TheRootIsThePods) {
  const Outcome out = Apply(Spec());
  ASSERT_FALSE(out.error) << out.Refusal();
  EXPECT_EQ(Staged(out, "/root/path"), std::string(kStage) + "/rootfs");
  EXPECT_EQ(out.actions.rootfs, (RootfsAction{"/there/bundle/rootfs", "rootfs", false}));
  EXPECT_EQ(out.actions.ids, kPodRange);
  config::ClassPolicy chown = Forced();
  chown.user_namespace.chown_rootfs = true;
  EXPECT_TRUE(Apply(Spec(), FakeHost(), chown).actions.rootfs->may_chown);
}

config::ClassPolicy Listed() {
  config::ClassPolicy policy = Forced();
  policy.rootfs.executable = {"/bin", "/lib"};
  policy.origins["/rootfs/executable"] = {"listed.json", 7};
  return policy;
}

TEST(Staging, WhatRunsOfTheRootIsHeld) {
  const Outcome out = Apply(Spec(), FakeHost(), Listed());
  ASSERT_FALSE(out.error) << out.Refusal();
  EXPECT_EQ(out.actions.rootfs,
            (RootfsAction{"/there/bundle/rootfs", "rootfs", false, {"/bin", "/lib"}}));
  const auto change = std::ranges::find(out.changes, "/root/path", &Change::what);
  ASSERT_NE(change, out.changes.end());
  EXPECT_EQ(change->layer, "rootfs");
  EXPECT_THAT(change->why, HasSubstr("the pod's root; of the image only these paths run programs: "
                                     "/bin, /lib"));
  EXPECT_EQ(change->origin, "listed.json:7");
}

TEST(Staging, WhatRunsIsHeldInAUserNamespaceOfTheEnginesToo) {
  Json spec = Spec();
  spec["linux"]["namespaces"].push_back({{"type", "user"}});
  for (const char* list : {"uidMappings", "gidMappings"}) {
    spec["linux"][list] = Json::parse(R"([{"containerID": 0, "hostID": 655360, "size": 65536}])");
  }
  EXPECT_TRUE(Apply(spec).actions.Empty());
  config::ClassPolicy policy = Listed();
  policy.user_namespace.chown_rootfs = true;
  const Outcome out = Apply(spec, FakeHost(), policy);
  ASSERT_FALSE(out.error) << out.Refusal();
  EXPECT_EQ(out.actions,
            (HostActions{.rootfs = RootfsAction{
                             "/there/bundle/rootfs", "rootfs", false, {"/bin", "/lib"}}}));
  EXPECT_EQ(Staged(out, "/root/path"), std::string(kStage) + "/rootfs");
  EXPECT_EQ(HostActionsFromJson(HostActionsToJson(out.actions)), out.actions);
}

TEST(Staging, ANetworkOfItsOwnHasSettingsOfThePodsIds) {
  Json spec = Spec();
  spec["linux"]["namespaces"][1].erase("path");
  spec["linux"]["sysctl"] = {{"net.ipv4.ping_group_range", "0 2147483647"},
                             {"net/ipv4/ip_unprivileged_port_start", "0"}};
  const Outcome out = Apply(spec);
  EXPECT_EQ(out.actions.sysctls, std::vector<NetworkSysctl>());
  EXPECT_EQ(Staged(out, "/linux/sysctl"), (Json{{"net.ipv4.ping_group_range", "0 65535"},
                                                {"net/ipv4/ip_unprivileged_port_start", "0"}}));
}

TEST(Staging, TheNetworkIsEnteredAndItsSettingsAreTheHosts) {
  const Outcome out = Apply(Spec());
  EXPECT_EQ(out.actions.network_namespace, "/there/netns");
  for (const Json& entry : Staged(out, "/linux/namespaces")) EXPECT_NE(entry["type"], "network");
  EXPECT_EQ(out.actions.sysctls,
            (std::vector<NetworkSysctl>{{"net.ipv4.ping_group_range", "0 100"}}));
  EXPECT_EQ(Staged(out, "/linux/sysctl"), (Json{{"kernel.shm_rmid_forced", "1"}}));
  EXPECT_EQ(out.actions.sysfs, "sys");
  EXPECT_EQ(Staged(out, "/mounts/1/type"), "bind");
  EXPECT_EQ(Staged(out, "/mounts/1/source"), std::string(kStage) + "/sys");
  EXPECT_EQ(Staged(out, "/mounts/1/options"),
            Json::array({"bind", "nosuid", "ro", "nodev", "noexec"}));
}

TEST(Staging, ANewNetworkIsTheDelegatesBusiness) {
  Json spec = Spec();
  spec["linux"]["namespaces"][1].erase("path");
  const Outcome out = Apply(spec);
  EXPECT_EQ(out.actions.network_namespace, "");
  EXPECT_EQ(out.actions.sysfs, "");
  EXPECT_EQ(Staged(out, "/mounts/1/type"), "sysfs");
  EXPECT_EQ(Staged(out, "/linux/sysctl").size(), 2U);
}

TEST(Staging, StreamsBelongToTheProcess) {
  const Outcome out = Apply(Spec());
  EXPECT_EQ(out.actions.stream_uid, kPodRange.first + 1000);
  EXPECT_EQ(out.actions.stream_gid, kPodRange.first + 7);
  Json spec = Spec();
  spec["process"]["user"]["uid"] = 65536;
  EXPECT_THAT(Apply(spec).Refusal(), HasSubstr("beyond the 65536 ids"));
  spec = Spec();
  spec["process"]["user"]["additionalGids"] = Json::array({5, 65535});
  EXPECT_EQ(Apply(spec).Refusal(), "");
  spec["process"]["user"]["additionalGids"].push_back(70000);
  EXPECT_THAT(Apply(spec).Refusal(),
              HasSubstr("user/additionalGids/2 is 70000, which is beyond the 65536 ids"));
}

TEST(Staging, TheRecordKeepsTheActions) {
  const Outcome out = Apply(Spec());
  EXPECT_EQ(HostActionsFromJson(HostActionsToJson(out.actions)), out.actions);
  EXPECT_EQ(HostActionsFromJson(HostActionsToJson({})), HostActions{});
  Json older = HostActionsToJson(out.actions);
  older["rootfs"].erase("executable");
  EXPECT_EQ(HostActionsFromJson(older), out.actions);
  Json broken = HostActionsToJson(out.actions);
  broken["binds"][0]["ids"] = "everybody";
  EXPECT_THROW(HostActionsFromJson(broken), Json::exception);
}

// The independent check sees through the stage, and sees what is wrong on it.
class StagedPromises : public testing::Test {
 protected:
  std::vector<std::string> Broken() const {
    auto document = SpecDocument::Parse(staged.dump(), DocumentKind::kConfig, "staged");
    return BrokenPromises(*document, Forced(), {}, FakeHost(), {{}, actions, kStage});
  }
  Outcome out = Apply(Spec());
  Json staged = out.staged;
  HostActions actions = out.actions;
};

TEST_F(StagedPromises, HoldAsTheyAre) { EXPECT_THAT(Broken(), IsEmpty()); }

TEST_F(StagedPromises, SeeAMountThatIsNotStaged) {
  staged["mounts"][3]["source"] = "/there/volume";
  EXPECT_THAT(Broken(), Contains(HasSubstr("is staged for no mount")));
  actions.binds.erase(actions.binds.begin() + 1);
  EXPECT_THAT(Broken(), Contains(HasSubstr("is not staged")));
}

TEST_F(StagedPromises, SeeTheStageThatHoldsSomethingElse) {
  staged["mounts"][3]["source"] = std::string(kStage) + "/mount-9";
  EXPECT_THAT(Broken(), Contains(HasSubstr("nothing is staged as mount-9")));
  staged["mounts"][3]["source"] = std::string(kStage) + "/mount-2";
  EXPECT_THAT(Broken(), Contains(HasSubstr("two mounts use")));
}

TEST_F(StagedPromises, SeeADifferentDepth) {
  actions.binds[1].recursive = false;
  EXPECT_THAT(Broken(), Contains(HasSubstr("staged without what is mounted below")));
}

TEST_F(StagedPromises, SeeFlagsThatAreNotStaged) {
  for (const char* word : {"ro", "nosuid", "nodev", "noexec", "nosymfollow", "rro", "rnoexec"}) {
    actions.binds[1].flags = {word};
    EXPECT_THAT(Broken(), Contains(HasSubstr(fmt::format("staged with {}", word))));
    staged["mounts"][3]["options"] = {"rbind", word};
    EXPECT_THAT(Broken(), IsEmpty());
    actions.binds[1].flags = {};
    EXPECT_THAT(Broken(), Contains(HasSubstr(fmt::format("staged without {}", word))));
    staged["mounts"][3]["options"] = {"rbind"};
  }
}

TEST_F(StagedPromises, SeeARootThatIsNotStaged) {
  staged["root"]["path"] = "/there/bundle/rootfs";
  EXPECT_THAT(Broken(), Contains(HasSubstr("is not the one that is staged")));
  actions.rootfs.reset();
  EXPECT_THAT(Broken(), Contains(HasSubstr("does not belong to the pod's ids")));
}

TEST_F(StagedPromises, SeeAListOfWhatRunsThatIsNotTheClasss) {
  const auto broken = [&](const config::ClassPolicy& policy) {
    auto document = SpecDocument::Parse(staged.dump(), DocumentKind::kConfig, "staged");
    return BrokenPromises(*document, policy, {}, FakeHost(), {{}, actions, kStage});
  };
  const auto others = HasSubstr("of the image other paths run programs");
  EXPECT_THAT(broken(Listed()), Contains(others));
  actions.rootfs->executable = {"/bin", "/lib"};
  EXPECT_THAT(broken(Listed()), IsEmpty());
  EXPECT_THAT(broken(Forced()), Contains(others));
  actions.rootfs->executable = {"/bin", "/lib", "/opt"};
  EXPECT_THAT(broken(Listed()), Contains(others));
  actions.rootfs.reset();
  EXPECT_THAT(broken(Listed()), Contains(others));
  actions = out.actions;
  actions.rootfs->executable = {"/bin", "/lib"};
  std::erase_if(staged["linux"]["namespaces"].get_ref<Json::array_t&>(),
                [](const Json& entry) { return entry["type"] == "user"; });
  EXPECT_THAT(broken(Listed()), Contains(HasSubstr("noexec could be taken away")));
}

TEST_F(StagedPromises, SeeAMappingOfOtherIds) {
  staged["linux"]["uidMappings"][0]["hostID"] = 131072;
  EXPECT_THAT(Broken(), Contains(HasSubstr("maps 65536 ids from 131072")));
  staged["linux"]["uidMappings"][0]["hostID"] = 0;
  EXPECT_THAT(Broken(), Contains(HasSubstr("does not map 0 to ids of the pod's own")));
}

TEST_F(StagedPromises, SeeAMissingUserNamespace) {
  staged["linux"]["namespaces"].erase(staged["linux"]["namespaces"].size() - 1);
  EXPECT_THAT(Broken(), Contains(HasSubstr("0 user namespaces")));
}

TEST_F(StagedPromises, SeeAStubThatThePodCouldRead) {
  staged["mounts"][4]["destination"] = init::kPath;
  actions.binds[2].destination = init::kPath;
  EXPECT_THAT(Broken(), Contains(HasSubstr("stockade-init would be a file of the pod's")));
}

TEST_F(StagedPromises, SeeANetworkThatIsJoinedTwice) {
  staged["linux"]["sysctl"]["net.ipv4.ping_group_range"] = "0 0";
  EXPECT_THAT(Broken(), Contains(HasSubstr("is set twice")));
}

}  // namespace
}  // namespace stockade::sandbox
