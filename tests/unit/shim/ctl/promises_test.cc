// SPDX-License-Identifier: Apache-2.0
// A healthy container of the real class `restricted`, then one thing broken at a time.
#include "shim/ctl/promises.h"

#include <gmock/gmock.h>

#include <functional>

#include "config/class_loader.h"
#include "sandbox/layer.h"

namespace stockade::ctl {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kMounts =
    "1 0 0:1 / / ro - overlay overlay rw\n"
    "2 1 0:2 / /proc rw,nosuid,nodev,noexec - proc proc rw\n"
    "3 1 0:3 / /dev rw,nosuid - tmpfs tmpfs rw\n"
    "4 1 0:4 / /sys ro,nosuid,nodev,noexec - sysfs sysfs rw\n"
    "5 1 0:5 / /tmp rw,nosuid,nodev,noexec - tmpfs tmpfs rw\n"
    "6 1 0:6 / /run rw,nosuid,nodev,noexec - tmpfs tmpfs rw\n"
    "7 6 0:7 / /run/secrets ro - tmpfs tmpfs rw\n"
    "8 2 0:9 /null /proc/kcore rw,nosuid - devtmpfs udev rw\n"
    "9 2 0:2 /sys /proc/sys ro,nosuid,nodev,noexec - proc proc rw\n"
    "10 3 0:8 / /dev/console rw - devpts devpts rw\n";

constexpr std::string_view kDocument = R"({
  "process": {},
  "mounts": [
    {"destination": "/proc", "type": "proc"},
    {"destination": "/dev", "type": "tmpfs", "options": ["nosuid"]},
    {"destination": "/sys", "type": "sysfs", "options": ["ro", "nosuid"]},
    {"destination": "/tmp", "type": "tmpfs", "options": ["noexec", "nodev"]},
    {"destination": "/run", "type": "tmpfs", "options": ["noexec"]},
    {"destination": "/var/run/secrets", "type": "bind", "options": ["ro"]}
  ],
  "linux": {"maskedPaths": ["/proc/kcore"], "readonlyPaths": ["/proc/sys"]}
})";

