// SPDX-License-Identifier: Apache-2.0
// Verify keeps quiet about a good document, and names what is broken in every other.
#include "sandbox/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sandbox/verify_fixture.h"
#include "tests/unit/sandbox/verify_mutations.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> Broken(const Json& config, const config::ClassPolicy& policy,
                                const FakeHost& host = {}) {
  return BrokenPromises(AsDocument(config, DocumentKind::kConfig), policy, PodContainer(), host);
}

TEST(Verify, IsSilentAboutAGoodDocument) {
  EXPECT_THAT(Broken(GoodConfig(), StrictClass()), IsEmpty());
  const SpecDocument good = AsDocument(GoodConfig(), DocumentKind::kConfig);
  EXPECT_EQ(Verify(good, StrictClass(), PodContainer(), FakeHost()), good.Text());
}

TEST(Verify, AClassThatPromisesNothingIsKeptByAnything) {
  const config::ClassPolicy permissive;
  for (const Mutation& mutation : Mutations()) {
    Json config = GoodConfig();
    mutation.apply(config);
    EXPECT_THAT(Broken(config, permissive), IsEmpty()) << mutation.section << ": " << mutation.name;
  }
}

class EachMutation : public ::testing::TestWithParam<Mutation> {};

TEST_P(EachMutation, IsNamed) {
  Json config = GoodConfig();
  GetParam().apply(config);
  EXPECT_THAT(Broken(config, StrictClass()), Contains(HasSubstr(GetParam().says)));
}

INSTANTIATE_TEST_SUITE_P(Verify, EachMutation,
                         ::testing::ValuesIn(Mutations().begin(), Mutations().end()));

TEST(Verify, FailsWithAllSentencesAndTheClass) {
  Json config = GoodConfig();
  config["root"]["readonly"] = false;
  config["process"]["noNewPrivileges"] = false;
  const auto status =
      Verify(AsDocument(config, DocumentKind::kConfig), StrictClass(), PodContainer(), FakeHost());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, base::ErrorKind::kInternal);
  EXPECT_THAT(status.error().message, HasSubstr("the class strict is not kept"));
  EXPECT_THAT(status.error().message, HasSubstr("noNewPrivileges"));
  EXPECT_THAT(status.error().message, HasSubstr("root file system"));
}

TEST(Verify, ReadsTheTextNotTheTree) {
  // What a layer wrote into the tree as a key of its own folding would reach runc as another field.
  SpecDocument document = AsDocument(GoodConfig(), DocumentKind::kConfig);
  document.root()["LINUX"] = Json{{"seccomp", nullptr}};
  EXPECT_THAT(BrokenPromises(document, StrictClass(), PodContainer(), FakeHost()),
              Contains(HasSubstr("LINUX")));
  SpecDocument typed = AsDocument(GoodConfig(), DocumentKind::kConfig);
  typed.root()["process"]["noNewPrivileges"] = "true";
  EXPECT_THAT(BrokenPromises(typed, StrictClass(), PodContainer(), FakeHost()), Not(IsEmpty()));
}

TEST(Verify, NoMountRunsProgramsWhereTheClassSaysSo) {
  config::ClassPolicy policy = StrictClass();
  policy.host_mounts.no_exec = true;
  Json config = GoodConfig();
  const auto lacking = Broken(config, policy);
  EXPECT_THAT(lacking, Contains(HasSubstr("tmpfs on /dev runs programs")));
  EXPECT_THAT(lacking, Contains(HasSubstr("on /opt/files runs programs")));
  for (Json& mount : config["mounts"]) mount["options"].push_back("noexec");
  EXPECT_THAT(Broken(config, policy),
              Contains(HasSubstr("on /opt/files is noexec, but what is mounted below")));
  for (Json& mount : config["mounts"]) {
    if (mount["type"] == "bind") mount["options"].push_back("rnoexec");
  }
  EXPECT_THAT(Broken(config, policy), IsEmpty());
  // What may run programs may not be written.
  policy.host_mounts.executable = {"/srv/*", "/var/lib/kubelet/pods/${pod-uid}/volumes/*/*"};
  EXPECT_THAT(Broken(config, policy), Contains(HasSubstr("on /data runs programs and can be")));
}

TEST(Verify, OnlyAllowedHostPathsAreMountedWhereTheClassSaysSo) {
  config::ClassPolicy policy = StrictClass();
  policy.host_mounts.only_allowed = true;
  EXPECT_THAT(Broken(GoodConfig(), policy),
              testing::ElementsAre(HasSubstr("on /opt/files is no host path")));
  policy.host_mounts.allowed.emplace_back("/srv/**");
  EXPECT_THAT(Broken(GoodConfig(), policy), IsEmpty());
}

// An admin's /var/lib/docker on another disk, by a link.
TEST(Verify, AnEnginesVolumesMayLieBehindALink) {
  config::ClassPolicy policy = StrictClass();
  policy.host_mounts.guarded.emplace_back("/var/lib/docker");
  policy.host_mounts.allowed.emplace_back("${standalone}/var/lib/docker/volumes/*/_data");
  FakeHost host;
  host.links["/var/lib/docker"] = "/disk/docker";
  host.links["/var/lib/docker/volumes"] = "/disk/docker/volumes";
  Json config = GoodConfig();
  config["mounts"].push_back(Json{{"destination", "/volume"},
                                  {"type", "bind"},
                                  {"source", "/disk/docker/volumes/web/_data"},
                                  {"options", Json::array({"bind", "ro"})}});
  const auto broken = [&](Role role) {
    Container container = PodContainer();
    container.role = role;
    return BrokenPromises(AsDocument(config, DocumentKind::kConfig), policy, container, host);
  };
  EXPECT_THAT(broken(Role::kStandalone), IsEmpty());
  EXPECT_THAT(broken(Role::kPodContainer), Contains(HasSubstr("reaches the guarded host path")));
}

