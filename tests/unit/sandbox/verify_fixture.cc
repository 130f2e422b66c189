// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/sandbox/verify_fixture.h"

#include <gtest/gtest.h>

#include "filters/floor.h"

namespace stockade::sandbox {

using base::ErrorKind;
using base::Fail;
using base::Json;
using base::Result;
using config::Mode;

Result<std::string> FakeHost::Resolve(const std::string& path) const {
  if (path.find("missing") != std::string::npos) return Fail(ErrorKind::kHost, "{}: missing", path);
  const auto link = links.find(path);
  return link == links.end() ? path : link->second;
}

Result<bool> FakeHost::IsHostNamespace(const std::string& path, std::string_view) const {
  if (!path.starts_with("/proc/")) return Fail(ErrorKind::kHost, "{}: no such namespace", path);
  return path.starts_with("/proc/1/") || path.starts_with("/proc/7/");
}

Result<DeviceNumbers> FakeHost::Device(const std::string& path) const {
  if (path == "/dev/fuse") return DeviceNumbers{'c', 10, 229};
  return Fail(ErrorKind::kHost, "{}: no such device", path);
}

Result<LimitPair> FakeHost::InheritedLimit(std::string_view) const {
  return LimitPair{1024, 1U << 20};
}

config::ClassPolicy StrictClass() {
  config::ClassPolicy policy;
  policy.name = "strict";
  policy.delegate_annotations = {Mode::kConfine, {"run.oci.keep_original_groups"}};
  policy.oci_fields.mode = Mode::kRefuse;
  policy.privileged.mode = Mode::kRefuse;
  policy.namespaces = {Mode::kRefuse,  Mode::kRefuse,  Mode::kRefuse,
                       Mode::kConfine, Mode::kConfine, Mode::kRefuse};
  policy.capabilities = {Mode::kConfine, {"CAP_NET_BIND_SERVICE", "CAP_CHOWN"}};
  policy.no_new_privileges.mode = Mode::kConfine;
  policy.user.run_as_non_root = Mode::kRefuse;
  policy.rlimits = {Mode::kConfine, {{"RLIMIT_NOFILE", 1024}, {"RLIMIT_CORE", 0}}};
  policy.seccomp = {
      Mode::kConfine, "restricted", {}, config::FilterInstaller::kDelegate, /*complain=*/false};
  policy.host_mounts.mode = Mode::kRefuse;
  policy.host_mounts.guarded = {"/etc",     "/proc",           "/sys", "/dev", "/run",
                                "/var/run", "/var/lib/kubelet"};
  policy.host_mounts.allowed = {"/var/lib/kubelet/pods/${pod-uid}/volumes/*/*"};
  policy.host_mounts.read_only = true;
  policy.host_mounts.writable = {"/var/lib/kubelet/pods/${pod-uid}/volumes/*/*"};
  policy.host_mounts.file_systems = {"proc",   "sysfs",  "tmpfs",  "devpts",
                                     "mqueue", "cgroup", "cgroup2"};
  policy.rootfs.mode = Mode::kConfine;
  config::WritablePath tmp;
  tmp.path = "/tmp";
  tmp.size_bytes = 64U << 20;
  tmp.inodes = 1000;
  config::WritablePath work = tmp;
  work.path = "/work";
  work.mode = 0755;
  work.exec = true;
  config::WritablePath data;
  data.path = "/data";
  data.kind = config::WritablePath::Kind::kVolume;
  policy.rootfs.writable = {tmp, work, data};
  policy.user_namespace.force = true;
  policy.kernel_paths = {
      Mode::kConfine, {"/proc/kcore", "/proc/keys", "/sys/firmware"}, {"/proc/sys", "/proc/bus"}};
  policy.devices = {Mode::kRefuse, {"/dev/null", "/dev/zero", "/dev/fuse"}};
  policy.sysctls = {Mode::kRefuse,
                    {"net.ipv4.*", "kernel.shm_rmid_forced", "user.*", "vm.swappiness"}};
  policy.hooks = {Mode::kRefuse, {"/usr/bin/good-hook"}};
  policy.lsm = {Mode::kConfine, "loaded", Mode::kConfine, "system_u:system_r:container_t:s0"};
  return policy;
}

Container PodContainer() {
  return {"c0ffee", "/run/bundle", Role::kPodContainer, "5a4db0", "11-22", "default", "web"};
}

Json GoodProcess() {
  return Json::parse(R"({
    "terminal": false, "args": ["sh"], "cwd": "/",
    "user": {"uid": 1000, "gid": 1000, "additionalGids": [5]},
    "capabilities": {"bounding": ["CAP_NET_BIND_SERVICE"], "effective": ["CAP_NET_BIND_SERVICE"],
                     "permitted": ["CAP_NET_BIND_SERVICE"], "inheritable": [], "ambient": []},
    "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 512},
                {"type": "RLIMIT_CORE", "hard": 0, "soft": 0},
                {"type": "RLIMIT_NPROC", "hard": 99999, "soft": 99999}],
    "noNewPrivileges": true,
    "apparmorProfile": "loaded",
    "selinuxLabel": "system_u:system_r:container_t:s0:c1,c2",
    "oomScoreAdj": 1000
  })");
}

