// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host_view.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include <array>
#include <cerrno>
#include <utility>

#include "config/base/fd.h"
#include "config/base/file.h"
#include "config/glob.h"
#include "filters/floor.h"
#include "filters/pod_profile.h"
#include "sandbox/content_cache.h"
#include "sandbox/filter_cache.h"
#include "sandbox/host/kernel.h"
#include "sandbox/host/try_idmap.h"
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

Result<std::vector<FilePlace>> HostView::Places(const std::string&) const {
  return std::vector<FilePlace>();
}

Result<bool> HostView::IsHostNamespace(const std::string& path, std::string_view type) const {
  return Fail(ErrorKind::kHost, "cannot tell whose {} namespace {} is", type, path);
}

Result<bool> HostView::BelongsTo(const std::string& path, const std::string&) const {
  return Fail(ErrorKind::kHost, "cannot tell whose the namespace {} is", path);
}

Result<NamespaceIds> HostView::UserNamespaceIds(const std::string& path) const {
  return Fail(ErrorKind::kHost, "cannot tell which ids the user namespace {} has", path);
}

bool HostView::IsDirectory(const std::string&) const { return true; }

Result<DeviceNumbers> HostView::Device(const std::string& path) const {
  return Fail(ErrorKind::kHost, "cannot tell which device {} is", path);
}

Result<bool> HostView::OthersMayOpen(const std::string& path) const {
  return Fail(ErrorKind::kHost, "cannot tell who may open {}", path);
}

Result<std::vector<std::string>> HostView::MountFlags(const std::string& path) const {
  return Fail(ErrorKind::kHost, "cannot tell how {} is mounted", path);
}

Result<std::string> HostView::InitProgram() const {
  return Fail(ErrorKind::kHost, "there is no stockade-init");
}

base::Status HostView::InitCanBeNobodys() const {
  return Fail(ErrorKind::kHost, "cannot tell who would own stockade-init");
}

Result<filters::Program> HostView::CompiledFilter(const base::Json&) const {
  return Fail(ErrorKind::kHost, "nothing compiles a filter");
}

Result<bool> HostView::ClassFilterCovers(std::string_view profile,
                                         const config::CapabilityNames& remaining,
                                         const std::vector<std::string>& compat_architectures,
                                         const base::Json& own) const {
  STOCKADE_ASSIGN(const base::Json floor,
                  filters::BuildFloor(profile, remaining, compat_architectures));
  return !filters::FirstCallLost(own, floor);
}

Result<LimitPair> HostView::InheritedLimit(std::string_view limit) const {
  return Fail(ErrorKind::kHost, "cannot tell the inherited {}", limit);
}

Result<std::string> RealHost::Resolve(const std::string& path) const {
  const auto known = resolved_.find(path);
  if (known != resolved_.end()) return known->second;
  return resolved_.emplace(path, base::ResolvePath(path)).first->second;
}

Result<std::vector<FilePlace>> RealHost::Places(const std::string& path) const {
  const auto known = places_.find(path);
  if (known != places_.end()) return known->second;
  return places_.emplace(path, LookUpPlaces(path)).first->second;
}

Result<std::vector<FilePlace>> RealHost::LookUpPlaces(const std::string& path) const {
  const base::UniqueFd file = OpenWithoutLinks(AT_FDCWD, path, O_PATH | O_NOFOLLOW);
  if (!file) return FailErrno(ErrorKind::kHost, errno, path);
  STOCKADE_ASSIGN(const MountIdentity identity, IdentifyMount(file.get(), path));
  if (!mounts_) mounts_ = ReadMounts();
  if (!*mounts_) return tl::unexpected(mounts_->error());
  std::vector<FilePlace> places(1);
  for (const MountEntry& mount : **mounts_) {
    if (mount.id == identity.mount) {
      if (!config::IsWithin(path, mount.point)) break;
      const std::string below = mount.point == "/" ? path : path.substr(mount.point.size());
      places[0] = {mount.device, mount.root == "/" && !below.empty() ? below : mount.root + below};
    } else if (mount.point != path && config::IsWithin(mount.point, path)) {
      places.push_back({mount.device, mount.root});
    }
  }
  if (!places[0].device.empty()) return places;
  return Fail(ErrorKind::kHost, "{}: its mount is not in /proc/thread-self/mountinfo", path);
}