TEST(Verify, AGuardedPathMayBeMountedTwice) {
  FakeHost host;
  host.places["/var/lib/kubelet"] = {{"8:1", "/lib/kubelet"}};
  const auto broken = [&](std::vector<FilePlace> places) {
    host.places["/srv/files"] = std::move(places);
    return BrokenPromises(AsDocument(GoodConfig(), DocumentKind::kConfig), StrictClass(),
                          PodContainer(), host);
  };
  for (const char* path : {"/", "/lib", "/lib/kubelet", "/lib/kubelet/pods/33-44"}) {
    EXPECT_THAT(broken({{"8:1", path}}), Contains(HasSubstr("another name of"))) << path;
    EXPECT_THAT(broken({{"8:2", "/"}, {"8:1", path}}), Contains(HasSubstr("another name of")));
  }
  EXPECT_THAT(broken({{"8:1", "/lib/kubelet2"}}), IsEmpty());
  EXPECT_THAT(broken({{"8:2", "/lib/kubelet"}}), IsEmpty());
}

TEST(Verify, SeesFlagsThatADelegateMayForget) {
  Json config = GoodConfig();
  Json& data = *std::ranges::find_if(
      config["mounts"], [](const Json& mount) { return mount["destination"] == "/data"; });
  std::erase(data["options"].get_ref<Json::array_t&>(), "rnodev");
  EXPECT_THAT(Broken(config, StrictClass()),
              Contains(HasSubstr("on /data may lose its nodev, which is not staged")));
  data["source"] = "/var/lib/kubelet/pods/11-22/volumes/empty/file";
  EXPECT_THAT(Broken(config, StrictClass()), Contains(HasSubstr("may lose its noexec")));
  // Of a namespace that is joined; the fixture's pid namespace is its own.
  config = GoodConfig();
  Json& queues = *std::ranges::find_if(config["mounts"],
                                       [](const Json& mount) { return mount["type"] == "mqueue"; });
  std::erase(queues["options"].get_ref<Json::array_t&>(), "rnoexec");
  EXPECT_THAT(Broken(config, StrictClass()),
              testing::ElementsAre(HasSubstr("mqueue on /dev/mqueue may lose its noexec")));
}

TEST(Verify, AJoinedUserNamespaceHasTheIdsThatItHas) {
  for (const std::vector<IdMap>& ids : std::vector<std::vector<IdMap>>{
           {{0, 0, 65536}}, {{0, 1000, 1}}, {{0, 131072, 9}, {9, 0, 1}}, {{1, 131072, 9}}, {}}) {
    FakeHost host;
    NamespaceIds both{{{0, 131072, 65536}}, ids};
    for (int i = 0; i < 2; ++i) {
      host.namespace_ids["/proc/77/ns/user"] = both;
      EXPECT_THAT(BrokenPromises(AsDocument(GoodConfig(), DocumentKind::kConfig), StrictClass(),
                                 PodContainer(), host),
                  Contains(HasSubstr("has ids of the host's")));
      std::swap(both.uids, both.gids);
    }
  }
}

TEST(Verify, ExecKeepsThePromisesOfAProcess) {
  const auto broken = [](const Json& process) {
    return BrokenPromises(AsDocument(process, DocumentKind::kProcess), StrictClass(),
                          PodContainer(), FakeHost());
  };
  EXPECT_THAT(broken(GoodProcess()), IsEmpty());
  EXPECT_THAT(broken(Json::object()), Contains(HasSubstr("no capability sets")));
  // Every way to break the process of a config breaks a process document.
  int process_only = 0;
  for (const Mutation& mutation : Mutations()) {
    Json config = GoodConfig();
    mutation.apply(config);
    Json before = GoodConfig();
    if (!config.contains("process") || config["process"] == before["process"]) continue;
    config.erase("process");
    before.erase("process");
    if (config != before) continue;
    Json again = GoodConfig();
    mutation.apply(again);
    EXPECT_THAT(broken(again["process"]), Contains(HasSubstr(mutation.says))) << mutation.name;
    ++process_only;
  }
  EXPECT_GT(process_only, 25);
}

TEST(Verify, WhatTheKernelLacksIsNoPromise) {
  Json config = GoodConfig();
  config["process"].erase("apparmorProfile");
  config["process"].erase("selinuxLabel");
  FakeHost host;
  host.lsm = {};
  EXPECT_THAT(Broken(config, StrictClass(), host), IsEmpty());
}

TEST(Verify, AWritablePathMayBeThePodsOwnVolume) {
  Json config = GoodConfig();
  config["mounts"].push_back(Json{{"destination", "/tmp"},
                                  {"type", "bind"},
                                  {"source", "/var/lib/kubelet/pods/11-22/volumes/empty/tmp"},
                                  {"options", {"bind", "rw", "rnosuid", "rnodev", "rnoexec"}}});
  EXPECT_THAT(Broken(config, StrictClass()), IsEmpty());
  // ... but whatever comes last is what the container sees.
  config["mounts"].push_back(
      Json{{"destination", "/work"}, {"type", "tmpfs"}, {"source", "x"}, {"options", {"ro"}}});
  EXPECT_THAT(Broken(config, StrictClass()), Not(IsEmpty()));
}

}  // namespace
}  // namespace stockade::sandbox
