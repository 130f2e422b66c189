// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sandbox/layers/fixture.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using config::Mode;
using testing::HasSubstr;

config::ClassPolicy Policy(Mode mode, bool read_only = false) {
  config::ClassPolicy policy = EmptyClass();
  policy.host_mounts.mode = mode;
  policy.host_mounts.guarded = {"/", "/there/etc", "/there/run/engine.sock", "/old-run",
                                "/there/pods"};
  policy.host_mounts.allowed = {"/there/pods/${pod-uid}/volumes/**", "/linked/${container-id}/*"};
  policy.host_mounts.read_only = read_only;
  policy.host_mounts.writable = {"/there/pods/${pod-uid}/volumes/**"};
  policy.host_mounts.file_systems = {"proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup"};
  return policy;
}

FakeHost Host() {
  FakeHost host;
  host.links["/"] = "/";
  host.links["/old-run"] = "/there/new-run";
  host.links["/there/data/link"] = "/there/etc/shadow";
  host.links["/there/pods/u1/volumes/x/escape"] = "/there/etc";
  host.links["/linked"] = "/there/etc/really";
  return host;
}

const Container kPod{.id = "c1",
                     .bundle = "/there/bundle",
                     .role = Role::kPodContainer,
                     .sandbox_id = "s1",
                     .pod_uid = "u1",
                     .name_space = {},
                     .pod = {}};

Outcome Apply(const config::ClassPolicy& policy, std::string_view mounts,
              const Container& container = kPod) {
  return RunLayer("host mounts", policy, fmt::format(R"({{"mounts": [{}]}})", mounts), Host(),
                  container);
}
std::string Bind(std::string_view source, std::string_view options = R"("rbind")") {
  return fmt::format(
      R"({{"destination": "/data", "type": "bind", "source": "{}", "options": [{}]}})", source,
      options);
}
void ExpectGuarded(std::string_view mount, std::string_view text) {
  EXPECT_THAT(Apply(Policy(Mode::kRefuse), mount).Refusal(), HasSubstr(std::string(text))) << mount;
  const Outcome confined = Apply(Policy(Mode::kConfine), mount);
  ASSERT_FALSE(confined.error) << confined.Refusal();
  EXPECT_EQ(confined.At("/mounts"), Json::array()) << mount;
}

TEST(HostMounts, GuardedPathsAreGuardedInBothDirections) {
  ExpectGuarded(Bind("/there/etc"), "/there/etc");
  ExpectGuarded(Bind("/there/etc/passwd"), "reaches /there/etc");
  ExpectGuarded(Bind("/there"), "reaches /there/etc");
  ExpectGuarded(Bind("/there/run"), "engine.sock");
  ExpectGuarded(Bind("/"), "the host's /");
  ExpectGuarded(Bind("/there/new-run/x"), "/there/new-run");  // the guard itself is a link
  ExpectGuarded(Bind("/there/data/link"), "/there/data/link (/there/etc/shadow)");
  ExpectGuarded(Bind("/there/pods/u1/volumes/x/escape"), "/there/etc");
  ExpectGuarded(Bind("/there/pods/u2/volumes/x"), "/there/pods");
  ExpectGuarded(Bind("/missing"), "cannot be resolved");
  ExpectGuarded(Bind(""), "has no source");
}

TEST(HostMounts, NamesThatOnlyBeginAlikeAreNotGuarded) {
  EXPECT_FALSE(Apply(Policy(Mode::kRefuse), Bind("/there/etcetera")).error);
  EXPECT_FALSE(Apply(Policy(Mode::kRefuse), Bind("/there/data")).error);
}

