// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sandbox/layers/fixture.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using testing::HasSubstr;

config::ClassPolicy Forced() {
  config::ClassPolicy policy = EmptyClass();
  policy.user_namespace.force = true;
  return policy;
}

FakeHost Host() {
  FakeHost host;
  host.host_namespaces = {"/proc/1/ns/net", "/proc/1/ns/user", "/proc/1/ns/pid"};
  return host;
}

// A container with the namespaces that every engine gives one, and `more` of /linux.
Json Spec(const Json& more = Json::object()) {
  Json spec = Json::parse(R"({"process": {"user": {"uid": 0, "gid": 0}}, "linux": {"namespaces": [
      {"type": "pid"}, {"type": "network", "path": "/var/run/netns/cni-1"}, {"type": "ipc"},
      {"type": "uts"}, {"type": "mount"}, {"type": "cgroup"}]}})");
  spec["linux"].update(more);
  return spec;
}

Json Mapping(std::uint64_t first, std::uint64_t size) {
  Json mapping = Json::array();
  mapping.push_back({{"containerID", 0}, {"hostID", first}, {"size", size}});
  return mapping;
}

Outcome Apply(const config::ClassPolicy& policy, const Json& spec, const Container& container = {},
              const FakeHost& host = Host()) {
  return RunLayer("user namespace", policy, spec.dump(), host, container);
}

TEST(UserNamespace, ThePodsFirstContainerMakesIt) {
  const Outcome out = Apply(Forced(), Spec());
  EXPECT_FALSE(out.error) << out.Refusal();
  EXPECT_EQ(out.At("/linux/namespaces/6"), (Json{{"type", "user"}}));
  EXPECT_EQ(out.At("/linux/uidMappings"), Mapping(kPodRange.first, 65536));
  EXPECT_EQ(out.At("/linux/gidMappings"), Mapping(kPodRange.first, 65536));
}

TEST(UserNamespace, ThePodsOtherContainersJoinIt) {
  Container container;
  container.role = Role::kPodContainer;
  const Outcome out = Apply(Forced(), Spec(), container);
  EXPECT_EQ(out.At("/linux/namespaces/6"), (Json{{"type", "user"}, {"path", kPodUserNamespace}}));
  EXPECT_EQ(out.At("/linux/uidMappings"), Mapping(kPodRange.first, 65536));
}

TEST(UserNamespace, AClassThatKeepsMakesNone) {
  EXPECT_TRUE(Apply(EmptyClass(), Spec()).changes.empty());
}

TEST(UserNamespace, WhatTheEngineMadeIsNotDoubled) {
  Json spec =
      Spec({{"uidMappings", Mapping(131072, 65536)}, {"gidMappings", Mapping(131072, 65536)}});
  spec["linux"]["namespaces"].push_back({{"type", "user"}});
  for (const auto& policy : {Forced(), EmptyClass()}) {
    const Outcome out = Apply(policy, spec);
    EXPECT_FALSE(out.error) << out.Refusal();
    EXPECT_TRUE(out.changes.empty());
    EXPECT_TRUE(out.notices.empty());
  }
  spec["linux"]["namespaces"][6]["path"] = "/proc/9/ns/user";
  EXPECT_TRUE(Apply(Forced(), spec).changes.empty());
  spec["linux"].erase("uidMappings");
  spec["linux"].erase("gidMappings");
  EXPECT_FALSE(Apply(Forced(), spec).error);
}

TEST(UserNamespace, WhatTheEngineMadeIsChecked) {
  struct Wrong {
    const char* mapping;
    const char* says;
  };
  for (const auto& [mapping, says] : std::vector<Wrong>{
           {"[]", "0 mappings"},
           {R"([{"containerID":0,"hostID":65536,"size":9},{"containerID":9,"hostID":0,"size":1}])",
            "2 mappings"},
           {R"([{"containerID":0,"hostID":0,"size":65536}])", "maps 0 to 0"},
           {R"([{"containerID":0,"hostID":1000,"size":65536}])", "maps 0 to 1000"},
           {R"([{"containerID":5,"hostID":65536,"size":65536}])", "maps 5 to 65536"},
           {R"([{"containerID":0,"hostID":65536,"size":0}])", "maps nothing"},
           {R"([{"containerID":0,"hostID":4294900000,"size":4294900000}])", "the last id"},
       }) {
    for (const char* list : {"uidMappings", "gidMappings"}) {
      Json spec =
          Spec({{"uidMappings", Mapping(131072, 65536)}, {"gidMappings", Mapping(131072, 65536)}});
      spec["linux"]["namespaces"].push_back({{"type", "user"}});
      spec["linux"][list] = Json::parse(mapping);
      EXPECT_THAT(Apply(Forced(), spec).Refusal(), HasSubstr(says)) << mapping;
      const Outcome kept = Apply(EmptyClass(), spec);
      EXPECT_FALSE(kept.error);
      ASSERT_EQ(kept.notices.size(), 1U) << mapping;
      EXPECT_THAT(kept.notices[0].text, HasSubstr(says));
    }
  }
}

