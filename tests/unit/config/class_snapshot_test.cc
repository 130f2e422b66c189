// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/annotations.h"
#include "config/class_loader.h"
#include "config/class_modes.h"

namespace stockade::config {
namespace {

using base::Json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ClassPolicy Load(std::string_view name) {
  auto policy = LoadClass(name, {});
  EXPECT_TRUE(policy);
  return policy ? std::move(*policy) : ClassPolicy();
}

ClassPolicy RoundTrip(const ClassPolicy& policy) {
  auto back = ClassFromSnapshot(SnapshotOf(policy));
  EXPECT_TRUE(back) << (back ? "" : back.error().Text());
  return back ? std::move(*back) : ClassPolicy();
}

TEST(ClassSnapshot, GoesThroughTextUnchanged) {
  for (const char* name : {"permissive", "baseline", "restricted", "isolated"}) {
    const ClassPolicy policy = Load(name);
    EXPECT_EQ(RoundTrip(policy), policy) << name;
    EXPECT_EQ(RoundTrip(ForPodSandbox(policy)), ForPodSandbox(policy)) << name;
  }
  const Json annotations = {{"stockade.dev/tmpfs-size.tmp", "8Mi"},
                            {"stockade.dev/capabilities", "none"},
                            {"stockade.dev/masked-paths", "/proc/x"}};
  const auto tuned = ApplyAnnotations(Load("restricted"), &annotations);
  ASSERT_TRUE(tuned);
  EXPECT_EQ(RoundTrip(*tuned), *tuned);
  EXPECT_EQ(RoundTrip(*tuned).OriginOf("/capabilities/ceiling").Text(),
            "annotation stockade.dev/capabilities");
}

TEST(ClassSnapshot, DamageIsAnError) {
  const Json good = Json::parse(SnapshotOf(Load("restricted")));
  const std::pair<const char*, const char*> kCases[] = {
      {"/document", "{}"},
      {"/document", "null"},
      {"/document/capabilities/mode", "\"of\""},
      {"/origins", "[]"},
      {"/origins/built-in restricted.json", "[]"},
      {"/origins/built-in restricted.json/~1name", "[0]"},
      {"/origins/built-in restricted.json/~1name", "-1"},
      {"/origins/built-in restricted.json/~1name", "2147483648"},
      {"/origins/built-in restricted.json/~1name", "18446744073709551615"},
      {"/origins/built-in restricted.json/~1name", "\"1\""},
  };
  for (const auto& [pointer, value] : kCases) {
    Json bad = good;
    Json* member = base::Find(bad, pointer);
    ASSERT_NE(member, nullptr) << pointer;
    *member = Json::parse(value);
    EXPECT_FALSE(ClassFromSnapshot(bad.dump())) << pointer << value;
  }
  for (const char* text : {"", "null", "[]", "{}", "7", "{"}) EXPECT_FALSE(ClassFromSnapshot(text));
}

TEST(PodSandbox, IsTheTightestVersion) {
  for (const char* name : {"baseline", "restricted", "isolated"}) {
    const ClassPolicy policy = Load(name);
    const ClassPolicy tight = ForPodSandbox(policy);
    EXPECT_THAT(tight.capabilities.ceiling, IsEmpty());
    EXPECT_EQ(tight.rootfs.mode, Mode::kConfine);
    EXPECT_THAT(tight.rootfs.writable, IsEmpty());
    EXPECT_EQ(tight.seccomp, policy.seccomp);
    EXPECT_EQ(tight.namespaces, policy.namespaces);
    EXPECT_EQ(tight.devices.allowed.size(), 8U);
    EXPECT_THAT(tight.OriginOf("/rootfs/writable").Text(), HasSubstr("sandbox container"));
  }
}

TEST(PodSandbox, TheListOfWhatRunsIsNotTheEnginesImages) {
  ClassPolicy policy = Load("isolated");
  EXPECT_FALSE(ForPodSandbox(policy).document["rootfs"].contains("executable"));
  policy.document["rootfs"]["executable"] = {"/bin"};
  policy = *ParseClass(policy.document, policy.origins);
  EXPECT_THAT(ClassFromSnapshot(SnapshotOf(policy))->rootfs.executable, testing::SizeIs(1));
  EXPECT_THAT(ClassFromSnapshot(SnapshotOf(ForPodSandbox(policy)))->rootfs.executable, IsEmpty());
}

// The sandbox makes the namespace that the pod's containers join, on the same terms.
TEST(PodSandbox, KeepsTheRuleOfTheUserNamespace) {
  ClassPolicy policy = Load("restricted");
  policy.document["userNamespace"] = {
      {"mode", "force"}, {"rootfs", "chown"}, {"hostNamespaces", "share"}, {"devices", "keep"}};
  policy = *ParseClass(policy.document, policy.origins);
  const ClassPolicy tight = ForPodSandbox(policy);
  EXPECT_EQ(tight.user_namespace, (UserNamespaceRule{true, true, true, true}));
  EXPECT_EQ(ClassFromSnapshot(SnapshotOf(tight))->user_namespace, tight.user_namespace);
}

TEST(PodSandbox, PassThroughStaysSo) {
  EXPECT_EQ(ForPodSandbox(Load("permissive")), Load("permissive"));
}

TEST(PodSandbox, WhatTheEngineAsksForIsTakenAndNotRefused) {
  ClassPolicy policy = Load("restricted");
  policy.document["capabilities"]["mode"] = "refuse";
  policy.document["noNewPrivileges"]["mode"] = "off";
  policy.document["rootfs"]["mode"] = "refuse";
  policy.document["user"]["runAsNonRoot"] = "refuse";
  policy.document["devices"]["allowed"] = {"/dev/null", "/dev/kvm"};
  policy = *ParseClass(policy.document, policy.origins);
  const ClassPolicy tight = ForPodSandbox(policy);
  EXPECT_EQ(tight.capabilities.mode, Mode::kConfine);
  EXPECT_EQ(tight.no_new_privileges.mode, Mode::kConfine);
  EXPECT_EQ(tight.rootfs.mode, Mode::kConfine);
  EXPECT_EQ(tight.user.run_as_non_root, Mode::kOff);
  EXPECT_EQ(tight.devices.allowed, (std::vector<std::string>{"/dev/null"}));
  EXPECT_EQ(*ParseClass(tight.document, tight.origins), tight);
}

// A section that is off may lack its lists: the tight version has them.
TEST(PodSandbox, WorksOnClassesWithLayersOff) {
  ClassPolicy policy = Load("restricted");
  for (const char* section : {"capabilities", "devices", "rootfs", "noNewPrivileges"}) {
    policy.document[section] = {{"mode", "off"}};
  }
  policy = *ParseClass(policy.document, policy.origins);
  const ClassPolicy tight = ForPodSandbox(policy);
  const auto parsed = ParseClass(tight.document, tight.origins);
  ASSERT_TRUE(parsed) << parsed.error().Text();
  EXPECT_EQ(*parsed, tight);
  EXPECT_EQ(tight.devices.allowed.size(), 8U);
}

TEST(ClassPolicy, PassThroughNeedsEveryLayerOff) {
  const ClassPolicy permissive = Load("permissive");
  ASSERT_TRUE(permissive.PassThrough());
  int switches = 0;
  for (const LayerMode& layer : ModesOf(permissive)) {
    ClassPolicy policy = permissive;
    const std::string pointer(layer.setting);
    const auto slash = pointer.rfind('/');
    Json* section = base::Find(policy.document, pointer.substr(0, slash));
    ASSERT_NE(section, nullptr) << pointer;
    (*section)[pointer.substr(slash + 1)] = "refuse";
    // The lists that a section needs once it is on.
    for (const char* list : {"allowed", "ceiling", "masked", "readOnly", "writable", "podMayAdd",
                             "guarded", "fileSystems", "compatArchitectures", "profile", "label",
                             "max", "requestMustFit", "installedBy", "complain"}) {
      Json with = policy.document;
      Json& target = *base::Find(with, pointer.substr(0, slash));
      if (target.contains(list)) continue;
      for (const char* value : {"[]", "false", "\"baseline\"", "{}", "\"init\""}) {
        target[list] = Json::parse(value);
        const auto tried = ParseClass(with, policy.origins);
        if (tried || tried.error().message.find("is missing") != std::string::npos) {
          policy.document = with;
          break;
        }
      }
    }
    const auto parsed = ParseClass(policy.document, policy.origins);
    ASSERT_TRUE(parsed) << pointer << parsed.error().Text();
    EXPECT_FALSE(parsed->PassThrough()) << pointer;
    ++switches;
  }
  EXPECT_EQ(switches, 22);
  ClassPolicy forced = permissive;
  forced.document["userNamespace"] = {
      {"mode", "force"}, {"rootfs", "refuse"}, {"hostNamespaces", "refuse"}, {"devices", "keep"}};
  const auto parsed = ParseClass(forced.document, forced.origins);
  ASSERT_TRUE(parsed) << parsed.error().Text();
  EXPECT_FALSE(parsed->PassThrough());
}

}  // namespace
}  // namespace stockade::config
