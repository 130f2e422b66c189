// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/process_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <memory>

#include "config/base/file.h"

namespace stockade::ctl {
namespace {

using base::ErrorKind;
using base::UniqueFd;

constexpr std::size_t kMaxFile = 8U << 20;  // mountinfo of a container with very many mounts
constexpr std::size_t kMaxDevices = 4096;   // entries of /dev that are looked at
constexpr std::array<const char*, 8> kNamespaces = {"cgroup", "ipc",  "mnt",  "net",
                                                    "pid",    "time", "user", "uts"};

using NamespaceMap = std::map<std::string, std::string, std::less<>>;

// The links of DIRECTORY/ns; a namespace that this kernel does not have is left out.
base::Result<NamespaceMap> ReadNamespaces(int directory) {
  NamespaceMap namespaces;
  for (const char* name : kNamespaces) {
    std::array<char, 64> link{};
    const ssize_t got =
        readlinkat(directory, fmt::format("ns/{}", name).c_str(), link.data(), link.size());
    if (got < 0 && errno == ENOENT) continue;
    if (got < 0) return base::FailErrno(ErrorKind::kHost, errno, fmt::format("read ns/{}", name));
    namespaces[name] = std::string(link.data(), static_cast<std::size_t>(got));
  }
  return namespaces;
}

// Opens `path` as seen from `root`, which it cannot leave; `links`: also through symbolic links.
UniqueFd OpenInside(int root, const std::string& path, int flags, bool links = false) {
  open_how how = {};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  if (!links) how.resolve |= RESOLVE_NO_SYMLINKS;
  return UniqueFd(static_cast<int>(syscall(SYS_openat2, root, path.c_str(), &how, sizeof(how))));
}

// The first `most` names in an open directory.
std::vector<std::string> NamesIn(int fd, std::size_t most) {
  std::vector<std::string> names;
  UniqueFd own(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(fdopendir(own.get()), closedir);
  if (!directory) return names;
  (void)own.Release();  // closedir closes it
  const dirent* entry = nullptr;
  while (names.size() < most && (entry = readdir(directory.get())) != nullptr) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

// The device files right below /dev.
std::vector<std::string> DevicesIn(int dev) {
  std::vector<std::string> devices;
  for (const std::string& name : NamesIn(dev, kMaxDevices)) {
    struct stat info = {};
    if (fstatat(dev, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISCHR(info.st_mode) || S_ISBLK(info.st_mode)) devices.push_back("/dev/" + name);
  }
  return devices;
}

Content ContentOf(int root, const std::string& path, const UniqueFd& file) {
  struct stat info = {};
  if (!file || fstat(file.get(), &info) != 0) return Content::kSomething;
  if (S_ISCHR(info.st_mode) && info.st_rdev == makedev(1, 3)) return Content::kNullDevice;
  if (!S_ISDIR(info.st_mode)) return Content::kSomething;
  const UniqueFd directory = OpenInside(root, path, O_RDONLY | O_DIRECTORY);
  const bool empty = directory && NamesIn(directory.get(), 1).empty();
  return empty ? Content::kEmptyDirectory : Content::kSomething;
}

}  // namespace

base::Result<ProcessReader> ProcessReader::Open(int pid) {
  const std::string path = fmt::format("/proc/{}", pid);
  UniqueFd directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return base::FailErrno(ErrorKind::kHost, errno, path);
  return ProcessReader(pid, std::move(directory));
}

base::Result<std::string> ProcessReader::Text(const char* name) const {
  const std::string label = fmt::format("/proc/{}/{}", pid_, name);
  const UniqueFd file(openat(directory_.get(), name, O_RDONLY | O_CLOEXEC));
  if (!file) return base::FailErrno(ErrorKind::kHost, errno, label);
  return base::ReadFd(file.get(), kMaxFile, label);
}

base::Status ProcessReader::LookAtFiles(const PathQuestions& paths, ProcessFacts& facts) const {
  const UniqueFd root(openat(directory_.get(), "root", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return base::FailErrno(ErrorKind::kHost, errno, fmt::format("/proc/{}/root", pid_));
  for (const std::string& path : paths.existing) {
    const UniqueFd file = OpenInside(root.get(), path, O_PATH);
    // What cannot be looked at for another reason than that it is not there counts as present.
    if (!file && (errno == ENOENT || errno == ENOTDIR)) continue;
    facts.present[path] = ContentOf(root.get(), path, file);
  }
  for (const std::string& path : paths.destinations) {
    const UniqueFd file = OpenInside(root.get(), path, O_PATH, /*links=*/true);
    std::array<char, PATH_MAX> name{};
    const std::string link = fmt::format("/proc/self/fd/{}", file.get());
    const ssize_t got = file ? readlink(link.c_str(), name.data(), name.size()) : -1;
    if (got > 0) facts.resolved[path] = std::string(name.data(), static_cast<std::size_t>(got));
  }
  const UniqueFd dev = OpenInside(root.get(), "/dev", O_RDONLY | O_DIRECTORY);
  if (dev) facts.devices = DevicesIn(dev.get());
  return {};
}

base::Result<ProcessFacts> ProcessReader::Read(const PathQuestions& paths) const {
  ProcessFacts facts;
  facts.pid = pid_;
  STOCKADE_ASSIGN(const std::string status, Text("status"));
  STOCKADE_TRY(ParseStatus(status, facts));
  STOCKADE_ASSIGN(const std::string map, Text("uid_map"));
  STOCKADE_ASSIGN(facts.uid_map, ParseIdMap(map));
  STOCKADE_ASSIGN(const std::string limits, Text("limits"));
  STOCKADE_ASSIGN(facts.limits, ParseLimits(limits));
  STOCKADE_ASSIGN(const std::string mounts, Text("mountinfo"));
  STOCKADE_ASSIGN(facts.mounts, sandbox::ParseMountInfo(mounts));
  STOCKADE_ASSIGN(facts.cgroup, Text("cgroup"));
  STOCKADE_ASSIGN(facts.namespaces, ReadNamespaces(directory_.get()));
  // Without an LSM that labels processes the file gives EINVAL.
  facts.label = Text("attr/current").value_or("");
  while (!facts.label.empty() && (facts.label.back() == '\n' || facts.label.back() == '\0')) {
    facts.label.pop_back();
  }
  STOCKADE_TRY(LookAtFiles(paths, facts));
  return facts;
}

base::Result<HostNamespaces> ReadHostNamespaces() {
  HostNamespaces host;
  UniqueFd process(open("/proc/1", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!process) return base::FailErrno(ErrorKind::kHost, errno, "/proc/1");
  std::array<char, 1> byte{};
  host.hidden = readlinkat(process.get(), "ns/mnt", byte.data(), byte.size()) < 0 &&
                (errno == EACCES || errno == EPERM);
  if (host.hidden) process.Reset(open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!process) return base::FailErrno(ErrorKind::kHost, errno, "/proc/self");
  STOCKADE_ASSIGN(host.links, ReadNamespaces(process.get()));
  return host;
}

}  // namespace stockade::ctl