TEST(UserNamespace, WhatIsJoinedHasTheIdsThatItHas) {
  const IdMap good{0, 131072, 65536};
  const auto join = [&](std::vector<IdMap> uids, std::vector<IdMap> gids) {
    Json spec =
        Spec({{"uidMappings", Mapping(131072, 65536)}, {"gidMappings", Mapping(131072, 65536)}});
    spec["linux"]["namespaces"].push_back({{"type", "user"}, {"path", "/proc/9/ns/user"}});
    FakeHost host;
    host.namespace_ids["/proc/9/ns/user"] = {std::move(uids), std::move(gids)};
    const Outcome kept = RunLayer("user namespace", EmptyClass(), spec.dump(), host);
    const std::string refusal = RunLayer("user namespace", Forced(), spec.dump(), host).Refusal();
    EXPECT_FALSE(kept.error);
    EXPECT_EQ(kept.notices.size(), refusal.empty() ? 0U : 1U);
    return refusal;
  };
  EXPECT_EQ(join({good}, {good}), "");
  EXPECT_THAT(join({{0, 0, 65536}}, {good}), HasSubstr("/proc/9/ns/user maps 0 to 0"));
  EXPECT_THAT(join({good}, {{0, 1000, 1}}), HasSubstr("maps 0 to 1000"));
  EXPECT_THAT(join({good, {65536, 0, 1}}, {good}), HasSubstr("2 mappings"));
  EXPECT_THAT(join({}, {}), HasSubstr("0 mappings"));
}

TEST(UserNamespace, ThatOfTheHostIsNone) {
  Json spec = Spec();
  spec["linux"]["namespaces"].push_back({{"type", "user"}, {"path", "/proc/1/ns/user"}});
  EXPECT_THAT(Apply(Forced(), spec).Refusal(), HasSubstr("is the host's"));
  EXPECT_EQ(Apply(EmptyClass(), spec).notices.size(), 1U);
}

TEST(UserNamespace, AHostNamespaceIsRefusedOrStays) {
  for (const std::size_t index : {0U, 1U}) {
    Json spec = Spec();
    spec["linux"]["namespaces"][index]["path"] = index == 0 ? "/proc/1/ns/pid" : "/proc/1/ns/net";
    EXPECT_THAT(Apply(Forced(), spec).Refusal(),
                HasSubstr(index == 0 ? "host's pid namespace" : "host's network namespace"));
    config::ClassPolicy shares = Forced();
    shares.user_namespace.share_host_namespaces = true;
    const Outcome out = Apply(shares, spec);
    EXPECT_TRUE(out.changes.empty());
    ASSERT_EQ(out.notices.size(), 1U);
    EXPECT_THAT(out.notices[0].text, HasSubstr("NO USER NAMESPACE"));
  }
}

TEST(UserNamespace, ANamespaceOfAnotherContainersIsRefusedWithTheWayOut) {
  for (const auto& [index, type] : std::vector<std::pair<std::size_t, std::string>>{
           {0, "pid"}, {2, "ipc"}, {3, "uts"}, {4, "mount"}, {5, "cgroup"}}) {
    Json spec = Spec();
    spec["linux"]["namespaces"][index]["path"] = "/proc/7/ns/some";
    Container later;
    later.role = Role::kPodContainer;
    for (const Container& container : {Container(), later}) {
      const std::string said = Apply(Forced(), spec, container).Refusal();
      EXPECT_THAT(said, HasSubstr(type + " namespace /proc/7/ns/some is another container's"));
      EXPECT_THAT(said, HasSubstr("of its own, make it one of the same pod"));
    }
    FakeHost host = Host();
    host.pod_namespaces = {"/proc/7/ns/some"};
    EXPECT_EQ(Apply(Forced(), spec, later, host).Refusal(), "") << type;
    // The pod's first container makes the user namespace: nothing belongs to it yet.
    EXPECT_THAT(Apply(Forced(), spec, {}, host).Refusal(), HasSubstr("another container's"));
    EXPECT_EQ(Apply(EmptyClass(), spec).Refusal(), "") << "nothing is forced";
  }
}

TEST(UserNamespace, NetAdminOnAHostOwnedNetworkIsExplained) {
  for (const char* set : {"bounding", "effective", "permitted"}) {
    Json spec = Spec();
    spec["process"]["capabilities"][set] = Json::array({"CAP_CHOWN", "CAP_NET_ADMIN"});
    EXPECT_THAT(Apply(Forced(), spec).Refusal(), HasSubstr("CAP_NET_ADMIN, which has no effect"));
    // A network that is made in the user namespace is the pod's own.
    spec["linux"]["namespaces"][1].erase("path");
    EXPECT_FALSE(Apply(Forced(), spec).error);
  }
}

TEST(UserNamespace, ADeviceThatOnlyItsOwnerMayOpenIsRefusedOrNoted) {
  FakeHost host = Host();
  host.private_devices = {"/dev/kvm"};
  const Json spec = Spec({{"devices", Json::parse(R"([{"path": "/dev/kvm"}])")}});
  EXPECT_THAT(Apply(Forced(), spec, {}, host).Refusal(), HasSubstr("/dev/kvm can only be opened"));
  config::ClassPolicy keeps = Forced();
  keeps.user_namespace.keep_devices = true;
  const Outcome out = Apply(keeps, spec, {}, host);
  EXPECT_FALSE(out.error) << out.Refusal();
  ASSERT_EQ(out.notices.size(), 1U);
  EXPECT_FALSE(Apply(Forced(), spec).error) << "others may open it";
}

TEST(UserNamespace, IsNeededOnlyWhereItIsForcedAndNotThere) {
  EXPECT_TRUE(NeedsPodIds(Forced(), Spec()));
  EXPECT_FALSE(NeedsPodIds(EmptyClass(), Spec()));
  Json spec = Spec();
  spec["linux"]["namespaces"].push_back({{"type", "user"}});
  EXPECT_FALSE(NeedsPodIds(Forced(), spec));
}

}  // namespace
}  // namespace stockade::sandbox
