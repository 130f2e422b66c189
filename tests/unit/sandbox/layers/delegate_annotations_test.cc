// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sandbox/layers/fixture.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using config::Mode;
using testing::HasSubstr;

config::ClassPolicy Policy(Mode mode, std::vector<std::string> allowed = {}) {
  config::ClassPolicy policy = EmptyClass();
  policy.delegate_annotations = {mode, std::move(allowed)};
  return policy;
}

constexpr std::string_view kSpec = R"({"annotations": {
    "run.oci.keep_original_groups": "1", "io.kubernetes.cri.sandbox-id": "s",
    "org.systemd.property.CPUQuota": "1", "org.criu.config": "/x", "run.oci.handler": "krun",
    "module.wasm.image/variant": "compat", "stockade.dev/tmpfs-size./tmp": "1Mi"}})";

TEST(DelegateAnnotations, OnlyWhatSteersGoes) {
  const Outcome out =
      RunLayer("delegate annotations", Policy(Mode::kConfine, {"run.oci.handler"}), kSpec);
  ASSERT_FALSE(out.error);
  EXPECT_EQ(out.spec["annotations"],
            Json::parse(R"({"io.kubernetes.cri.sandbox-id": "s", "run.oci.handler": "krun",
                            "stockade.dev/tmpfs-size./tmp": "1Mi"})"));
  EXPECT_EQ(out.changes.size(), 4U);
  EXPECT_EQ(out.changes[0].what, "/annotations/run.oci.keep_original_groups");
  EXPECT_EQ(out.changes[0].from, "1");
  EXPECT_EQ(out.changes[3].what, "/annotations/module.wasm.image~1variant");
}

TEST(DelegateAnnotations, RefuseNamesTheKey) {
  EXPECT_THAT(RunLayer("delegate annotations", Policy(Mode::kRefuse), kSpec).Refusal(),
              HasSubstr("run.oci.keep_original_groups"));
}

TEST(DelegateAnnotations, NoneIsFine) {
  for (const char* spec : {"{}", R"({"annotations": null})", R"({"annotations": {}})"}) {
    const Outcome out = RunLayer("delegate annotations", Policy(Mode::kRefuse), spec);
    EXPECT_FALSE(out.error) << spec;
    EXPECT_TRUE(out.changes.empty());
  }
}

}  // namespace
}  // namespace stockade::sandbox