TEST(HostMounts, AllowedPatternsUseThisContainersOwnNames) {
  EXPECT_FALSE(Apply(Policy(Mode::kRefuse), Bind("/there/pods/u1/volumes/x")).error);
  // The folder before the variable is a link: the pattern means where it leads.
  EXPECT_FALSE(Apply(Policy(Mode::kRefuse), Bind("/there/etc/really/c1/hosts")).error);
  EXPECT_TRUE(Apply(Policy(Mode::kRefuse), Bind("/there/etc/really/c2/hosts")).error);
  for (const char* uid : {"", "..", ".", "u1/../u1", "*", "u 1"}) {
    Container forged = kPod;
    forged.pod_uid = uid;
    EXPECT_TRUE(Apply(Policy(Mode::kRefuse), Bind("/there/pods/u1/volumes/x"), forged).error)
        << uid;
  }
}

TEST(HostMounts, SourcesAreRewrittenToWhatWasChecked) {
  FakeHost host = Host();
  host.links["/there/bundle/files"] = "/there/data/files";
  host.links["/there/data/current"] = "/there/data/v7";
  const auto run = [&](const std::string& source) {
    return RunLayer("host mounts", Policy(Mode::kRefuse), "{\"mounts\": [" + Bind(source) + "]}",
                    host, kPod)
        .At("/mounts/0/source");
  };
  EXPECT_EQ(run("files"), "/there/data/files");  // relative to the bundle
  EXPECT_EQ(run("/there/data/current"), "/there/data/v7");
}

TEST(HostMounts, WhatIsNotListedBecomesReadOnly) {
  const auto options = [](std::string_view given, std::string_view source = "/there/data") {
    return Apply(Policy(Mode::kRefuse, true), Bind(source, given)).At("/mounts/0/options").dump();
  };
  EXPECT_EQ(options(R"("rbind", "rw")"), R"(["rbind","ro","rro"])");
  EXPECT_EQ(options(R"("rbind", "ro", "rprivate", "rw")"), R"(["rbind","ro","rprivate","rro"])");
  EXPECT_EQ(options(R"("bind", "rrw")"), R"(["bind","ro"])");
  EXPECT_EQ(options(R"("bind", "rbind")"), R"(["bind","rbind","ro","rro"])");
  EXPECT_EQ(options(R"("rbind", "rw")", "/there/pods/u1/volumes/x"), R"(["rbind","rw"])");
  EXPECT_EQ(options(R"("rbind")", "/there/a.file"), R"(["rbind","ro"])");
  // Not one that lies beside a listed path.
  EXPECT_EQ(Apply(Policy(Mode::kConfine, true), Bind("/there/pods/u1/volume")).At("/mounts"),
            Json::array());
}

TEST(HostMounts, NothingRunsButWhatIsListed) {
  config::ClassPolicy policy = Policy(Mode::kRefuse);
  policy.host_mounts.no_exec = true;
  policy.host_mounts.executable = {"/there/images/*"};
  const auto options = [&](std::string_view source, std::string_view given) {
    return Apply(policy, Bind(source, given)).At("/mounts/0/options").dump();
  };
  EXPECT_EQ(options("/there/data", R"("rbind", "exec")"), R"(["rbind","noexec","rnoexec"])");
  EXPECT_EQ(options("/there/data", R"("bind", "rexec", "ro")"), R"(["bind","ro","noexec"])");
  EXPECT_EQ(options("/there/a.file", R"("rbind")"), R"(["rbind","noexec"])");
  EXPECT_EQ(options("/there/images/x", R"("rbind", "rw")"), R"(["rbind","ro","rro"])");
  const Outcome tmpfs = Apply(policy, R"({"destination": "/x", "type": "tmpfs", "source": "x",
                                          "options": ["exec", "size=1k"]})");
  EXPECT_EQ(tmpfs.At("/mounts/0/options").dump(), R"(["size=1k","noexec"])");
}

TEST(HostMounts, OnlyAllowedPathsWhereTheClassSaysSo) {
  config::ClassPolicy policy = Policy(Mode::kRefuse);
  policy.host_mounts.only_allowed = true;
  EXPECT_THAT(Apply(policy, Bind("/there/data")).Refusal(),
              testing::AllOf(HasSubstr("/there/data"), HasSubstr("/hostMounts/onlyAllowed")));
  EXPECT_FALSE(Apply(policy, Bind("/there/pods/u1/volumes/x")).error);
}

