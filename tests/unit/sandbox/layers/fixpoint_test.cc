// SPDX-License-Identifier: Apache-2.0
// Properties over real specs and over what hostile hands make of them: the layers change nothing in
// their own output (the fixture checks it), and what they let through keeps the class's promises.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "config/base/embedded.h"
#include "config/class_loader.h"
#include "sandbox/init/protocol.h"
#include "sandbox/verify.h"
#include "tests/unit/sandbox/layers/fixture.h"

namespace stockade::embedded {
extern const std::span<const EmbeddedFile> kRealSpecs;
}

namespace stockade::sandbox {
namespace {

using base::Json;
using config::Mode;
using testing::HasSubstr;

// A host on which every path exists and is no link.
class PlainHost : public FakeHost {
 public:
  PlainHost() { limits = {{"RLIMIT_CORE", {~0ULL, ~0ULL}}}; }
  base::Result<std::string> Resolve(const std::string& path) const override { return path; }
  // Those of a real pod are its sandbox's.
  base::Result<bool> BelongsTo(const std::string&, const std::string&) const override {
    return true;
  }
};

config::ClassPolicy Builtin(const char* name) {
  auto policy = config::LoadClass(name, {});
  EXPECT_TRUE(policy) << policy.error().Text();
  return policy ? *policy : config::ClassPolicy{};
}

// The container of a real spec; Podman's mounts are named by its id.
Container ContainerOf(const Json& spec) {
  return Identify(spec, "83a153db9e7db1b289483e3a342a983e31fa8ecc34729f3c26fd1e66977ffc26",
                  "/run/bundle");
}

// What must hold whenever the layers did not refuse.
void ExpectConfined(const Outcome& out, const std::string& of) {
  EXPECT_EQ(out.At("/process/noNewPrivileges"), true) << of;
  EXPECT_EQ(out.At("/root/readonly"), true) << of;
  EXPECT_EQ(out.At("/process/capabilities/ambient"), Json::array()) << of;
  for (const Json& name : out.At("/process/capabilities/bounding")) {
    EXPECT_EQ(name, "CAP_NET_BIND_SERVICE") << of;
  }
  EXPECT_EQ(out.At("/process/args/0"), init::kPath) << of;
  EXPECT_EQ(out.init_filters.size(), 1U) << of;
  EXPECT_GE(out.At("/linux/maskedPaths").size(), 10U) << of;
  EXPECT_EQ(out.At("/linux/resources/devices/0/allow"), false) << of;
}

// What the independent check says of the result: nothing.
void ExpectVerified(const Outcome& out, const config::ClassPolicy& policy, const HostView& host,
                    const Container& container, const std::string& of) {
  const auto document = SpecDocument::Parse(out.staged.dump(), DocumentKind::kConfig, "result");
  ASSERT_TRUE(document) << of << ": " << document.error().Text();
  EXPECT_THAT(
      BrokenPromises(*document, policy, container, host, {out.init_filters, out.actions, kStage}),
      testing::IsEmpty())
      << of;
}

TEST(RealSpecs, RunInEveryBuiltInClass) {
  for (const char* name : {"baseline", "restricted", "isolated"}) {
    for (const auto& file : embedded::kRealSpecs) {
      const Json spec = Json::parse(file.text);
      const Outcome out = RunAll(Builtin(name), file.text, PlainHost(), ContainerOf(spec));
      EXPECT_FALSE(out.error) << name << " " << file.name << ": " << out.Refusal();
      if (!out.error) {
        ExpectVerified(out, Builtin(name), PlainHost(), ContainerOf(spec), std::string(file.name));
      }
      if (std::string_view(name) == "restricted") ExpectConfined(out, std::string(file.name));
    }
  }
}

TEST(RealSpecs, APodsVolumesStayWritableAndItsTmpIsNot) {
  for (const auto& file : embedded::kRealSpecs) {
    if (file.name != "containerd_pod.json") continue;
    const Json spec = Json::parse(file.text);
    const Outcome out = RunAll(Builtin("restricted"), file.text, PlainHost(), ContainerOf(spec));
    ASSERT_FALSE(out.error) << out.Refusal();
    std::map<std::string, std::string> options;
    std::vector<std::string> order;
    for (const Json& mount : out.At("/mounts")) {
      options[mount["destination"]] = mount["options"].dump();
      order.push_back(mount["destination"]);
    }
    EXPECT_THAT(options["/cache"], HasSubstr("\"rw\""));
    EXPECT_THAT(options["/dev/shm"], HasSubstr("\"rw\""));
    EXPECT_THAT(options["/dev/termination-log"], HasSubstr("\"rw\""));
    EXPECT_THAT(options["/etc/resolv.conf"], HasSubstr("\"ro\""));
    EXPECT_THAT(options["/tmp"], HasSubstr("\"noexec\""));
    // /var/run is a link to /run in many images: the token must not be hidden by our /run.
    EXPECT_LT(
        std::ranges::find(order, "/run") - order.begin(),
        std::ranges::find(order, "/var/run/secrets/kubernetes.io/serviceaccount") - order.begin());
    return;
  }
  FAIL() << "the spec is missing";
}

// Calls `visit` with the pointer of every value in `value`.
template <class Visit>
void EachPointer(const Json& value, const std::string& pointer, const Visit& visit) {
  visit(pointer);
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      EachPointer(member, pointer + "/" + base::PointerToken(key), visit);
    }
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < std::min<std::size_t>(value.size(), 4); ++i) {
      EachPointer(value[i], fmt::format("{}/{}", pointer, i), visit);
    }
  }
}

