// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/pods_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stockade::ctl {
namespace {

using sandbox::IdClaim;
using sandbox::IdRange;
using sandbox::IdSpan;
using sandbox::ProcessId;
using sandbox::Role;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kKey = "%2Frun%2Frunc";
constexpr IdRange kIds{1000000};
constexpr ProcessId kDead{1 << 30, 1};

FoundRecord Found(const std::string& id, Role role, std::optional<IdRange> ids) {
  sandbox::StateRecord record;
  record.container = {.id = id,
                      .bundle = {},
                      .role = role,
                      .sandbox_id = role == Role::kStandalone ? "" : "pause",
                      .pod_uid = "1-2",
                      .name_space = "default",
                      .pod = "web"};
  record.class_name = "restricted";
  record.delegate = "/usr/sbin/runc";
  record.actions.ids = ids;
  record.final_text = "{}";
  return {"/run/runc", kKey, id, "yes", std::move(record)};
}

IdClaim Claim(const std::string& pod, const ProcessId& claimer = kDead) {
  return {kIds, sandbox::IdOwner{kKey, pod}, claimer};
}

TEST(PodsView, APodIsItsSandboxWithItsContainers) {
  const auto pods =
      PodsOf({{Found("app-2", Role::kPodContainer, kIds), Found("pause", Role::kPodSandbox, kIds),
               Found("app-1", Role::kPodContainer, kIds)},
              {Claim("pause")}});
  ASSERT_THAT(pods, SizeIs(1));
  const Pod& pod = pods.front();
  EXPECT_EQ(pod.id, "pause");
  EXPECT_EQ(pod.name_space, "default");
  EXPECT_EQ(pod.name, "web");
  EXPECT_EQ(pod.class_name, "restricted");
  EXPECT_EQ(pod.delegate, "/usr/sbin/runc");
  EXPECT_EQ(pod.root, "/run/runc");
  EXPECT_EQ(pod.alive, "yes");
  EXPECT_EQ(pod.ids, (IdSpan{1000000, 65536, "stockade"}));
  ASSERT_THAT(pod.containers, SizeIs(2));
  EXPECT_EQ(pod.containers[0].id, "app-2");
  EXPECT_EQ(pod.containers[1].id, "app-1");
  EXPECT_THAT(pod.problems, IsEmpty());
}

TEST(PodsView, AContainerOutsideKubernetesIsItsOwnPodWithTheHostsIds) {
  const auto pods = PodsOf({{Found("box", Role::kStandalone, std::nullopt)}, {}});
  ASSERT_THAT(pods, SizeIs(1));
  EXPECT_EQ(pods[0].id, "box");
  EXPECT_EQ(pods[0].ids, std::nullopt);
  EXPECT_THAT(pods[0].problems, IsEmpty());
  const Outcome outcome = ShowPods(pods);
  EXPECT_TRUE(outcome.ok);
  EXPECT_TRUE(outcome.json[0]["ids"].is_null());
  EXPECT_THAT(outcome.page.Render(false), HasSubstr("the host's"));
}

TEST(PodsView, IdsThatTheEngineGaveAreSaidToBeIts) {
  FoundRecord found = Found("pause", Role::kPodSandbox, std::nullopt);
  found.record->final_text =
      R"({"linux":{"uidMappings":[{"containerID":0,"hostID":131072,"size":65536}]}})";
  const auto pods = PodsOf({{found}, {}});
  ASSERT_THAT(pods, SizeIs(1));
  EXPECT_EQ(pods[0].ids, (IdSpan{131072, 65536, "engine"}));
  EXPECT_THAT(pods[0].problems, IsEmpty());
  const Outcome outcome = ShowPods(pods);
  EXPECT_EQ(outcome.json[0]["ids"],
            (base::Json{{"first", 131072}, {"count", 65536}, {"by", "engine"}}));
  EXPECT_THAT(outcome.page.Render(false), HasSubstr("131072-196607 (the engine's)"));
}

TEST(PodsView, ContainersThatOutliveTheirSandboxKeepThePodThere) {
  const auto pods = PodsOf({{Found("app", Role::kPodContainer, kIds)}, {Claim("pause")}});
  ASSERT_THAT(pods, SizeIs(1));
  EXPECT_EQ(pods[0].id, "pause");
  EXPECT_EQ(pods[0].alive, "no");
  EXPECT_EQ(pods[0].class_name, "restricted");
  EXPECT_EQ(pods[0].ids, (IdSpan{1000000, 65536, "stockade"}));
  EXPECT_THAT(pods[0].problems, IsEmpty());
}

TEST(PodsView, OnePodIdBelowTwoRootsIsTwoPods) {
  FoundRecord other = Found("box", Role::kStandalone, std::nullopt);
  other.root = "/run/crun";
  other.root_key = "%2Frun%2Fcrun";
  const auto pods = PodsOf({{Found("box", Role::kStandalone, std::nullopt), other}, {}});
  ASSERT_THAT(pods, SizeIs(2));
  EXPECT_EQ(pods[0].root, "/run/crun");
  EXPECT_EQ(pods[1].root, "/run/runc");
}

std::string ProblemOf(const FoundState& found) {
  const auto pods = PodsOf(found);
  EXPECT_THAT(pods, SizeIs(1));
  const Outcome outcome = ShowPods(pods);
  EXPECT_FALSE(outcome.ok);
  EXPECT_EQ(outcome.json[0]["problems"].size(), 1U);
  const std::string problem = outcome.json[0]["problems"][0].get<std::string>();
  EXPECT_THAT(outcome.page.Render(false), HasSubstr(problem));
  return problem;
}

TEST(PodsView, ProblemsAreNamed) {
  EXPECT_THAT(ProblemOf({{Found("pause", Role::kPodSandbox, kIds)}, {}}),
              HasSubstr("its ids are not reserved"));
  // Reserved for another pod's id is not reserved for this one.
  FoundRecord unreadable = Found("box", Role::kStandalone, std::nullopt);
  unreadable.record = base::Fail(base::ErrorKind::kHost, "record.json: torn");
  EXPECT_THAT(ProblemOf({{unreadable}, {}}), HasSubstr("record.json: torn"));
  EXPECT_THAT(ProblemOf({{unreadable}, {Claim("box")}}), HasSubstr("record.json: torn"));
  EXPECT_THAT(ProblemOf({{}, {Claim("gone")}}), HasSubstr("has ids and no record"));
  EXPECT_THAT(ProblemOf({{}, {IdClaim{kIds, std::nullopt, {}}}}),
              HasSubstr("the entry .ids/1000000 of the state directory"));
}

TEST(PodsView, APodThatIsBeingMadeIsNoProblem) {
  const auto pods = PodsOf({{}, {Claim("new", ProcessId::Self())}});
  ASSERT_THAT(pods, SizeIs(1));
  EXPECT_EQ(pods[0].alive, "creating");
  EXPECT_THAT(pods[0].problems, IsEmpty());
}

TEST(PodsView, OtherIdsThanThoseReservedAreTwoProblems) {
  const auto pods = PodsOf({{Found("box", Role::kStandalone, IdRange{2000000})}, {Claim("box")}});
  ASSERT_THAT(pods, SizeIs(1));
  EXPECT_THAT(pods[0].problems, ElementsAre(HasSubstr("from 1000000 on are reserved for it"),
                                            HasSubstr("not reserved")));
}

}  // namespace
}  // namespace stockade::ctl
