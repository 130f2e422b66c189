// SPDX-License-Identifier: Apache-2.0
#include "sandbox/layers/oci_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sandbox/oci_keys.h"
#include "tests/unit/sandbox/layers/fixture.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using config::Mode;
using testing::HasSubstr;

config::ClassPolicy Policy(Mode mode) {
  config::ClassPolicy policy = EmptyClass();
  policy.oci_fields.mode = mode;
  return policy;
}

bool HasRow(const std::string& path) {
  return std::ranges::find(FieldTable(), path, &FieldRow::path) != FieldTable().end();
}

// A struct without a row of its own needs one for each of its fields.
void ExpectClassified(const OciStruct& of, const std::string& prefix) {
  for (const OciField& field : of.fields) {
    const std::string path = prefix + std::string(field.name);
    if (HasRow(path)) continue;
    if (field.of != nullptr && field.form == OciField::Form::kOne) {
      ExpectClassified(*field.of, path + ".");
    } else {
      ADD_FAILURE() << "nobody has said who answers for " << path;
    }
  }
}

TEST(OciFields, EveryFieldOfTheSpecificationIsClassified) { ExpectClassified(OciConfig(), ""); }

TEST(OciFields, RowsNameRealLayersAndReasons) {
  for (const FieldRow& row : FieldTable()) {
    EXPECT_FALSE(row.note.empty()) << row.path;
    if (row.treatment != Treatment::kLayer) continue;
    EXPECT_NE(std::ranges::find(LayerTable(), row.note, &Layer::name), LayerTable().end())
        << row.path;
  }
}

TEST(OciFields, HostResourcesAreTakenOutOrRefused) {
  for (const char* field : {R"("linux": {"netDevices": {"eth0": {"name": "x"}}})",
                            R"("linux": {"intelRdt": {"closID": "x"}})",
                            R"("linux": {"memoryPolicy": {"mode": "MPOL_BIND"}})",
                            R"("process": {"scheduler": {"policy": "SCHED_FIFO"}})",
                            R"("process": {"ioPriority": {"class": "IOPRIO_CLASS_RT"}})",
                            R"("vm": {"hypervisor": {"path": "/bin/sh"}})", R"("windows": {})"}) {
    const std::string spec = std::string("{") + field + "}";
    const Outcome confined = RunLayer("oci fields", Policy(Mode::kConfine), spec);
    ASSERT_EQ(confined.changes.size(), 1U) << spec;
    EXPECT_EQ(confined.At(confined.changes[0].what), "(absent)");
    EXPECT_THAT(RunLayer("oci fields", Policy(Mode::kRefuse), spec).Refusal(),
                HasSubstr("/ociFields"))
        << spec;
  }
}

TEST(OciFields, WhatNobodyKnowsDoesNotReachTheDelegate) {
  const Outcome out = RunLayer("oci fields", Policy(Mode::kConfine), R"({"x-note": 1,
      "linux": {"tomorrow": {"a": 1}, "resources": {"magic": 1}, "seccomp": {"strict": true},
                "sysctl": {"a": "b"}, "namespaces": [{"type": "pid", "joins": "all"}]},
      "mounts": [{"destination": "/a", "attach": 1}], "process": {"soon": []}})");
  ASSERT_FALSE(out.error);
  EXPECT_EQ(out.spec, Json::parse(R"({"x-note": 1, "linux": {"resources": {},
      "seccomp": {"strict": true}, "sysctl": {"a": "b"}, "namespaces": [{"type": "pid"}]},
      "mounts": [{"destination": "/a"}], "process": {}})"));
  EXPECT_TRUE(RunLayer("oci fields", Policy(Mode::kRefuse), R"({"linux": {"tomorrow": 1}})").error);
}

TEST(OciFields, RootPropagationStaysInside) {
  for (const char* value : {"shared", "rshared"}) {
    const std::string spec = fmt::format(R"({{"linux": {{"rootfsPropagation": "{}"}}}})", value);
    EXPECT_EQ(RunLayer("oci fields", Policy(Mode::kConfine), spec).At("/linux/rootfsPropagation"),
              "rslave");
    EXPECT_TRUE(RunLayer("oci fields", Policy(Mode::kRefuse), spec).error);
  }
  EXPECT_FALSE(
      RunLayer("oci fields", Policy(Mode::kRefuse), R"({"linux": {"rootfsPropagation": "rslave"}})")
          .error);
}

TEST(OciFields, ExecIsCheckedToo) {
  const Outcome out = RunExec("oci fields", Policy(Mode::kConfine),
                              R"({"args": ["sh"], "scheduler": {"policy": "SCHED_RR"}, "new": 1})");
  EXPECT_EQ(out.spec, Json::parse(R"({"args": ["sh"]})"));
}

}  // namespace
}  // namespace stockade::sandbox
