// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor_cgroup.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <ctime>

#include "sandbox/host/kernel.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::FailErrno;
using base::Result;
using base::Status;
using base::UniqueFd;

constexpr const char* kRecorded = "/cgroup";
constexpr const char* kProcs = "/cgroup.procs";
constexpr int kAttempts = 1000;  // to remove a cgroup, 2 ms apart: a killed process takes some

bool IsOfType(int folder, long type) {
  struct statfs info = {};
  return fstatfs(folder, &info) == 0 && info.f_type == type;
}

UniqueFd OpenBelow(int top, const std::string& path, int flags) {
  return OpenWithoutLinks(top, path, flags, RESOLVE_BENEATH | RESOLVE_NO_XDEV);
}

UniqueFd OpenFolder(const std::string& path) {
  return UniqueFd(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

tl::unexpected<base::Error> CannotJoin(int error, const std::string& path) {
  return FailErrno(ErrorKind::kHost, error, "the supervisor cannot join its pod's cgroup " + path);
}

// Adds the file of the pod's cgroup below `top`, if it has one there.
Status AddGroup(int top, const std::string& name, const PodCgroup& pod, JoinFiles& files) {
  UniqueFd procs = OpenBelow(top, pod.path.substr(1) + kProcs, O_WRONLY);
  if (!procs && errno != ENOENT) return CannotJoin(errno, name + pod.path);
  if (procs) files.push_back(std::move(procs));
  return {};
}

Result<JoinFiles> OpenVersion1(const std::string& cgroups, const PodCgroup& pod) {
  JoinFiles files;
  std::vector<dev_t> seen;  // of a hierarchy with two controllers both names are links to it
  for (const char* controller : {"cpu", "cpuacct", "memory", "pids"}) {
    const std::string name = fmt::format("{}/{}", cgroups, controller);
    const UniqueFd top = OpenFolder(name);
    if (!top && errno != ENOENT) return CannotJoin(errno, name + pod.path);
    struct stat info = {};
    if (!top || !IsOfType(top.get(), CGROUP_SUPER_MAGIC) || fstat(top.get(), &info) != 0) continue;
    if (std::find(seen.begin(), seen.end(), info.st_dev) != seen.end()) continue;
    seen.push_back(info.st_dev);
    STOCKADE_TRY(AddGroup(top.get(), name, pod, files));
  }
  return files;
}

Result<JoinFiles> OpenVersion2(int top, const std::string& cgroups, const PodCgroup& pod,
                               const std::string& state_directory, const std::string& id) {
  JoinFiles files;
  const UniqueFd folder = OpenBelow(top, pod.path.substr(1), O_PATH | O_DIRECTORY);
  if (!folder && errno == ENOENT) return files;
  if (!folder) return CannotJoin(errno, cgroups + pod.path);
  const std::string name = "stockade-" + id;
  const std::string path = fmt::format("{}{}/{}", cgroups, pod.path, name);
  const std::string record = state_directory + kRecorded;
  if (symlink(path.c_str(), record.c_str()) != 0) {
    return FailErrno(ErrorKind::kHost, errno, record);
  }
  if (mkdirat(folder.get(), name.c_str(), 0755) != 0) {
    const int error = errno;
    unlink(record.c_str());  // it is not ours to remove
    return CannotJoin(error, path);
  }
  UniqueFd procs = OpenBelow(folder.get(), name + kProcs, O_WRONLY);
  if (!procs) return CannotJoin(errno, path);
  files.push_back(std::move(procs));
  return files;
}

void KillAllIn(const std::string& cgroup) {
  const UniqueFd file(open((cgroup + "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC));
  if (file) (void)!write(file.get(), "1", 1);
}

}  // namespace

Result<JoinFiles> OpenPodCgroup(const std::string& cgroups, const PodCgroup& pod,
                                const std::string& state_directory, const std::string& id) {
  const UniqueFd top = OpenFolder(cgroups);
  if (!top && errno != ENOENT) return CannotJoin(errno, cgroups + pod.path);
  if (!top) return JoinFiles();
  if (!IsOfType(top.get(), CGROUP2_SUPER_MAGIC)) return OpenVersion1(cgroups, pod);
  return OpenVersion2(top.get(), cgroups, pod, state_directory, id);
}

int JoinCgroups(const JoinFiles& files) {
  for (const UniqueFd& file : files) {
    if (write(file.get(), "0", 1) != 1) return errno;
  }
  return 0;
}

Status RemoveSupervisorCgroup(const std::string& state_directory) {
  std::array<char, PATH_MAX> buffer;
  const ssize_t got = readlink((state_directory + kRecorded).c_str(), buffer.data(), buffer.size());
  if (got <= 0) return {};
  const std::string path(buffer.data(), static_cast<std::size_t>(got));
  for (int attempt = 0; rmdir(path.c_str()) != 0; ++attempt) {
    if (errno == ENOENT) return {};  // or kubelet was first
    if (errno != EBUSY || attempt == kAttempts) return FailErrno(ErrorKind::kHost, errno, path);
    if (attempt == 0) KillAllIn(path);
    const timespec pause{.tv_sec = 0, .tv_nsec = 2'000'000};
    nanosleep(&pause, nullptr);
  }
  return {};
}

}  // namespace stockade::sandbox