namespace {

Json MakeGoodConfig() {
  Json config = Json::parse(R"({
    "ociVersion": "1.0.2",
    "root": {"path": "rootfs", "readonly": true},
    "hostname": "web",
    "mounts": [
      {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "noexec", "nodev"]},
      {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
      {"destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["nosuid", "noexec", "gid=5"]},
      {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["nosuid", "noexec", "nodev", "size=65536k"]},
      {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue", "options": ["nosuid", "noexec", "nodev", "rnosuid", "rnoexec", "rnodev"]},
      {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]},
      {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["nosuid", "noexec", "nodev", "ro"]},
      {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "noexec", "size=67108864", "nr_inodes=1000", "mode=1777"]},
      {"destination": "/work/", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "size=64m", "nr_inodes=1000", "mode=755"]},
      {"destination": "/data", "type": "bind", "source": "/var/lib/kubelet/pods/11-22/volumes/empty/data", "options": ["rbind", "rprivate", "rw", "nosuid", "nodev", "noexec", "rnosuid", "rnodev", "rnoexec"]},
      {"destination": "/opt/files", "type": "bind", "source": "/srv/files", "options": ["rbind", "rslave", "ro", "rro"]}
    ],
    "hooks": {"createRuntime": [{"path": "/usr/bin/good-hook"}]},
    "annotations": {"a": "b", "run.oci.keep_original_groups": "1"},
    "linux": {
      "sysctl": {"net.ipv4.ip_unprivileged_port_start": "0", "kernel.shm_rmid_forced": "1"},
      "resources": {
        "devices": [{"allow": false, "access": "rwm"},
                    {"allow": true, "type": "c", "major": 1, "minor": 3, "access": "rwm"},
                    {"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rw"}],
        "memory": {"limit": 1048576}, "unified": {"memory.high": "max"}
      },
      "cgroupsPath": "/kubepods/x",
      "namespaces": [{"type": "pid"}, {"type": "ipc", "path": "/proc/77/ns/ipc"}, {"type": "uts", "path": "/proc/77/ns/uts"},
                     {"type": "mount"}, {"type": "network", "path": "/proc/77/ns/net"}, {"type": "cgroup"},
                     {"type": "user", "path": "/proc/77/ns/user"}],
      "uidMappings": [{"containerID": 0, "hostID": 1048576, "size": 65536}],
      "gidMappings": [{"containerID": 0, "hostID": 1048576, "size": 65536}],
      "devices": [{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 438}],
      "maskedPaths": ["/proc/kcore", "/proc/keys", "/sys/firmware"],
      "readonlyPaths": ["/proc/sys", "/proc/bus"]
    }
  })");
  config["process"] = GoodProcess();
  config["linux"]["seccomp"] =
      filters::BuildFloor("restricted", {"CAP_NET_BIND_SERVICE"}, {}).value();
  return config;
}

}  // namespace

Json GoodConfig() {
  static const Json kConfig = MakeGoodConfig();  // the floor takes its time
  return kConfig;
}

SpecDocument AsDocument(const Json& json, DocumentKind kind) {
  auto document = SpecDocument::Parse(base::DumpJson(json), kind, "test.json");
  EXPECT_TRUE(document) << (document ? "" : document.error().Text());
  return std::move(*document);
}

}  // namespace stockade::sandbox
