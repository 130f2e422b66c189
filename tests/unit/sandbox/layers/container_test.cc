// SPDX-License-Identifier: Apache-2.0
#include "sandbox/container.h"

#include <gtest/gtest.h>

namespace stockade::sandbox {
namespace {

Container Of(const char* annotations) {
  return Identify(base::Json{{"annotations", base::Json::parse(annotations)}}, "c1", "/b");
}

TEST(Identify, KnowsContainerdsPods) {
  const Container app = Of(R"({"io.kubernetes.cri.container-type": "container",
      "io.kubernetes.cri.sandbox-id": "s1", "io.kubernetes.cri.sandbox-uid": "u1",
      "io.kubernetes.cri.sandbox-namespace": "shop", "io.kubernetes.cri.sandbox-name": "web"})");
  EXPECT_EQ(app.role, Role::kPodContainer);
  EXPECT_EQ(app.id, "c1");
  EXPECT_EQ(app.bundle, "/b");
  EXPECT_EQ(app.sandbox_id, "s1");
  EXPECT_EQ(app.pod_uid, "u1");
  EXPECT_EQ(app.name_space, "shop");
  EXPECT_EQ(app.pod, "web");
  EXPECT_EQ(Of(R"({"io.kubernetes.cri.container-type": "sandbox",
      "io.kubernetes.cri.sandbox-id": "c1"})")
                .role,
            Role::kPodSandbox);
}

TEST(Identify, KnowsCriOsPods) {
  const Container app = Of(R"({"io.kubernetes.cri-o.ContainerType": "container",
      "io.kubernetes.cri-o.SandboxID": "s2", "io.kubernetes.pod.uid": "u2"})");
  EXPECT_EQ(app.role, Role::kPodContainer);
  EXPECT_EQ(app.sandbox_id, "s2");
  EXPECT_EQ(app.pod_uid, "u2");
  EXPECT_EQ(Of(R"({"io.kubernetes.cri-o.ContainerType": "sandbox",
      "io.kubernetes.cri-o.SandboxID": "c1"})")
                .role,
            Role::kPodSandbox);
}

// Of a sandbox the class's interposition is off: nothing of the pod's runs in it.
TEST(Identify, WhatAnImageSaysMakesNoSandbox) {
  for (const char* forged : {R"({"io.kubernetes.cri.container-type": "sandbox"})",
                             R"({"io.kubernetes.cri.container-type": "sandbox",
                                 "io.kubernetes.cri.sandbox-id": "c2"})",
                             R"({"io.kubernetes.cri-o.ContainerType": "sandbox",
                                 "io.kubernetes.cri-o.SandboxID": ""})"}) {
    EXPECT_EQ(Of(forged).role, Role::kPodContainer) << forged;
  }
}

TEST(Identify, WhatAPodForgesOfTheOtherEngineGivesItNothing) {
  const Container app = Of(R"({"io.kubernetes.cri-o.ContainerType": "container",
      "io.kubernetes.cri-o.SandboxID": "mine", "io.kubernetes.pod.uid": "my-uid",
      "io.kubernetes.cri.container-type": "container",
      "io.kubernetes.cri.sandbox-id": "neighbour", "io.kubernetes.cri.sandbox-uid": "his-uid"})");
  EXPECT_EQ(app.role, Role::kPodContainer);
  EXPECT_EQ(app.sandbox_id, "");
  EXPECT_EQ(app.pod_uid, "");
}

TEST(Identify, EverythingElseStandsAlone) {
  EXPECT_EQ(Of("{}").role, Role::kStandalone);
  EXPECT_EQ(Of(R"({"io.kubernetes.cri.sandbox-id": "s1"})").sandbox_id, "");
  EXPECT_EQ(Identify(base::Json::object(), "c", "/b").role, Role::kStandalone);
  EXPECT_EQ(Identify(base::Json{{"annotations", 3}}, "c", "/b").role, Role::kStandalone);
  EXPECT_EQ(Of(R"({"io.kubernetes.cri.container-type": 7})").role, Role::kPodContainer);
}

}  // namespace
}  // namespace stockade::sandbox
