// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host_view.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <array>
#include <cerrno>
#include <utility>

#include "config/base/file.h"
#include "sandbox/limit_names.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::Fail;
using base::FailErrno;
using base::Result;

constexpr std::size_t kMaxKernelFile = 4U << 20;  // of a file that the kernel makes

// Type in the OCI specification, name below /proc/<pid>/ns.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kNamespaceFiles{{
    {"pid", "pid"},
    {"network", "net"},
    {"mount", "mnt"},
    {"ipc", "ipc"},
    {"uts", "uts"},
    {"user", "user"},
    {"cgroup", "cgroup"},
    {"time", "time"},
}};

bool SameFile(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

Result<bool> HostView::IsHostNamespace(const std::string& path, std::string_view type) const {
  return Fail(ErrorKind::kHost, "cannot tell whose {} namespace {} is", type, path);
}

bool HostView::IsDirectory(const std::string&) const { return true; }

Result<DeviceNumbers> HostView::Device(const std::string& path) const {
  return Fail(ErrorKind::kHost, "cannot tell which device {} is", path);
}

Result<LimitPair> HostView::InheritedLimit(std::string_view limit) const {
  return Fail(ErrorKind::kHost, "cannot tell the inherited {}", limit);
}

Result<std::string> RealHost::Resolve(const std::string& path) const {
  return base::ResolvePath(path);
}

LsmFacts RealHost::Lsm() const {
  const auto apparmor = base::ReadFile("/sys/module/apparmor/parameters/enabled", 16);
  const auto selinux = base::ReadFile("/sys/fs/selinux/enforce", 16);
  return {.apparmor = apparmor && apparmor->starts_with('Y'), .selinux = selinux.has_value()};
}

bool RealHost::AppArmorProfileLoaded(const std::string& name) const {
  const auto profiles = base::ReadFile("/sys/kernel/security/apparmor/profiles", kMaxKernelFile);
  if (!profiles || name.empty()) return false;
  // One "name (mode)" a line; a name may hold spaces.
  const std::string line = "\n" + name + " (";
  return ("\n" + *profiles).find(line) != std::string::npos;
}

Result<bool> RealHost::IsHostNamespace(const std::string& path, std::string_view type) const {
  struct stat given = {};
  if (stat(path.c_str(), &given) != 0) return FailErrno(ErrorKind::kHost, errno, path);
  for (const auto& [oci, file] : kNamespaceFiles) {
    if (oci != type) continue;
    for (const char* process : {"1", "self"}) {
      const std::string own = fmt::format("/proc/{}/ns/{}", process, file);
      struct stat host = {};
      if (stat(own.c_str(), &host) != 0) {
        // Process 1 may own more capabilities than we do, and then hides its namespaces. Ours are
        // the engine's, and so the host as far as the engine knows it.
        if (errno == EACCES && process[0] == '1') continue;
        return FailErrno(ErrorKind::kHost, errno, own);
      }
      if (SameFile(given, host)) return true;
    }
    return false;
  }
  return Fail(ErrorKind::kSpec, "there is no namespace of type \"{}\"", type);
}

bool RealHost::IsDirectory(const std::string& path) const {
  struct stat file = {};
  return stat(path.c_str(), &file) != 0 || S_ISDIR(file.st_mode);
}

Result<DeviceNumbers> RealHost::Device(const std::string& path) const {
  struct stat node = {};
  if (stat(path.c_str(), &node) != 0) return FailErrno(ErrorKind::kHost, errno, path);
  if (!S_ISCHR(node.st_mode) && !S_ISBLK(node.st_mode)) {
    return Fail(ErrorKind::kHost, "{} is not a device", path);
  }
  return DeviceNumbers{S_ISCHR(node.st_mode) ? 'c' : 'b', major(node.st_rdev), minor(node.st_rdev)};
}

Result<LimitPair> RealHost::InheritedLimit(std::string_view limit) const {
  const auto number = LimitNumber(limit);
  if (!number) return Fail(ErrorKind::kSpec, "there is no resource limit {}", limit);
  struct rlimit own = {};
  if (getrlimit(static_cast<__rlimit_resource_t>(*number), &own) != 0) {
    return FailErrno(ErrorKind::kHost, errno, limit);
  }
  return LimitPair{own.rlim_cur, own.rlim_max};
}

}  // namespace stockade::sandbox
