// SPDX-License-Identifier: Apache-2.0
#include "config/annotations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/class_loader.h"
#include "config/class_modes.h"

namespace stockade::config {
namespace {

using base::Json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A class that opens everything that can be opened to annotations.
ClassPolicy Open(std::string_view name = "restricted") {
  auto policy = LoadClass(name, {});
  EXPECT_TRUE(policy);
  Json& document = policy->document;
  document["annotations"]["podMay"] = Json::array();
  for (const AnnotationRule& rule : AnnotationTable()) {
    document["annotations"]["podMay"].push_back(PodMayName(rule));
  }
  document["rootfs"]["podMayAdd"] = {"/var/cache/**", "/srv/*"};
  auto opened = ParseClass(std::move(document), std::move(policy->origins));
  EXPECT_TRUE(opened) << (opened ? "" : opened.error().Text());
  return std::move(*opened);
}

base::Result<ClassPolicy> Apply(const ClassPolicy& policy, const Json& annotations) {
  return ApplyAnnotations(policy, &annotations);
}

std::string ErrorOf(const ClassPolicy& policy, const Json& annotations) {
  const auto tuned = Apply(policy, annotations);
  if (tuned) return "no error";
  EXPECT_EQ(tuned.error().kind, base::ErrorKind::kSpec);
  return tuned.error().Text();
}

TEST(Annotations, NoneOfOursChangesNothing) {
  const ClassPolicy policy = Open();
  for (const Json& annotations : {Json(), Json::object(), Json{{"other.dev/x", "y"}},
                                  Json{{"stockade.devx", "y"}}, Json{{"stockade.dev", "y"}}}) {
    const auto tuned = Apply(policy, annotations);
    ASSERT_TRUE(tuned);
    EXPECT_EQ(*tuned, policy);
  }
  EXPECT_TRUE(ApplyAnnotations(policy, nullptr));
  EXPECT_THAT(ErrorOf(policy, Json::array()), HasSubstr("not an object"));
}

TEST(Annotations, UnknownAndUnlistedKeysAreErrors) {
  const ClassPolicy policy = *LoadClass("restricted", {});
  EXPECT_THAT(
      ErrorOf(policy, {{"stockade.dev/capabilites", "none"}}),
      AllOf(HasSubstr("annotation stockade.dev/capabilites: there is no such key"),
            HasSubstr("did you mean \"capabilities\"?"), HasSubstr("class restricted lets")));
  EXPECT_THAT(ErrorOf(policy, {{"stockade.dev/", "x"}}), HasSubstr("there is no such key"));
  EXPECT_THAT(ErrorOf(policy, {{"stockade.dev/tmpfs-size.", "1Mi"}}), HasSubstr("no such key"));
  EXPECT_THAT(ErrorOf(policy, {{"stockade.dev/Sysctls", "none"}}), HasSubstr("no such key"));
  EXPECT_THAT(ErrorOf(policy, {{"stockade.dev/writable-paths", "/srv/x"}}),
              AllOf(HasSubstr("class restricted does not let pods use it"),
                    HasSubstr("/annotations/podMay")));
  EXPECT_THAT(ErrorOf(*LoadClass("permissive", {}), {{"stockade.dev/sysctls", "none"}}),
              HasSubstr("class permissive lets pods use no annotation"));
}

TEST(Annotations, ValuesThatDoNotTightenAreErrors) {
  const struct {
    const char* key;
    const char* value;
    const char* error;
  } kCases[] = {
      {"capabilities", "SYS_ADMIN", "CAP_SYS_ADMIN is not within what the class allows"},
      {"capabilities", "CAP_NET_BIND_SERVICE,CAP_KILL", "CAP_KILL is not within"},
      {"capabilities", "", "empty element"},
      {"capabilities", "none,NET_BIND_SERVICE", "CAP_NONE is not within"},
      {"capabilities", "ALL", "CAP_ALL is not within"},
      {"capabilities", "NET_BIND_SERVICE,", "empty element"},
      {"seccomp-profile", "baseline", "not as strict"},
      {"seccomp-profile", "", "not as strict"},
      {"seccomp-profile", "Restricted", "not as strict"},
      {"run-as-non-root", "false", "not a value that tightens"},
      {"run-as-non-root", "True", "not a value that tightens"},
      {"read-only-root", "false", "not a value that tightens"},
      {"writable-paths", "/etc", "not within what the class opens"},
      {"writable-paths", "/srv/a/b", "not within what the class opens"},
      {"writable-paths", "/var/cache/../../etc", "not a normalised absolute path"},
      {"writable-paths", "/var/cache/x,", "empty element"},
      {"writable-paths", "/", "not within what the class opens"},
      {"tmpfs-size.tmp", "65Mi", "not a size from 4096 to 67108864"},
      {"tmpfs-size.tmp", "67108865", "not a size"},
      {"tmpfs-size.tmp", "4095", "not a size"},
      {"tmpfs-size.tmp", "0", "not a size"},
      {"tmpfs-size.tmp", "-1", "not a size"},
      {"tmpfs-size.tmp", "18446744073709551616", "not a size"},
      {"tmpfs-size.tmp", "17179869184Gi", "not a size"},
      {"tmpfs-size.tmp", "1 Mi", "not a size"},
      {"tmpfs-size.var", "1Mi", "the class has no tmpfs at \"var\""},
      {"tmpfs-size./tmp", "1Mi", "the class has no tmpfs at \"/tmp\""},
      {"masked-paths", "proc/x", "not a normalised absolute path"},
      {"masked-paths", "/", "the root itself"},
      {"denied-host-mounts", "../x", "not a normalised absolute path"},
      {"sysctls", "all", "not a value that tightens"},
  };
  const ClassPolicy policy = Open();
  for (const auto& test : kCases) {
    const std::string error =
        ErrorOf(policy, {{fmt::format("stockade.dev/{}", test.key), test.value}});
    EXPECT_THAT(error, HasSubstr(test.error)) << test.key << ": " << test.value;
    EXPECT_THAT(error, HasSubstr(fmt::format("annotation stockade.dev/{}", test.key)));
  }
}

TEST(Annotations, HostileValuesAreRefusedByKind) {
  const ClassPolicy policy = Open();
  const std::string key = "stockade.dev/masked-paths";
  EXPECT_THAT(ErrorOf(policy, {{key, 7}}), HasSubstr("not a text"));
  EXPECT_THAT(ErrorOf(policy, {{key, nullptr}}), HasSubstr("not a text"));
  EXPECT_THAT(ErrorOf(policy, {{key, {{"a", 1}}}}), HasSubstr("not a text"));
  EXPECT_THAT(ErrorOf(policy, {{key, std::string(4097, '/')}}), HasSubstr("longer than"));
  EXPECT_THAT(ErrorOf(policy, {{key, "/a\n/b"}}), HasSubstr("control character"));
  EXPECT_THAT(ErrorOf(policy, {{key, std::string("/a\0b", 4)}}), HasSubstr("control character"));
  std::string many;
  for (int i = 0; i < 65; ++i) many += fmt::format("{}/p{}", i == 0 ? "" : ",", i);
  EXPECT_THAT(ErrorOf(policy, {{key, many}}), HasSubstr("more than 64"));
  // A very long key is cut short in the message.
  EXPECT_LT(ErrorOf(policy, {{"stockade.dev/" + std::string(100000, 'k'), "x"}}).size(), 1000U);
}

TEST(Annotations, CapabilitiesShrink) {
  const ClassPolicy policy = Open("baseline");
  const auto some = Apply(policy, {{"stockade.dev/capabilities", "chown, CAP_KILL,chown"}});
  ASSERT_TRUE(some) << some.error().Text();
  EXPECT_THAT(some->capabilities.ceiling, ElementsAre("CAP_CHOWN", "CAP_KILL"));
  const auto none = Apply(policy, {{"stockade.dev/capabilities", "none"}});
  ASSERT_TRUE(none);
  EXPECT_THAT(none->capabilities.ceiling, IsEmpty());
  for (const char* setting : {"/capabilities/ceiling", "/capabilities/ceiling/0"}) {
    EXPECT_EQ(none->OriginOf(setting).Text(), "annotation stockade.dev/capabilities");
  }
  EXPECT_THAT(none->OriginOf("/capabilities/mode").Text(), HasSubstr("built-in baseline.json"));
}

TEST(Annotations, EachOneTightensItsSetting) {
  const auto tuned = Apply(Open("baseline"), {{"stockade.dev/seccomp-profile", "restricted"},
                                              {"stockade.dev/run-as-non-root", "true"},
                                              {"stockade.dev/read-only-root", "true"},
                                              {"stockade.dev/masked-paths", "/proc/x,/proc/kcore"},
                                              {"stockade.dev/denied-host-mounts", "/srv"},
                                              {"stockade.dev/tmpfs-size.tmp", "8Mi"},
                                              {"stockade.dev/sysctls", "none"}});
  ASSERT_TRUE(tuned) << tuned.error().Text();
  EXPECT_EQ(tuned->seccomp.profile, "restricted");
  EXPECT_EQ(tuned->user.run_as_non_root, Mode::kRefuse);
  EXPECT_EQ(tuned->rootfs.mode, Mode::kConfine);
  EXPECT_EQ(tuned->kernel_paths.masked.back(), "/proc/x");
  EXPECT_EQ(tuned->kernel_paths.masked.size(), Open("baseline").kernel_paths.masked.size() + 1);
  EXPECT_EQ(tuned->host_mounts.guarded.back(), "/srv");
  EXPECT_EQ(tuned->rootfs.writable[0].size_bytes, 8U << 20);
  EXPECT_EQ(tuned->OriginOf("/rootfs/writable/0/size").Text(),
            "annotation stockade.dev/tmpfs-size.tmp");
  EXPECT_THAT(tuned->sysctls.allowed, IsEmpty());
  // What was changed is in the document too, so that the snapshot has it.
  const auto parsed = ParseClass(tuned->document, tuned->origins);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, *tuned);
}

TEST(Annotations, WritablePathsAreAddedWithinWhatTheAdminOpens) {
  const auto tuned = Apply(Open(), {{"stockade.dev/tmpfs-size.var.cache.a", "4096"},
                                    {"stockade.dev/writable-paths", "/var/cache/a, /srv/b"}});
  ASSERT_TRUE(tuned) << tuned.error().Text();
  ASSERT_EQ(tuned->rootfs.writable.size(), 4U);
  EXPECT_EQ(tuned->rootfs.writable[2].path, "/srv/b");
  EXPECT_FALSE(tuned->rootfs.writable[2].exec);
  EXPECT_EQ(tuned->rootfs.writable[3].path, "/var/cache/a");
  EXPECT_EQ(tuned->rootfs.writable[3].size_bytes, 4096U);  // added first, resized then
  EXPECT_EQ(tuned->OriginOf("/rootfs/writable/2").Text(), "annotation stockade.dev/writable-paths");
}

TEST(Annotations, ComplainModeIsForAnAdminsOwnClassAlone) {
  for (const char* name : {"baseline", "restricted", "isolated"}) {
    const auto builtin = LoadClass(name, {});
    ASSERT_TRUE(builtin);
    EXPECT_THAT(ErrorOf(*builtin, {{"stockade.dev/seccomp-complain", "true"}}),
                HasSubstr("does not let pods use it"));
  }
  const auto tuned = Apply(Open("baseline"), {{"stockade.dev/seccomp-complain", "true"}});
  ASSERT_TRUE(tuned);
  EXPECT_TRUE(tuned->seccomp.complain);
}

TEST(Annotations, ALayerThatIsOffCannotBeTightened) {
  ClassPolicy policy = Open("baseline");
  for (const char* section : {"capabilities", "seccomp", "kernelPaths", "hostMounts", "sysctls"}) {
    policy.document[section]["mode"] = "off";
  }
  policy = *ParseClass(policy.document, policy.origins);
  const std::pair<const char*, const char*> kValues[] = {
      {"capabilities", "none"}, {"seccomp-profile", "restricted"},
      {"masked-paths", "/x"},   {"denied-host-mounts", "/x"},
      {"sysctls", "none"},      {"writable-paths", "/srv/x"},
      {"tmpfs-size.tmp", "1Mi"}};
  for (const auto& [key, value] : kValues) {
    EXPECT_THAT(ErrorOf(policy, {{fmt::format("stockade.dev/{}", key), value}}),
                HasSubstr("would do nothing"))
        << key;
  }
}

// Whatever a pod writes: no layer that was on is off afterwards.
TEST(Annotations, NothingTurnsALayerOff) {
  const ClassPolicy policy = Open();
  const std::vector<LayerMode> before = ModesOf(policy);
  for (const AnnotationRule& rule : AnnotationTable()) {
    for (const char* value :
         {"none", "true", "off", "false", "restricted", "/srv/x", "4096", "*"}) {
      const std::string key =
          fmt::format("stockade.dev/{}{}", rule.key, rule.key.ends_with('.') ? "/tmp" : "");
      const auto tuned = Apply(policy, {{key, value}});
      if (!tuned) continue;
      const std::vector<LayerMode> after = ModesOf(*tuned);
      for (std::size_t i = 0; i < after.size(); ++i) {
        EXPECT_TRUE(before[i].mode == Mode::kOff || after[i].mode != Mode::kOff) << key << value;
      }
      EXPECT_EQ(tuned->name, policy.name);
    }
  }
}

TEST(Annotations, TheTablePointsAtSettingsThatExist) {
  const ClassPolicy policy = Open();
  for (const AnnotationRule& rule : AnnotationTable()) {
    EXPECT_NE(base::Find(policy.document, rule.tightens), nullptr) << rule.key;
    EXPECT_FALSE(rule.help.empty());
  }
}

}  // namespace
}  // namespace stockade::config