class Promises : public ::testing::Test {
 protected:
  void SetUp() override {
    auto loaded = config::LoadClass("restricted", {});
    ASSERT_TRUE(loaded) << loaded.error().Text();
    policy_ = std::move(*loaded);
    document_ = base::Json::parse(kDocument);
    facts_.no_new_privs = 1;
    facts_.seccomp = 2;
    facts_.seccomp_filters = 1;
    facts_.capabilities = {0, 0x400, 0x400, 0x400, 0};
    facts_.uid_map = {{0, 1 << 20, 65536}};
    facts_.uids = {1 << 20, 1 << 20, 1 << 20, 1 << 20};
    for (const char* name : {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"}) {
      facts_.namespaces[name] = "own";
      host_[name] = "host";
    }
    facts_.mounts = *sandbox::ParseMountInfo(kMounts);
    facts_.limits["RLIMIT_CORE"] = {0, 0};
    facts_.present = {{"/proc/kcore", Content::kNullDevice}, {"/proc/sys", Content::kSomething}};
    facts_.devices = {"/dev/null", "/dev/console"};
    facts_.resolved = {{"/var/run/secrets", "/run/secrets"}};
  }

  std::vector<Finding> Check(sandbox::LsmFacts lsm = {}) {
    return CheckPromises({policy_, document_, facts_, host_, lsm});
  }
  // What is broken, as "layer: detail" lines.
  std::string Broken(sandbox::LsmFacts lsm = {}) {
    std::string text;
    for (const Finding& finding : Check(lsm)) {
      if (!finding.kept) text += finding.layer + ": " + finding.detail + "\n";
    }
    return text;
  }

  config::ClassPolicy policy_;
  base::Json document_;
  ProcessFacts facts_;
  std::map<std::string, std::string, std::less<>> host_;
};

TEST_F(Promises, AllAreKeptInAHealthyContainer) { EXPECT_EQ(Broken(), ""); }

TEST_F(Promises, EveryLayerIsLookedAtOrStandsInTheDocumentOnly) {
  std::set<std::string> seen = {"delegate annotations", "oci fields", "privileged", "sysctls",
                                "hooks"};
  policy_.user.run_as_non_root = config::Mode::kRefuse;
  for (const Finding& finding : Check()) seen.insert(finding.layer);
  for (const sandbox::Layer& layer : sandbox::LayerTable()) {
    EXPECT_TRUE(seen.erase(std::string(layer.name))) << layer.name;
  }
  EXPECT_THAT(seen, ::testing::IsEmpty());
}

TEST_F(Promises, ProgramsBeyondTheList) {
  policy_.rootfs.executable = {"/bin", "/lib"};
  facts_.resolved["/bin"] = "/usr/bin";
  EXPECT_EQ(Broken(), "rootfs: / runs programs beyond the class's list\n");
  const auto with = [&](std::string_view mounts) {
    std::string all(kMounts);
    all.replace(all.find("/ / ro"), 6, "/ / ro,noexec");
    facts_.mounts = *sandbox::ParseMountInfo(all.append(mounts));
    return Broken();
  };
  EXPECT_EQ(with(""), "");
  EXPECT_EQ(with("11 1 0:1 /usr/bin /usr/bin ro - overlay overlay rw\n"), "");
  EXPECT_THAT(with("11 1 0:1 /usr/bin /usr/bin rw - overlay overlay rw\n"),
              HasSubstr("/usr/bin (overlay) is not in the document"));
  EXPECT_THAT(with("11 1 0:1 /opt /opt ro - overlay overlay rw\n"),
              HasSubstr("/opt (overlay) is not in the document"));
}

TEST_F(Promises, TheHostsUserNamespace) {
  facts_.uid_map = {{0, 1000, 65536}};
  EXPECT_EQ(Broken(), "user namespace: 65536 ids from 0 are 1000 and up on the host\n");
  facts_.uid_map.clear();
  EXPECT_EQ(Broken(), "user namespace: no id is mapped\n");
  facts_.namespaces["user"] = "host";
  EXPECT_EQ(Broken(), "user namespace: the host's: root inside is root on the host\n");
}

TEST_F(Promises, CapabilitiesBeyondTheCeiling) {
  facts_.capabilities[kBounding] |= 1U << 21;
  EXPECT_EQ(Broken(), "capabilities: beyond the class: bounding: CAP_SYS_ADMIN\n");
}

TEST_F(Promises, AmbientAndInheritableAreEmptyWhateverTheCeiling) {
  facts_.capabilities[kAmbient] = 0x400;
  facts_.capabilities[kInheritable] = 0x400;
  EXPECT_THAT(Broken(), HasSubstr("inheritable: CAP_NET_BIND_SERVICE; ambient: CAP_NET_BIND"));
}

TEST_F(Promises, NoNewPrivileges) {
  for (const int value : {0, -1}) {
    facts_.no_new_privs = value;
    EXPECT_THAT(Broken(), HasSubstr("no new privileges: NoNewPrivs"));
  }
}

TEST_F(Promises, Seccomp) {
  facts_.seccomp_filters = -1;  // Linux before 5.9
  EXPECT_EQ(Broken(), "");
  facts_.seccomp_filters = 0;
  EXPECT_THAT(Broken(), HasSubstr("seccomp: no filter"));
  facts_.seccomp_filters = 1;
  facts_.seccomp = 0;
  EXPECT_THAT(Broken(), HasSubstr("seccomp: no filter"));
}

TEST_F(Promises, NamespacesOfTheHost) {
  facts_.namespaces["net"] = "host";
  facts_.namespaces.erase("pid");  // what cannot be read is not its own
  EXPECT_EQ(Broken(), "namespaces: the host's: net, pid\n");
}

TEST_F(Promises, RootInsideIsRoot) {
  policy_.user.run_as_non_root = config::Mode::kRefuse;
  EXPECT_THAT(Broken(), HasSubstr("user: runs as root"));
  constexpr std::uint32_t kUser = (1U << 20) + 1000;
  facts_.uids = {kUser, kUser, kUser, kUser};
  EXPECT_EQ(Broken(), "");
  facts_.uids[2] = 1U << 20;  // the saved one can come back
  EXPECT_THAT(Broken(), HasSubstr("user: runs as root"));
  facts_.uids = {1000, 1000, 1000, 1000};
  facts_.uid_map = {{0, 1000, 1}};  // 1000 here is 0 there
  EXPECT_THAT(Broken(), HasSubstr("user: runs as root"));
}

TEST_F(Promises, LimitsAboveTheirBounds) {
  facts_.limits["RLIMIT_CORE"] = {0, std::nullopt};
  EXPECT_EQ(Broken(), "rlimits: RLIMIT_CORE above 0\n");
  facts_.limits.clear();
  EXPECT_EQ(Broken(), "rlimits: RLIMIT_CORE above 0\n");
}

TEST_F(Promises, AWritableRoot) {
  facts_.mounts[0].options = "rw";
  EXPECT_EQ(Broken(), "rootfs: / is writable\n");
}

TEST_F(Promises, AMountThatNobodyDeclared) {
  facts_.mounts.push_back({1, 0, "0:9", "/", "/host", "rw", "", "ext4", "/dev/sda", "rw"});
  EXPECT_THAT(Broken(), HasSubstr("host mounts: /host (ext4) is not in the document"));
  EXPECT_THAT(Broken(), HasSubstr("rootfs: /host (ext4) is writable and undeclared"));
}

TEST_F(Promises, AMountWithoutItsFlags) {
  facts_.mounts[4].options = "rw,nosuid,nodev";
  EXPECT_EQ(Broken(), "host mounts: /tmp is not noexec\n");
  facts_.mounts[6].options = "rw";
  EXPECT_EQ(Broken(), "host mounts: /tmp is not noexec, /run/secrets is not ro\n");
}

TEST_F(Promises, AReadOnlyTreeIsReadOnlyToItsLeaves) {
  document_["mounts"][5]["options"] = {"rbind", "ro", "rro"};
  EXPECT_EQ(Broken(), "");
  facts_.mounts.push_back(
      {1, 0, "0:9", "/", "/run/secrets/below", "rw", "", "ext4", "/dev/sda", "rw"});
  EXPECT_EQ(Broken(), "host mounts: /run/secrets/below is not ro\n");
}

TEST_F(Promises, WhatLiesBelowHasTheRecursiveFlags) {
  document_["mounts"][5]["options"] = {"rbind", "ro", "nosuid", "rnosuid", "rnoexec"};
  facts_.mounts[6].options = "ro,nosuid,noexec";
  EXPECT_EQ(Broken(), "");
  facts_.mounts.push_back(
      {1, 0, "0:9", "/", "/run/secrets/below", "rw,nosuid", "", "ext4", "/dev/sda", "rw"});
  EXPECT_EQ(Broken(), "host mounts: /run/secrets/below is not noexec\n");
}

TEST_F(Promises, TheDirectoryOfCgroupHierarchiesIsTheDelegates) {
  document_["mounts"].push_back(
      {{"destination", "/sys/fs/cgroup"}, {"type", "cgroup"}, {"options", {"ro", "nosuid"}}});
  facts_.mounts.push_back(
      {1, 0, "0:9", "/", "/sys/fs/cgroup", "rw,nosuid", "", "tmpfs", "tmpfs", "rw"});
  facts_.mounts.push_back(
      {1, 0, "0:9", "/", "/sys/fs/cgroup/pids", "ro", "", "cgroup", "cgroup", "rw"});
  EXPECT_EQ(Broken(), "");
  facts_.mounts.back().options = "rw";
  EXPECT_EQ(Broken(), "host mounts: /sys/fs/cgroup/pids is not ro\n");
}

TEST_F(Promises, AMountThatIsGone) {
  facts_.mounts.erase(facts_.mounts.begin() + 4);
  EXPECT_EQ(Broken(), "host mounts: nothing is mounted at /tmp\n");
}

TEST_F(Promises, UncoveredKernelPaths) {
  facts_.present["/proc/keys"] = Content::kSomething;
  EXPECT_EQ(Broken(), "kernel paths: /proc/keys is not masked\n");
  facts_.present.erase("/proc/keys");
  facts_.present["/proc/kcore"] = Content::kSomething;  // a mount, but not of nothing
  facts_.mounts[8].options = "rw";
  EXPECT_EQ(Broken(), "kernel paths: /proc/kcore is not masked, /proc/sys is writable\n");
}

TEST_F(Promises, AnEmptyDirectoryMasksWhenItIsReadOnly) {
  facts_.present["/proc/scsi"] = Content::kEmptyDirectory;
  EXPECT_EQ(Broken(), "kernel paths: /proc/scsi is not masked\n");  // empty by chance
  facts_.mounts.push_back({1, 0, "0:9", "/", "/proc/scsi", "ro", "", "tmpfs", "tmpfs", "rw"});
  EXPECT_EQ(Broken(), "");
  facts_.mounts.back().options = "rw";
  EXPECT_EQ(Broken().find("kernel paths: /proc/scsi is not masked"), 0U) << Broken();
}

TEST_F(Promises, ADeviceThatIsNotListed) {
  facts_.devices.emplace_back("/dev/kvm");
  EXPECT_EQ(Broken(), "devices: /dev/kvm is not in the class's list\n");
}

TEST_F(Promises, AppArmorEnforcesTheProfileOfTheDocument) {
  const sandbox::LsmFacts apparmor{.apparmor = true, .selinux = false};
  EXPECT_THAT(Broken(apparmor), HasSubstr("lsm: AppArmor: unconfined"));
  document_["process"]["apparmorProfile"] = "web";
  facts_.label = "web (complain)";
  EXPECT_THAT(Broken(apparmor), HasSubstr("lsm: AppArmor does not enforce"));
  facts_.label = "other (enforce)";
  EXPECT_THAT(Broken(apparmor), HasSubstr("lsm: AppArmor: other (enforce), not web"));
  facts_.label = "web (enforce)";
  EXPECT_EQ(Broken(apparmor), "");
}

TEST_F(Promises, SelinuxLabelsAreThoseOfTheDocument) {
  const sandbox::LsmFacts selinux{.apparmor = false, .selinux = true};
  document_["process"]["selinuxLabel"] = "system_u:system_r:container_t:s0";
  facts_.label = "system_u:system_r:unconfined_t:s0";
  EXPECT_THAT(Broken(selinux), HasSubstr("lsm: SELinux"));
  facts_.label = "system_u:system_r:container_t:s0";
  EXPECT_EQ(Broken(selinux), "");
}

TEST_F(Promises, PermissivePromisesNothing) {
  policy_ = *config::LoadClass("permissive", {});
  EXPECT_THAT(Check(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace stockade::ctl
