// SPDX-License-Identifier: Apache-2.0
#include "shim/command_lookup.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "config/base/fd.h"
#include "config/base/file.h"
#include "config/glob.h"
#include "sandbox/delegate_state.h"

namespace stockade::shim {
namespace {

using base::ErrorKind;
using base::Json;
using base::UniqueFd;

constexpr std::string_view kNotRun =
    "permission denied: the class lets nothing run there (rootfs.executable, hostMounts.noExec)";

// A container's root file system, and what its process would search.
struct Search {
  UniqueFd root;
  std::string path;  // PATH
  std::string cwd;
  // Paths of the root from which alone programs will run; empty: all of it, but for what its
  // mounts say already.
  std::span<const std::string> executable;
};

// The image decides what a path leads to, so the walk never leaves the container's root.
UniqueFd OpenInside(const Search& search, const std::string& path) {
  open_how how = {};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return UniqueFd(
      static_cast<int>(syscall(SYS_openat2, search.root.get(), path.c_str(), &how, sizeof(how))));
}

std::string PathOf(const UniqueFd& file) {
  std::error_code error;
  return std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", file.get()), error);
}

// False if the class lets `file` not run.
bool MayRun(const Search& search, const UniqueFd& file) {
  struct statvfs mount = {};
  if (fstatvfs(file.get(), &mount) == 0 && (mount.f_flag & ST_NOEXEC) != 0) return false;
  if (search.executable.empty()) return true;
  const std::string path = PathOf(file);
  return std::ranges::any_of(search.executable, [&](const std::string& listed) {
    const UniqueFd place = OpenInside(search, listed);
    return place && config::IsWithin(path, PathOf(place));
  });
}

// Why `file` cannot be run, in the kernel's words; "" if it can, or if that cannot be told.
std::string_view WhyNot(const Search& search, const std::string& file) {
  const UniqueFd found = OpenInside(search, file.starts_with('/') ? file : search.cwd + "/" + file);
  if (!found && errno == ENOENT) return "no such file or directory";
  if (!found && errno == ENOTDIR) return "not a directory";
  struct stat info = {};
  if (!found || fstat(found.get(), &info) != 0) return "";
  if (!S_ISREG(info.st_mode) || (info.st_mode & 0111U) == 0) return "permission denied";
  return MayRun(search, found) ? "" : kNotRun;
}

base::Status Check(const Search& search, const std::string& command) {
  if (!search.root || command.empty()) return {};
  constexpr std::string_view kWhere = "unable to start container process: exec";
  if (command.find('/') != std::string::npos) {
    const std::string_view why = WhyNot(search, command);
    if (why.empty()) return {};
    return base::Fail(ErrorKind::kSpec, "{}: \"{}\": stat {}: {}", kWhere, command, command, why);
  }
  if (search.path.empty()) return {};  // stockade-init knows the usual places
  std::string_view last = "executable file not found in $PATH";
  for (std::string_view rest = search.path; !rest.empty();) {
    const auto colon = std::min(rest.find(':'), rest.size());
    const std::string folder(rest.substr(0, colon));
    rest.remove_prefix(std::min(colon + 1, rest.size()));
    const std::string_view why = WhyNot(search, (folder.empty() ? "." : folder) + "/" + command);
    if (why.empty()) return {};
    if (why == kNotRun) last = why;
  }
  return base::Fail(ErrorKind::kSpec, "{}: \"{}\": {}", kWhere, command, last);
}

// False of a process that has changed its root to a folder. The delegate enters its mount
// namespace, whose own root nobody else can look at.
bool IsRootOfItsMounts(const UniqueFd& root) {
  struct statx info = {};
  return statx(root.get(), "", AT_EMPTY_PATH, 0, &info) == 0 &&
         (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

Search SearchOf(const Json& process, const std::string& root) {
  Search search;
  search.root.Reset(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const Json* const cwd = base::Find(process, "/cwd");
  search.cwd = cwd != nullptr && cwd->is_string() ? cwd->get<std::string>() : "/";
  const Json* const environment = base::Find(process, "/env");
  if (environment == nullptr || !environment->is_array()) return search;
  for (const Json& entry : *environment) {
    if (!entry.is_string()) continue;
    const std::string& text = entry.get_ref<const std::string&>();
    if (text.starts_with("PATH=")) search.path = text.substr(5);
  }
  return search;
}

bool IsBind(const Json& mount) {
  const Json* const options = base::Find(mount, "/options");
  return options != nullptr && options->is_array() &&
         std::ranges::any_of(*options, [](const Json& word) {
           return word.is_string() && (word == "bind" || word == "rbind");
         });
}

// True if a mount could bring the command: any that is neither the kernel's, an engine's own file
// nor an empty folder for what changes. A volume may lie beside these.
bool MayBringCommand(const Json& mount) {
  static constexpr std::array<std::string_view, 3> kKernels{"/proc", "/sys", "/dev"};
  static constexpr std::array<std::string_view, 7> kEngines{
      "/etc/hosts",
      "/etc/hostname",
      "/etc/resolv.conf",
      "/.dockerenv",
      "/run/.containerenv",
      "/run/secrets",
      "/var/run/secrets/kubernetes.io/serviceaccount"};
  static constexpr std::array<std::string_view, 3> kEmpty{"/tmp", "/run", "/var/run"};
  const Json* const destination = base::Find(mount, "/destination");
  if (destination == nullptr || !destination->is_string()) return true;
  const std::string& text = destination->get_ref<const std::string&>();
  const auto below = [&](std::string_view folder) { return config::IsWithin(text, folder); };
  if (std::ranges::any_of(kKernels, below)) return false;
  if (std::ranges::find(kEngines, text) != kEngines.end()) return false;
  const Json* const type = base::Find(mount, "/type");
  const bool empty = type != nullptr && *type == "tmpfs" && !IsBind(mount);
  return !empty || std::ranges::none_of(kEmpty, below);
}

bool MountsMatter(const Json& config) {
  const Json* const mounts = base::Find(config, "/mounts");
  return mounts != nullptr && mounts->is_array() && std::ranges::any_of(*mounts, MayBringCommand);
}

}  // namespace

base::Status CheckCommandInBundle(const Json& config, const std::string& root, std::size_t index,
                                  std::span<const std::string> executable) {
  const Json* const process = base::Find(config, "/process");
  const Json* const command = base::Find(config, fmt::format("/process/args/{}", index));
  if (process == nullptr || command == nullptr || !command->is_string() || MountsMatter(config)) {
    return {};
  }
  Search search = SearchOf(*process, root);
  search.executable = executable;
  return Check(search, command->get<std::string>());
}

base::Status CheckCommandInContainer(const Json& process, const std::string& delegate_root,
                                     const std::string& id) {
  const Json* const command = base::Find(process, "/args/0");
  if (command == nullptr || !command->is_string()) return {};
  const auto first = sandbox::FirstProcess(delegate_root, id);
  if (!first) return {};
  const Search search = SearchOf(process, fmt::format("/proc/{}/root", first->pid));
  // Asked after the root was opened: the pid was not another's.
  if (!first->Alive() || !IsRootOfItsMounts(search.root)) return {};
  return Check(search, command->get<std::string>());
}

}  // namespace stockade::shim
