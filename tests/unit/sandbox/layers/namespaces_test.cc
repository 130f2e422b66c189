// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sandbox/layers/fixture.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using config::Mode;
using testing::HasSubstr;

config::ClassPolicy Policy(Mode mode) {
  config::ClassPolicy policy = EmptyClass();
  policy.namespaces = {mode, mode, mode, mode, mode, mode};
  return policy;
}

FakeHost Host() {
  FakeHost host;
  host.host_namespaces = {"/proc/1/ns/net", "/proc/9/ns/net"};
  return host;
}

constexpr const char* kAll = R"([{"type": "pid"}, {"type": "network"}, {"type": "ipc"},
    {"type": "uts"}, {"type": "mount"}, {"type": "cgroup"}])";

Outcome Apply(Mode mode, std::string_view list) {
  return RunLayer("namespaces", Policy(mode),
                  fmt::format(R"({{"linux": {{"namespaces": {}}}}})", list), Host());
}

TEST(Namespaces, OwnAndPodNamespacesAreNormal) {
  EXPECT_TRUE(Apply(Mode::kRefuse, kAll).changes.empty());
  const Outcome pod = Apply(Mode::kRefuse, R"([{"type": "pid", "path": "/proc/55/ns/pid"},
      {"type": "network", "path": "/var/run/netns/cni-1"}, {"type": "ipc", "path": "/proc/55/ns/ipc"},
      {"type": "uts", "path": "/proc/55/ns/uts"}, {"type": "mount"}, {"type": "cgroup"},
      {"type": "user", "path": "/proc/55/ns/user"}, {"type": "time"}])");
  EXPECT_FALSE(pod.error) << pod.Refusal();
  EXPECT_TRUE(pod.changes.empty());
}

TEST(Namespaces, AMissingOneIsTheHosts) {
  for (const char* type : {"pid", "network", "ipc", "uts", "mount", "cgroup"}) {
    Json list = Json::parse(kAll);
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i]["type"] == type) list.erase(i);
    }
    EXPECT_THAT(Apply(Mode::kRefuse, list.dump()).Refusal(),
                HasSubstr(fmt::format("the host's {} namespace", type)));
    const Outcome confined = Apply(Mode::kConfine, list.dump());
    EXPECT_EQ(confined.At("/linux/namespaces/5"), (Json{{"type", type}}));
    const Outcome off = Apply(Mode::kOff, list.dump());
    EXPECT_TRUE(off.changes.empty());
  }
}

TEST(Namespaces, NoSectionAtAllIsAllOfTheHost) {
  for (const char* spec : {"{}", R"({"linux": null})", R"({"linux": {"namespaces": []}})"}) {
    EXPECT_TRUE(RunLayer("namespaces", Policy(Mode::kRefuse), spec).error);
    EXPECT_EQ(RunLayer("namespaces", Policy(Mode::kConfine), spec).At("/linux/namespaces").size(),
              6U);
  }
}

TEST(Namespaces, AHostPathIsTheHosts) {
  Json list = Json::parse(kAll);
  list[1]["path"] = "/proc/9/ns/net";
  EXPECT_THAT(Apply(Mode::kRefuse, list.dump()).Refusal(), HasSubstr("hostNetwork"));
  EXPECT_EQ(Apply(Mode::kConfine, list.dump()).At("/linux/namespaces"), Json::parse(kAll));
  list[1]["path"] = "/proc/missing/ns/net";
  EXPECT_TRUE(Apply(Mode::kConfine, list.dump()).error);
}

TEST(Namespaces, NoMountNamespaceIsJoined) {
  Json list = Json::parse(kAll);
  list[4]["path"] = "/proc/55/ns/mnt";
  EXPECT_THAT(Apply(Mode::kRefuse, list.dump()).Refusal(), HasSubstr("mount namespace"));
  EXPECT_EQ(Apply(Mode::kConfine, list.dump()).At("/linux/namespaces"), Json::parse(kAll));
}

TEST(Namespaces, TwiceOrUnknownIsAnError) {
  EXPECT_THAT(
      Apply(Mode::kConfine, R"([{"type": "pid"}, {"type": "pid", "path": "/proc/1/ns/pid"}])")
          .Refusal(),
      HasSubstr("second time"));
  for (const char* list :
       {R"([{"type": "net"}])", R"([{"type": "PID"}])", R"([{}])", R"([{"type": ""}])"}) {
    EXPECT_THAT(Apply(Mode::kConfine, list).Refusal(), HasSubstr("unknown type")) << list;
  }
}

TEST(Namespaces, ASharedOneThatTheClassLeavesIsNoted) {
  config::ClassPolicy policy = Policy(Mode::kRefuse);
  policy.namespaces.cgroup = Mode::kOff;
  Json list = Json::parse(kAll);
  list.erase(5);
  const Outcome out =
      RunLayer("namespaces", policy, Json{{"linux", {{"namespaces", list}}}}.dump());
  ASSERT_EQ(out.notices.size(), 1U);
  EXPECT_THAT(out.notices[0].text, HasSubstr("cgroup"));
}

}  // namespace
}  // namespace stockade::sandbox
