// SPDX-License-Identifier: Apache-2.0
// Verify against the layers themselves: what they make out of a greedy document holds, a class
// without one of its layers is noticed, and no layer is without a mutation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/class_loader.h"
#include "sandbox/layer.h"
#include "sandbox/verify.h"
#include "tests/unit/sandbox/verify_fixture.h"
#include "tests/unit/sandbox/verify_mutations.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using ::testing::IsEmpty;
using ::testing::Not;

// What layers made of a document, and what stockade-init is to install.
struct Made {
  SpecDocument document;
  std::vector<std::string> filters;
};

std::vector<std::string> Broken(const Made& made, const config::ClassPolicy& policy) {
  return BrokenPromises(made.document, policy, PodContainer(), FakeHost(),
                        {.init_filters = made.filters});
}

const PodIds kPod{{1048576}, "/proc/77/ns/user"};

// The layers of `policy` over `json`, without the one called `left_out`.
base::Result<Made> Layered(const Json& json, DocumentKind kind, const config::ClassPolicy& policy,
                           std::string_view left_out = {},
                           const std::vector<std::string>& filters = {}) {
  SpecDocument document = AsDocument(json, kind);
  SpecEditor editor(document, policy);
  const FakeHost host;
  const Container container = PodContainer();
  for (const Layer& layer : LayerTable()) {
    if (layer.name == left_out || (kind == DocumentKind::kProcess && !layer.on_exec)) continue;
    editor.StartLayer(layer.name);
    STOCKADE_TRY(layer.apply({policy, container, host, filters, kPod}, editor));
  }
  return Made{std::move(document), editor.init_filters()};
}

// The strict class, its rules bent to confine instead of refuse wherever a rule can.
config::ClassPolicy Confining() {
  using config::Mode;
  config::ClassPolicy policy = StrictClass();
  policy.oci_fields.mode = Mode::kConfine;
  policy.privileged.mode = Mode::kConfine;
  policy.namespaces = {Mode::kConfine, Mode::kConfine, Mode::kConfine,
                       Mode::kConfine, Mode::kConfine, Mode::kConfine};
  policy.host_mounts.mode = Mode::kConfine;
  policy.devices.mode = Mode::kConfine;
  policy.sysctls.mode = Mode::kConfine;
  policy.hooks.mode = Mode::kConfine;
  return policy;
}

TEST(VerifyLayers, EveryLayerHasAMutation) {
  for (const Layer& layer : LayerTable()) {
    EXPECT_TRUE(std::ranges::any_of(
        Mutations(), [&](const Mutation& mutation) { return mutation.section == layer.section; }))
        << "add mutations of " << layer.section << " for the layer " << layer.name;
  }
  for (const Mutation& mutation : Mutations()) {
    EXPECT_TRUE(std::ranges::any_of(
        LayerTable(), [&](const Layer& layer) { return layer.section == mutation.section; }))
        << mutation.section << " belongs to no layer";
  }
}

TEST(VerifyLayers, LeaveAGoodDocumentAsItIs) {
  for (const config::ClassPolicy& policy : {StrictClass(), Confining()}) {
    const auto document = Layered(GoodConfig(), DocumentKind::kConfig, policy);
    ASSERT_TRUE(document) << document.error().Text();
    EXPECT_THAT(Broken(*document, policy), IsEmpty());
  }
}

class LayersMend : public ::testing::TestWithParam<Mutation> {};

// Whatever a mutation breaks, the layers repair or refuse: never does the result need verify.
TEST_P(LayersMend, OrRefuse) {
  Json config = GoodConfig();
  GetParam().apply(config);
  for (const config::ClassPolicy& policy : {StrictClass(), Confining()}) {
    const auto document = Layered(config, DocumentKind::kConfig, policy);
    if (!document) continue;
    EXPECT_THAT(Broken(*document, policy), IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(VerifyLayers, LayersMend,
                         ::testing::ValuesIn(Mutations().begin(), Mutations().end()));

// A defect in one layer: it does nothing. For each layer some mutation then reaches verify, which
// must refuse it.
TEST(VerifyLayers, AMissingLayerIsNoticed) {
  const config::ClassPolicy policy = Confining();
  for (const Layer& layer : LayerTable()) {
    int reached = 0;
    for (const Mutation& mutation : Mutations()) {
      if (reached > 0) break;
      if (mutation.section != layer.section) continue;
      Json config = GoodConfig();
      mutation.apply(config);
      const auto document = Layered(config, DocumentKind::kConfig, policy, layer.name);
      if (!document) continue;
      const auto broken = Broken(*document, policy);
      if (!broken.empty()) ++reached;
    }
    // Refusing is all that the privileged layer can do: confined, the others take the parts away.
    if (layer.section == "/privileged") continue;
    EXPECT_GT(reached, 0) << "verify does not see that the layer " << layer.name << " is missing";
  }
}

TEST(VerifyLayers, BuiltInClassesKeepTheirPromises) {
  const char* greedy = R"({"ociVersion": "1.0.2", "root": {"path": "rootfs"},
    "process": {"args": ["sh"], "cwd": "/", "user": {"uid": 0, "gid": 0},
      "capabilities": {"bounding": ["CAP_SYS_PTRACE", "CAP_CHOWN", "CAP_NET_BIND_SERVICE"],
        "effective": ["CAP_CHOWN"], "permitted": ["CAP_CHOWN"], "ambient": ["CAP_CHOWN"]}},
    "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
      {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid"]},
      {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["rw"]},
      {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["exec", "size=1g"]},
      {"destination": "/srv", "type": "bind", "source": "/srv/files", "options": ["rbind"]}],
    "linux": {"namespaces": [{"type": "mount"}, {"type": "pid"}, {"type": "ipc"}, {"type": "uts"},
      {"type": "network"}]}})";
  for (const char* name : {"baseline", "restricted", "isolated"}) {
    auto loaded = config::LoadClass(name, {});
    ASSERT_TRUE(loaded) << loaded.error().Text();
    loaded->lsm.apparmor = "loaded";
    // What a class that mounts only what it allows would refuse.
    loaded->host_mounts.allowed.emplace_back("/srv/**");
    for (const config::ClassPolicy& policy : {*loaded, config::ForPodSandbox(*loaded)}) {
      const auto document = Layered(Json::parse(greedy), DocumentKind::kConfig, policy);
      ASSERT_TRUE(document) << document.error().Text();
      EXPECT_THAT(Broken(*document, policy), IsEmpty()) << name;
      EXPECT_THAT(BrokenPromises(AsDocument(Json::parse(greedy), DocumentKind::kConfig), policy,
                                 PodContainer(), FakeHost()),
                  Not(IsEmpty()));
      const auto process = Layered(Json::parse(greedy)["process"], DocumentKind::kProcess, policy,
                                   "", document->filters);
      ASSERT_TRUE(process) << process.error().Text();
      EXPECT_THAT(Broken(*process, policy), IsEmpty()) << name;
    }
  }
}

}  // namespace
}  // namespace stockade::sandbox