LsmFacts RealHost::Lsm() const {
  if (lsm_) return *lsm_;
  const auto apparmor = base::ReadFile("/sys/module/apparmor/parameters/enabled", 16);
  const auto selinux = base::ReadFile("/sys/fs/selinux/enforce", 16);
  lsm_ = {.apparmor = apparmor && apparmor->starts_with('Y'), .selinux = selinux.has_value()};
  return *lsm_;
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

Result<bool> RealHost::BelongsTo(const std::string& path, const std::string& user_namespace) const {
  const base::UniqueFd file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file) return FailErrno(ErrorKind::kHost, errno, path);
  const base::UniqueFd owner(ioctl(file.get(), NS_GET_USERNS));
  // EPERM: one that we are not in, nor below which.
  if (!owner && errno == EPERM) return false;
  if (!owner) return FailErrno(ErrorKind::kHost, errno, fmt::format("{}: NS_GET_USERNS", path));
  struct stat found = {};
  struct stat expected = {};
  if (fstat(owner.get(), &found) != 0) return FailErrno(ErrorKind::kHost, errno, path);
  if (stat(user_namespace.c_str(), &expected) != 0) {
    return FailErrno(ErrorKind::kHost, errno, user_namespace);
  }
  return SameFile(found, expected);
}

Result<NamespaceIds> RealHost::UserNamespaceIds(const std::string& path) const {
  return ReadUserNamespace(path);
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

Result<bool> RealHost::OthersMayOpen(const std::string& path) const {
  struct stat node = {};
  if (stat(path.c_str(), &node) != 0) return FailErrno(ErrorKind::kHost, errno, path);
  return (node.st_mode & 06U) == 06U;
}

Result<std::vector<std::string>> RealHost::MountFlags(const std::string& path) const {
  struct statvfs facts = {};
  if (statvfs(path.c_str(), &facts) != 0) return FailErrno(ErrorKind::kHost, errno, path);
  static constexpr std::array<std::pair<unsigned long, const char*>, 4> kFlags{
      {{ST_RDONLY, "ro"}, {ST_NOSUID, "nosuid"}, {ST_NODEV, "nodev"}, {ST_NOEXEC, "noexec"}}};
  std::vector<std::string> words;
  for (const auto& [flag, word] : kFlags) {
    if ((facts.f_flag & flag) != 0) words.emplace_back(word);
  }
  return words;
}

Result<std::string> RealHost::InitProgram() const {
  // PREFIX/bin/stockade has it in PREFIX/libexec/stockade.
  STOCKADE_ASSIGN(const std::string self, Resolve("/proc/self/exe"));
  const std::string bin = self.substr(0, self.rfind('/'));
  const std::string path = bin.substr(0, bin.rfind('/')) + "/libexec/stockade/stockade-init";
  struct stat file = {};
  if (lstat(path.c_str(), &file) != 0) return FailErrno(ErrorKind::kHost, errno, path);
  if (!S_ISREG(file.st_mode) || (file.st_mode & 07777U) != 0111) {
    return base::FailHint(
        ErrorKind::kHost, fmt::format("chmod 0111 {}", path),
        "{}: its mode is {:04o}, and a container that can read it could look into "
        "a process before its filters are on",
        path, file.st_mode & 07777U);
  }
  STOCKADE_TRY(base::CheckOwnedByRoot(path, ErrorKind::kHost));
  return path;
}

base::Status RealHost::InitCanBeNobodys() const {
  if (nobodys_) return *nobodys_;
  STOCKADE_ASSIGN(const std::string program, InitProgram());
  struct stat file = {};
  if (stat(program.c_str(), &file) != 0) return FailErrno(ErrorKind::kHost, errno, program);
  // Trying takes a process. The cache goes with the boot, and so with the kernel.
  const ContentCache cache(state_directory_ + "/.filters");
  const std::string question =
      fmt::format("nobody's\n{}\n{} {}", program, file.st_dev, file.st_ino);
  nobodys_ = base::Status{};
  if (cache.Find(question)) return {};
  nobodys_ = TryNobodys(program);
  if (*nobodys_) cache.Keep(question, "yes");
  return *nobodys_;
}

Result<filters::Program> RealHost::CompiledFilter(const base::Json& seccomp) const {
  return FilterCache(state_directory_ + "/.filters").Get(seccomp);
}

Result<bool> RealHost::ClassFilterCovers(std::string_view profile,
                                         const config::CapabilityNames& remaining,
                                         const std::vector<std::string>& compat_architectures,
                                         const base::Json& own) const {
  return FilterCache(state_directory_ + "/.filters")
      .Covers(profile, remaining, compat_architectures, own);
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