TEST(HostMounts, EveryBindIsWrittenAsOne) {
  for (const char* type :
       {R"("type": "none",)", R"("type": "bind",)", "", R"("type": "",)",
        R"("type": "sysfs", "options": ["rbind"],)", R"("type": "none", "options": [],)"}) {
    const Outcome out =
        Apply(Policy(Mode::kRefuse, true),
              fmt::format(R"({{"destination": "/d", {} "source": "/there/data"}})", type));
    ASSERT_FALSE(out.error) << type << out.Refusal();
    EXPECT_EQ(out.At("/mounts/0/type"), "bind") << type;
    EXPECT_EQ(out.At("/mounts/0/options").dump(), R"(["rbind","ro","rro"])") << type;
    EXPECT_TRUE(Apply(Policy(Mode::kRefuse),
                      fmt::format(R"({{"destination": "/d", {} "source": "/there/etc"}})", type))
                    .error);
  }
}

TEST(HostMounts, DestinationsAreNormalAndNotTheRoot) {
  const auto destination = [](const char* path) {
    return Apply(
        Policy(Mode::kConfine),
        fmt::format(R"({{"destination": "{}", "type": "tmpfs", "source": "tmpfs"}})", path));
  };
  EXPECT_EQ(destination("/tmp/./x//").At("/mounts/0/destination"), "/tmp/x");
  for (const char* bad : {"", "tmp", "../tmp", "/a/../b", "/..", "/", "/.", "//", "/./"}) {
    EXPECT_TRUE(destination(bad).error) << bad;
  }
}

TEST(HostMounts, KernelFileSystemsHaveTheirPlaces) {
  const auto mount = [](std::string_view type, std::string_view destination) {
    return fmt::format(
        R"({{"destination": "{}", "type": "{}", "source": "x", "options": ["nosuid"]}})",
        destination, type);
  };
  for (const auto& [type, destination] :
       std::initializer_list<std::pair<const char*, const char*>>{{"proc", "/proc"},
                                                                  {"devpts", "/dev/pts"},
                                                                  {"mqueue", "/dev/mqueue"},
                                                                  {"tmpfs", "/dev"},
                                                                  {"tmpfs", "/sys/fs/cgroup"},
                                                                  {"tmpfs", "/anywhere"}}) {
    const Outcome out = Apply(Policy(Mode::kRefuse), mount(type, destination));
    EXPECT_FALSE(out.error) << out.Refusal();
    EXPECT_TRUE(out.changes.empty()) << type;
  }
  for (const auto& [type, destination] :
       std::initializer_list<std::pair<const char*, const char*>>{{"proc", "/mnt"},
                                                                  {"proc", "/proc/x"},
                                                                  {"sysfs", "/mnt"},
                                                                  {"cgroup", "/mnt"},
                                                                  {"devpts", "/dev/pts2"},
                                                                  {"tmpfs", "/proc"},
                                                                  {"tmpfs", "/proc/sys"},
                                                                  {"tmpfs", "/sys"},
                                                                  {"tmpfs", "/sys/kernel"},
                                                                  {"overlay", "/x"},
                                                                  {"ext4", "/x"},
                                                                  {"cgroup2", "/x"}}) {
    ExpectGuarded(mount(type, destination), destination);
  }
  ExpectGuarded(R"({"destination": "/dev", "type": "bind", "source": "/there/data"})", "/dev");
  ExpectGuarded(R"({"destination": "/proc", "type": "bind", "source": "/there/data"})", "/proc");
}

