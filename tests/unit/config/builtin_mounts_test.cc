// SPDX-License-Identifier: Apache-2.0
// The mounts that engines make by themselves must pass the built-in classes, and nothing that a pod
// could name beside them.
#include <gtest/gtest.h>

#include <algorithm>

#include "config/class_loader.h"
#include "config/glob.h"

namespace stockade::config {
namespace {

const std::string kId(64, 'a');
const std::string kSandbox(64, 'b');
constexpr const char* kUid = "6d0c0f6e-3b0a-4c3e-9d5c-0a9b8c7d6e5f";

// What the host mount guard answers for a resolved path.
bool MayMount(const HostMountsRule& rule, const std::string& path, const PathVariables& variables) {
  const auto matches = [&](const std::string& pattern) {
    return PathMatches(pattern, path, variables);
  };
  if (std::any_of(rule.allowed.begin(), rule.allowed.end(), matches)) return true;
  return std::none_of(rule.guarded.begin(), rule.guarded.end(), [&](const std::string& guard) {
    return guard == "/" ? path == "/" : IsWithin(path, guard) || IsWithin(guard, path);
  });
}

bool StaysWritable(const HostMountsRule& rule, const std::string& path,
                   const PathVariables& variables) {
  return !rule.read_only ||
         std::any_of(rule.writable.begin(), rule.writable.end(), [&](const std::string& pattern) {
           return PathMatches(pattern, path, variables);
         });
}

const PathVariables kPod{kId, kSandbox, kUid, false};
const PathVariables kAlone{kId, "", "", true};

std::string Text(std::string_view format) {
  return fmt::format(fmt::runtime(format), fmt::arg("id", kId), fmt::arg("sandbox", kSandbox),
                     fmt::arg("uid", kUid));
}

struct Case {
  const char* path;
  const PathVariables& variables;
  bool may;
  bool writable_in_restricted = false;
};

TEST(BuiltInMounts, EnginesMayMountTheirOwn) {
  const Case kCases[] = {
      // containerd's CRI
      {"/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/{sandbox}/hosts", kPod, true},
      {"/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/{sandbox}/hostname", kPod, true},
      {"/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/{sandbox}/resolv.conf", kPod, true},
      {"/run/containerd/io.containerd.grpc.v1.cri/sandboxes/{sandbox}/shm", kPod, true, true},
      {"/var/lib/containerd/io.containerd.grpc.v1.cri/containers/{id}/volumes/v1", kPod, true,
       true},
      {"/run/containerd/io.containerd.grpc.v1.cri/image-volumes/{sandbox}/x", kPod, true},
      // another pod's, and containerd's own
      {"/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/{id}/hosts", kPod, false},
      {"/run/containerd/io.containerd.grpc.v1.cri/sandboxes/{sandbox}", kPod, false},
      {"/run/containerd/io.containerd.grpc.v1.cri/sandboxes", kPod, false},
      {"/run/containerd/containerd.sock", kPod, false},
      {"/run/containerd/io.containerd.runtime.v2.task/k8s.io/{id}", kPod, false},
      {"/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs", kPod, false},
      // kubelet
      {"/var/lib/kubelet/pods/{uid}/volumes/kubernetes.io~empty-dir/v", kPod, true, true},
      {"/var/lib/kubelet/pods/{uid}/volumes/kubernetes.io~csi/pvc-1/mount", kPod, true, true},
      {"/var/lib/kubelet/pods/{uid}/volumes/kubernetes.io~projected/kube-api-access-x", kPod, true,
       true},
      {"/var/lib/kubelet/pods/{uid}/volume-subpaths/v/app/0", kPod, true, true},
      {"/var/lib/kubelet/pods/{uid}/etc-hosts", kPod, true},
      {"/var/lib/kubelet/pods/{uid}/containers/app/1a2b3c", kPod, true, true},
      {"/var/lib/k0s/kubelet/pods/{uid}/etc-hosts", kPod, true},
      // another pod's, all of a pod's, all pods, kubelet's own
      {"/var/lib/kubelet/pods/00000000-0000-0000-0000-000000000000/volumes/p/v", kPod, false},
      {"/var/lib/kubelet/pods/{uid}/volumes", kPod, false},
      {"/var/lib/kubelet/pods/{uid}", kPod, false},
      {"/var/lib/kubelet/pods", kPod, false},
      {"/var/lib/kubelet/pki/kubelet-client-current.pem", kPod, false},
      {"/var/lib/kubelet/config.yaml", kPod, false},
      {"/var/lib/kubelet/pods/{uid}/volumes/p/v", kAlone, false},
      // Podman and CRI-O
      {"/run/containers/storage/overlay-containers/{id}/userdata/resolv.conf", kAlone, true},
      {"/run/containers/storage/overlay-containers/{id}/userdata/hosts", kAlone, true},
      {"/run/containers/storage/overlay-containers/{id}/userdata/hostname", kAlone, true},
      {"/run/containers/storage/overlay-containers/{id}/userdata/.containerenv", kAlone, true},
      {"/run/containers/storage/overlay-containers/{id}/userdata/run/secrets", kAlone, true},
      {"/run/containers/storage/overlay-containers/{id}/userdata/run/secrets/token", kAlone, true},
      {"/var/lib/containers/storage/overlay-containers/{id}/userdata/shm", kAlone, true, true},
      {"/var/lib/containers/storage/volumes/v1/_data", kAlone, true, true},
      {"/run/containers/storage/overlay-containers/{sandbox}/userdata/shm", kPod, true, true},
      {"/run/containers/storage/overlay-containers/{sandbox}/userdata/resolv.conf", kPod, true},
      // the bundle itself, other containers, and Podman's volumes from a Kubernetes pod
      {"/run/containers/storage/overlay-containers/{id}/userdata/config.json", kAlone, false},
      {"/run/containers/storage/overlay-containers/{id}/userdata", kAlone, false},
      {"/run/containers/storage/overlay-containers/{sandbox}/userdata/shm", kAlone, false},
      {"/var/lib/containers/storage/volumes/v1/_data", kPod, false},
      {"/var/lib/containers/storage/volumes", kAlone, false},
      {"/run/podman/podman.sock", kAlone, false},
      {"/run/crio/crio.sock", kPod, false},
      // Docker
      {"/var/lib/docker/containers/{id}/hosts", kAlone, true},
      {"/var/lib/docker/containers/{id}/hostname", kAlone, true},
      {"/var/lib/docker/containers/{id}/resolv.conf", kAlone, true},
      {"/var/lib/docker/containers/{id}/mounts/shm", kAlone, true, true},
      {"/var/lib/docker/volumes/v1/_data", kAlone, true, true},
      {"/var/lib/docker/containers/{id}/hostconfig.json", kAlone, false},
      {"/var/lib/docker/volumes/v1/_data", kPod, false},
      {"/run/docker.sock", kAlone, false},
      {"/var/run/docker.sock", kAlone, false},
      // the host
      {"/", kAlone, false},
      {"/etc", kPod, false},
      {"/etc/passwd", kPod, false},
      {"/var", kPod, false},
      {"/var/lib", kPod, false},
      {"/opt", kPod, false},
      {"/proc/1/root", kPod, false},
      {"/sys/fs/cgroup", kPod, false},
      {"/dev/sda", kPod, false},
      {"/dev/shm", kPod, false},
      {"/usr/bin", kPod, false},
      {"/root/.ssh", kPod, false},
      {"/home/a", kPod, false},
      {"/boot", kPod, false},
      {"/run/systemd/private", kPod, false},
      {"/run/stockade", kPod, false},
      // data that nothing of the host depends on
      {"/srv/data", kPod, true},
      {"/mnt/disk1", kPod, true},
      {"/data", kAlone, true},
  };
  const auto baseline = LoadClass("baseline", {});
  const auto restricted = LoadClass("restricted", {});
  ASSERT_TRUE(baseline && restricted);
  for (const Case& test : kCases) {
    const std::string path = Text(test.path);
    for (const ClassPolicy* policy : {&*baseline, &*restricted}) {
      EXPECT_EQ(MayMount(policy->host_mounts, path, test.variables), test.may)
          << policy->name << ": " << path;
    }
    EXPECT_TRUE(StaysWritable(baseline->host_mounts, path, test.variables));
    EXPECT_EQ(StaysWritable(restricted->host_mounts, path, test.variables),
              test.writable_in_restricted)
        << path;
  }
}

// isolated mounts what the engines and kubelet make for the pod, runs none of it, and no data.
TEST(BuiltInMounts, IsolatedTakesNoOtherHostPath) {
  const auto isolated = LoadClass("isolated", {});
  const auto restricted = LoadClass("restricted", {});
  ASSERT_TRUE(isolated && restricted);
  const HostMountsRule& rule = isolated->host_mounts;
  EXPECT_TRUE(rule.only_allowed);
  EXPECT_TRUE(rule.no_exec);
  EXPECT_EQ(rule.allowed, restricted->host_mounts.allowed);
  EXPECT_EQ(rule.writable, restricted->host_mounts.writable);
  for (const std::string& pattern : rule.executable) {
    EXPECT_NE(std::find(rule.allowed.begin(), rule.allowed.end(), pattern), rule.allowed.end());
    EXPECT_EQ(std::find(rule.writable.begin(), rule.writable.end(), pattern), rule.writable.end());
  }
  EXPECT_FALSE(restricted->host_mounts.no_exec || restricted->host_mounts.only_allowed);
}

// What restricted leaves writable is a part of what may be mounted at all.
TEST(BuiltInMounts, WritablePatternsAreAllowedOnes) {
  const auto restricted = LoadClass("restricted", {});
  ASSERT_TRUE(restricted);
  const auto& allowed = restricted->host_mounts.allowed;
  for (const std::string& pattern : restricted->host_mounts.writable) {
    EXPECT_NE(std::find(allowed.begin(), allowed.end(), pattern), allowed.end()) << pattern;
  }
}

}  // namespace
}  // namespace stockade::config
