// SPDX-License-Identifier: Apache-2.0
#include "sandbox/pod_cgroup.h"

#include <gtest/gtest.h>

namespace stockade::sandbox {
namespace {

constexpr char kUid[] = "0c5e11f2-9a5b-4c0e-8d5e-0123456789ab";
constexpr char kSliceUid[] = "0c5e11f2_9a5b_4c0e_8d5e_0123456789ab";

std::string PathOf(const std::string& text, const std::string& uid = kUid) {
  return PodCgroupOf(text, uid).value_or(PodCgroup{"none"}).path;
}

TEST(PodCgroup, OfKubeletsOwnDriver) {
  for (const std::string parent : {"/kubepods/pod", "/kubepods/burstable/pod",
                                   "/kubepods/besteffort/pod", "/a/b/kubepods/pod", "/pod"}) {
    EXPECT_EQ(PathOf(parent + kUid + "/3f2a"), parent + kUid);
    EXPECT_EQ(PathOf(parent + kUid + "/crio-3f2a", ""), parent + kUid);
  }
  EXPECT_EQ(PathOf("/kubepods/podmine/3f2a", "mine"), "/kubepods/podmine");
}

TEST(PodCgroup, OfSystemdsDriver) {
  const std::string pod = std::string("pod") + kSliceUid;
  EXPECT_EQ(PathOf("kubepods-burstable-" + pod + ".slice:cri-containerd:3f2a"),
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-" + pod + ".slice");
  EXPECT_EQ(PathOf("kubepods-" + pod + ".slice:crio:3f2a", ""),
            "/kubepods.slice/kubepods-" + pod + ".slice");
  EXPECT_EQ(PathOf("kubelet-kubepods-" + pod + ".slice:crio:3f2a"),
            "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-" + pod + ".slice");
}

TEST(PodCgroup, WhatIsNoPodsIsNobodys) {
  for (const std::string text :
       {"", "/", "//", "/3f2a", "/k8s.io/3f2a", "/default/3f2a", "/libpod_parent/libpod-83a1",
        "/podman/3f2a", "/kubepods/burstable/3f2a", "user.slice:libpod:83a1",
        "system.slice:docker:3f2a", "machine.slice:libpod:83a1",
        "kubepods-burstable.slice:cri-containerd:3f2a", "machine-libpod_pod_83a1.slice:libpod:83a1",
        "kubepods/pod0c5e11f2/3f2a", "/kubepods/pod/3f2a"}) {
    EXPECT_EQ(PathOf(text, ""), "none") << text;
    EXPECT_EQ(PathOf(text), "none") << text;
  }
}

TEST(PodCgroup, OfAnotherPodIsNotThisOnes) {
  const std::string other = "1c5e11f2-9a5b-4c0e-8d5e-0123456789ab";
  EXPECT_EQ(PathOf("/kubepods/pod" + other + "/3f2a"), "none");
  EXPECT_EQ(PathOf(std::string("/kubepods/pod") + kUid + "/pod" + other + "/3f2a"), "none");
  EXPECT_EQ(PathOf(std::string("/kubepods/pod") + kUid + "0/3f2a"), "none");
}

TEST(PodCgroup, HostileTexts) {
  const std::string good = std::string("/kubepods/pod") + kUid;
  const std::string slice = std::string("pod") + kSliceUid + ".slice";
  for (const std::string& text : {good,
                                  good + "/",
                                  good + "//x",
                                  "/" + good + "/x",
                                  "/.." + good + "/x",
                                  "/." + good + "/x",
                                  good + "/..",
                                  good + "/.",
                                  "/a/../" + good + "/x",
                                  good + std::string("/x\0y", 4),
                                  good + "/x\n",
                                  std::string("/\0a", 3) + good + "/x",
                                  good + "/" + std::string(300, 'x'),
                                  "/" + std::string(2000, 'x') + good + "/x",
                                  slice + ":a:b",
                                  "-" + slice + ":a:b",
                                  "kubepods--" + slice + ":a:b",
                                  "-kubepods-" + slice + ":a:b",
                                  "a/b-" + slice + ":a:b",
                                  "../kubepods-" + slice + ":a:b",
                                  "kubepods-" + slice,
                                  "kubepods-" + slice + ":a",
                                  "kubepods-" + slice + ":a:b:c",
                                  "kubepods-" + slice + "x:a:b",
                                  "kubepods-" + std::string(300, 'x') + "-" + slice + ":a:b",
                                  std::string("kubepods-pod") + kUid + ".slice:a:b"}) {
    EXPECT_EQ(PathOf(text), "none") << text;
    EXPECT_EQ(PathOf(text, ""), "none") << text;
  }
}

TEST(PodCgroup, OnlyContainersOfPodsHaveOne) {
  Container container;
  container.pod_uid = kUid;
  base::Json spec{{"linux", {{"cgroupsPath", std::string("/kubepods/pod") + kUid + "/3f2a"}}}};
  EXPECT_FALSE(PodCgroupOf(container, spec));
  for (const Role role : {Role::kPodSandbox, Role::kPodContainer}) {
    container.role = role;
    EXPECT_TRUE(PodCgroupOf(container, spec));
  }
  spec["linux"]["cgroupsPath"] = 3;
  EXPECT_FALSE(PodCgroupOf(container, spec));
  EXPECT_FALSE(PodCgroupOf(container, base::Json::object()));
}

}  // namespace
}  // namespace stockade::sandbox