// A disk at /there/disk of which a part is mounted over the guarded /there/pods, as on nodes with a
// read-only system; and the root's file system a second time.
TEST(HostMounts, WhatIsMountedTwiceHasOnePlace) {
  FakeHost host = Host();
  host.places["/there/pods"] = {{"8:1", "/lib/pods"}};
  const auto refusal = [&](std::vector<FilePlace> places) {
    host.places["/there/data"] = std::move(places);
    return RunLayer("host mounts", Policy(Mode::kRefuse),
                    fmt::format(R"({{"mounts": [{}]}})", Bind("/there/data")), host, kPod)
        .Refusal();
  };
  for (const std::vector<FilePlace>& places : std::vector<std::vector<FilePlace>>{
           {{"8:1", "/lib/pods"}},                          // it
           {{"8:1", "/lib/pods/u2/volumes/x"}},             // in it
           {{"8:1", "/lib"}},                               // around it
           {{"8:1", "/"}},                                  //
           {{"8:2", "/x"}, {"8:3", "/"}, {"8:1", "/lib"}},  // mounted below it
       }) {
    EXPECT_THAT(refusal(places), HasSubstr("/there/data, which reaches /there/pods"));
  }
  EXPECT_THAT(refusal({{"0:1", "/"}}), HasSubstr("which reaches /,"));
  for (const std::vector<FilePlace>& places : std::vector<std::vector<FilePlace>>{
           {{"8:1", "/lib/pods2"}}, {{"8:1", "/lib/pod"}}, {{"8:2", "/lib/pods"}}, {}}) {
    EXPECT_EQ(refusal(places), "");
  }
}

TEST(HostMounts, SysfsAndCgroupAreReadOnly) {
  const Outcome out =
      Apply(Policy(Mode::kRefuse),
            R"({"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro", "rw"]},
         {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup"})");
  ASSERT_FALSE(out.error) << out.Refusal();
  EXPECT_EQ(out.At("/mounts/0/options").dump(), R"(["ro"])");
  EXPECT_EQ(out.At("/mounts/1/options").dump(), R"(["ro"])");
}

TEST(HostMounts, NothingPropagatesToTheHost) {
  EXPECT_THAT(Apply(Policy(Mode::kRefuse), Bind("/there/data", R"("rbind", "rshared")")).Refusal(),
              HasSubstr("rshared"));
  EXPECT_EQ(Apply(Policy(Mode::kConfine), Bind("/there/data", R"("rbind", "shared", "rslave")"))
                .At("/mounts/0/options")
                .dump(),
            R"(["rbind","rslave","rslave"])");
}

TEST(HostMounts, UnknownOptionsAreErrors) {
  for (const char* word : {"remount", "lowerdir=/etc", "ro,rw", "", "frobnicate", "size=1"}) {
    EXPECT_TRUE(
        Apply(Policy(Mode::kConfine), Bind("/there/data", fmt::format("\"{}\"", word))).error)
        << word;
  }
}

TEST(HostMounts, IdMappingsStay) {
  const char* mount = R"({"destination": "/d", "type": "bind", "source": "/there/data",
      "options": ["rbind", "idmap"], "uidMappings": [{"containerID": 0, "hostID": 9, "size": 1}]})";
  const Outcome out = Apply(Policy(Mode::kRefuse), mount);
  EXPECT_EQ(out.At("/mounts/0"), Json::parse(mount));
}

TEST(HostMounts, TheRootIsNotTheHosts) {
  FakeHost host = Host();
  host.links["/there/bundle/rootfs"] = "/there/images/1";
  host.links["/there/bundle/trick"] = "/";
  const auto run = [&](const char* path) {
    return RunLayer("host mounts", Policy(Mode::kConfine),
                    fmt::format(R"({{"root": {{"path": "{}"}}}})", path), host, kPod);
  };
  EXPECT_FALSE(run("rootfs").error);
  EXPECT_FALSE(run("/there/etc/really/deep").error);  // engines keep images in guarded folders
  for (const char* bad : {"/", "trick", "/there", "/there/etc", "/missing"}) {
    EXPECT_TRUE(run(bad).error) << bad;
  }
}

}  // namespace
}  // namespace stockade::sandbox
