// SPDX-License-Identifier: Apache-2.0
#include "sandbox/staged_binds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/host_actions_json.h"
#include "tests/unit/sandbox/layers/staging_fixture.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using testing::HasSubstr;

TEST(StagedBinds, VolumesAreThePodsAndSharedMemoryEverybodys) {
  FakeHost host;
  host.mount_flags["/there/hosts"] = {"nosuid", "nodev"};
  const Outcome out = Apply(Spec(), host);
  ASSERT_EQ(out.actions.binds.size(), 3U) << out.Refusal();
  EXPECT_EQ(out.actions.binds[0].ids, StagedBind::Ids::kAsTheyAre);
  EXPECT_EQ(out.actions.binds[1],
            (StagedBind{"/there/volume", "mount-1", true, StagedBind::Ids::kOfThePod, "/data"}));
  EXPECT_EQ(out.actions.binds[2], (StagedBind{"/there/hosts",
                                              "mount-2",
                                              false,
                                              StagedBind::Ids::kOfThePod,
                                              "/etc/hosts",
                                              {"nosuid", "nodev"}}));
  EXPECT_EQ(Staged(out, "/mounts/3/source"), std::string(kStage) + "/mount-1");
  EXPECT_EQ(Staged(out, "/mounts/3/options"), Json::array({"rbind", "rslave", "rw"}));
  // In a user namespace nobody can take them away, and a delegate that tries fails.
  EXPECT_EQ(Staged(out, "/mounts/4/options"), Json::array({"bind", "nosuid", "nodev"}));
}

// crun 1.8 drops the flags of a bind in a user namespace.
TEST(StagedBinds, TheFlagsOfAVolumeAreOnWhatIsStaged) {
  Json spec = Spec();
  spec["mounts"][3]["options"] = {"rbind", "rro", "noexec", "nosuid", "rsuid"};
  const Outcome out = Apply(spec);
  ASSERT_FALSE(out.error) << out.Refusal();
  EXPECT_THAT(out.actions.binds[1].flags, testing::ElementsAre("ro", "rro", "noexec"));
  EXPECT_EQ(Staged(out, "/mounts/3/options"),
            Json::array({"rbind", "rro", "noexec", "nosuid", "rsuid", "ro"}));
  EXPECT_EQ(HostActionsFromJson(HostActionsToJson(out.actions)), out.actions);
}

// In a user namespace of the engine's, too; the ids are then the engine's business.
TEST(StagedBinds, FlagsThatADelegateForgetsAreStagedInEveryUserNamespace) {
  Json spec = Spec();
  spec["mounts"][3]["options"] = {"rbind", "noexec", "rnoexec", "ro", "idmap"};
  spec["mounts"][4]["options"] = {"bind", "noexec"};
  EXPECT_TRUE(Apply(spec, FakeHost(), EmptyClass()).actions.Empty());
  spec["linux"]["namespaces"].push_back({{"type", "user"}, {"path", "/there/userns"}});
  const Outcome out = Apply(spec, FakeHost(), EmptyClass());
  ASSERT_FALSE(out.error) << out.Refusal();
  EXPECT_EQ(out.actions, (HostActions{.binds = {{.source = "/there/hosts",
                                                 .name = "mount-0",
                                                 .ids = StagedBind::Ids::kAsTheyAre,
                                                 .destination = "/etc/hosts",
                                                 .flags = {"noexec"}}}}));
  spec["mounts"][3]["options"] = {"rbind", "nodev"};
  EXPECT_EQ(Apply(spec, FakeHost(), EmptyClass()).actions.binds.size(), 2U);
}

// crun 1.8 drops the flags of what stands in a joined namespace, but not their recursive form.
TEST(StagedBinds, FlagsInJoinedNamespacesAreSaidTwice) {
  Json spec = Spec();
  const auto options = [&](const char* type) {
    spec["mounts"][0] = {{"destination", "/m"}, {"type", type}, {"options", {"nosuid", "noexec"}}};
    return Staged(Apply(spec, FakeHost(), EmptyClass()), "/mounts/0/options");
  };
  const Json once = {"nosuid", "noexec"};
  const Json twice = {"nosuid", "noexec", "rnosuid", "rnoexec"};
  spec["linux"]["namespaces"][0]["path"] = "/there/pidns";
  EXPECT_EQ(options("proc"), once);
  spec["linux"]["namespaces"].push_back({{"type", "user"}, {"path", "/there/userns"}});
  EXPECT_EQ(options("proc"), twice);
  EXPECT_EQ(options("tmpfs"), once);
  EXPECT_EQ(options("mqueue"), once);
  spec["linux"]["namespaces"][2]["path"] = "/there/ipcns";
  EXPECT_EQ(options("mqueue"), twice);
}

// kubelet's memory volume there is written by other containers of the pod too, by their ids.
TEST(StagedBinds, AVolumeInPlaceOfTheSharedMemoryIsAVolume) {
  Json spec = Spec();
  const auto ids = [&](const char* source) {
    spec["mounts"][2]["source"] = source;
    const Outcome out = Apply(spec);
    return out.actions.binds.empty() ? StagedBind::Ids::kNobody : out.actions.binds[0].ids;
  };
  for (const char* volume : {"/there/kubelet/pods/1-2/volumes/kubernetes.io~empty-dir/shm",
                             "/there/kubelet/pods/1-2/volumes/kubernetes.io~csi/shm/mount",
                             "/there/containers/storage/volumes/shm/_data", "/there/shm"}) {
    EXPECT_EQ(ids(volume), StagedBind::Ids::kOfThePod) << volume;
  }
  for (const char* engines : {"/there/io.containerd.grpc.v1.cri/sandboxes/5a4db0/shm",
                              "/there/storage/overlay-containers/c0ffee/userdata/shm",
                              "/there/docker/containers/c0ffee/mounts/shm"}) {
    EXPECT_EQ(ids(engines), StagedBind::Ids::kAsTheyAre) << engines;
  }
}

TEST(StagedBinds, AVolumeWithIdsOfItsOwnIsRefused) {
  Json spec = Spec();
  spec["mounts"][3]["options"].push_back("idmap");
  EXPECT_THAT(Apply(spec).Refusal(), HasSubstr("/data has the option idmap"));
  spec = Spec();
  spec["mounts"][3]["uidMappings"] = Json::parse(R"([{"containerID": 0, "hostID": 0, "size": 1}])");
  EXPECT_THAT(Apply(spec).Refusal(), HasSubstr("/data has id mappings"));
}

// As Docker writes it: for every group there is.
}  // namespace
}  // namespace stockade::sandbox