TEST(HostileSpecs, AreRefusedOrConfinedWhateverStandsWhere) {
  const config::ClassPolicy policy = Builtin("restricted");
  const PlainHost host;
  int refused = 0;
  int confined = 0;
  for (const auto& file : embedded::kRealSpecs) {
    if (file.name != "runc.json") continue;
    const Json spec = Json::parse(file.text);
    EachPointer(spec, "", [&](const std::string& pointer) {
      for (const char* value : {"null", "3", "-1", "\"x\"", "[]", "{}", "[3]", "\"/\"", "true"}) {
        Json changed = spec;
        *base::Find(changed, pointer) = Json::parse(value);
        const Outcome out = RunAll(policy, changed.dump(), host, {});
        (out.error ? refused : confined) += 1;
        if (out.error) continue;
        ExpectConfined(out, pointer + " = " + value);
        ExpectVerified(out, policy, host, {}, pointer + " = " + value);
      }
    });
  }
  EXPECT_GT(refused, 50);
  EXPECT_GT(confined, 50);
}

TEST(HostileSpecs, AGreedyOneGetsNothing) {
  const Outcome out = RunAll(Builtin("restricted"), R"({"ociVersion": "1.0.2",
      "process": {"args": ["sh"], "user": {"uid": 0, "gid": 0}, "cwd": "/", "capabilities": {
          "bounding": ["CAP_SYS_ADMIN", "CAP_NET_ADMIN"], "effective": ["CAP_SYS_ADMIN"],
          "permitted": ["CAP_SYS_ADMIN"], "ambient": ["CAP_SYS_ADMIN"]}},
      "root": {"path": "rootfs", "readonly": false},
      "linux": {"namespaces": [{"type": "pid"}, {"type": "network"}, {"type": "ipc"},
                               {"type": "uts"}, {"type": "mount"}]},
      "mounts": [{"destination": "/dev", "type": "tmpfs", "source": "tmpfs"}]})",
                             PlainHost());
  ASSERT_FALSE(out.error) << out.Refusal();
  ExpectConfined(out, "greedy");
  EXPECT_EQ(out.At("/process/capabilities/bounding"), Json::array());
}

}  // namespace
}  // namespace stockade::sandbox
