// SPDX-License-Identifier: Apache-2.0
#include "config/weakenings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/class_loader.h"
#include "config/class_modes.h"
#include "tests/unit/config/policy_dir.h"

namespace stockade::config {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> Of(std::string_view name, const ClassSources& sources = {}) {
  const auto policy = LoadClass(name, sources);
  EXPECT_TRUE(policy) << (policy ? "" : policy.error().Text());
  return policy ? Weakenings(*policy) : std::vector<std::string>{"not loaded"};
}

TEST(Weakenings, ShippedClassesHaveNoneButPermissive) {
  EXPECT_THAT(Of("baseline"), IsEmpty());
  EXPECT_THAT(Of("restricted"), IsEmpty());
  // Every switch that baseline has on is off.
  std::size_t on = 0;
  for (const LayerMode& layer : ModesOf(*LoadClass("baseline", {}))) {
    if (layer.mode != Mode::kOff) ++on;
  }
  const auto sentences = Of("permissive");
  EXPECT_EQ(sentences.size(), on);
  EXPECT_THAT(sentences, Contains(AllOf(HasSubstr("/seccomp/mode is off"),
                                        HasSubstr("(built-in permissive.json:"))));
}

TEST(Weakenings, EachLooserSettingIsNamedWithItsOrigin) {
  const struct {
    const char* change;
    const char* sentence;
  } kCases[] = {
      {R"("capabilities": {"ceiling": ["CAP_SYS_ADMIN"]})",
       "/capabilities/ceiling allows CAP_SYS_ADMIN"},
      {R"("capabilities": {"mode": "off"})",
       "/capabilities/mode is off, where baseline says confine"},
      {R"("namespaces": {"network": "off"})", "/namespaces/network is off"},
      {R"("seccomp": {"compatArchitectures": ["SCMP_ARCH_X86"]})", "allows SCMP_ARCH_X86"},
      {R"("seccomp": {"complain": true})", "COMPLAIN MODE"},
      {R"("hostMounts": {"allowed": ["/etc/**"]})", "/hostMounts/allowed allows /etc/**"},
      {R"("hostMounts": {"fileSystems": ["proc", "nfs"]})", "/hostMounts/fileSystems allows nfs"},
      {R"("rootfs": {"mode": "confine", "podMayAdd": ["/**"]})", "/rootfs/podMayAdd allows /**"},
      {R"("rootfs": {"mode": "confine", "writable": [
          {"path": "/x", "kind": "tmpfs", "size": 4096, "inodes": 1, "exec": true}]})",
       "lets programs run from /x"},
      {R"("devices": {"allowed": ["/dev/kvm"]})", "/devices/allowed allows /dev/kvm"},
      {R"("sysctls": {"allowed": ["kernel.*"]})", "/sysctls/allowed allows kernel.*"},
      {R"("hooks": {"allowed": ["/bin/h"]})", "/hooks/allowed allows /bin/h"},
      {R"("delegateAnnotations": {"allowed": ["run.oci.x"]})", "allows run.oci.x"},
      {R"("userNamespace": {"mode": "force", "hostNamespaces": "share"})",
       "/userNamespace/hostNamespaces leaves a container that shares a host namespace"},
      {R"("lsm": {"apparmor": {"profile": "unconfined"}})",
       "/lsm/apparmor/profile is \"unconfined\""},
      {R"("seccomp": {"installedBy": "init"}, "interposition": {
          "network": {"mode": "off"}, "refused": [], "deviceNodes": "harmless",
          "onViolation": "errno", "complain": false})",
       "/interposition/deviceNodes lets device nodes be made without CAP_MKNOD"},
      {R"("seccomp": {"installedBy": "init"}, "interposition": {
          "network": {"mode": "off"}, "refused": [], "mounts": "tmpfs",
          "onViolation": "errno", "complain": false})",
       "/interposition/mounts lets tmpfs be mounted without CAP_SYS_ADMIN"},
  };
  for (const auto& test : kCases) {
    const PolicyDir dir;
    dir.Write("w.json",
              fmt::format("{{\"name\": \"w\", \"extends\": \"baseline\",\n{}}}", test.change));
    const auto sentences = Of("w", dir.Sources());
    EXPECT_THAT(sentences, ElementsAre(AllOf(HasSubstr(test.sentence),
                                             HasSubstr(fmt::format("({}:", dir.File("w.json"))))))
        << test.change;
  }
}

TEST(Weakenings, ShorterListsOfWhatIsProtectedAreNamed) {
  const PolicyDir dir;
  dir.Write("w.json", R"({"name": "w", "extends": "baseline", "hostMounts": {"guarded": ["/"]},
                          "kernelPaths": {"masked": ["/proc/bus"], "readOnly": []}})");
  const auto sentences = Of("w", dir.Sources());
  EXPECT_THAT(sentences, Contains(HasSubstr("/hostMounts/guarded does not guard /etc")));
  EXPECT_THAT(sentences, Contains(HasSubstr("/kernelPaths/masked does not mask /proc/kcore")));
  EXPECT_THAT(sentences, Contains(HasSubstr("does not make read-only /proc/sys, which")));
  // Masked is more than read-only.
  EXPECT_THAT(sentences, ::testing::Not(Contains(HasSubstr("/proc/bus"))));
}

TEST(Weakenings, RulesForTheNetworkDoNotHoldRawSockets) {
  const PolicyDir dir;
  dir.Write("w.json", R"({"name": "w", "extends": "isolated",
                          "capabilities": {"ceiling": ["CAP_NET_BIND_SERVICE"]}})");
  EXPECT_THAT(Of("w", dir.Sources()), IsEmpty());
  for (const char* change : {R"({"ceiling": ["CAP_NET_RAW"]})", R"({"mode": "off"})"}) {
    dir.Write("w.json",
              fmt::format(R"({{"name": "w", "extends": "isolated", "capabilities": {}}})", change));
    EXPECT_THAT(Of("w", dir.Sources()),
                Contains(HasSubstr("/interposition/network does not hold for raw sockets")));
  }
}

TEST(Weakenings, AListOfWhatRunsDoesNotHoldMemory) {
  const PolicyDir dir;
  const char* const list = R"("rootfs": {"executable": ["/bin"]})";
  dir.Write("w.json", fmt::format(R"({{"name": "w", "extends": "isolated", {}}})", list));
  EXPECT_THAT(Of("w", dir.Sources()), IsEmpty());
  for (const char* seccomp : {R"({"profile": "restricted"})", R"({"mode": "off"})"}) {
    dir.Write("w.json", fmt::format(R"({{"name": "w", "extends": "isolated", "interposition": null,
                                         "seccomp": {}, {}}})",
                                    seccomp, list));
    EXPECT_THAT(Of("w", dir.Sources()), Contains(HasSubstr("does not hold programs in memory")));
  }
}

TEST(Weakenings, AWiderGuardIsNone) {
  const PolicyDir dir;
  dir.Write("w.json", R"({"name": "w", "extends": "baseline", "hostMounts": {"guarded": [
    "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/libx32", "/opt",
    "/proc", "/root", "/run", "/sbin", "/sys", "/usr", "/var"]}})");
  EXPECT_THAT(Of("w", dir.Sources()), IsEmpty());
}

}  // namespace
}  // namespace stockade::config
