// SPDX-License-Identifier: Apache-2.0
// The half of PathResolver that is about /proc.
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>

#include "config/base/number.h"
#include "filters/interposition/file_decision.h"
#include "sandbox/supervisor/capabilities.h"
#include "sandbox/supervisor/path_walk.h"

namespace stockade::supervisor {
namespace {

constexpr ino_t kProcRoot = 1;  // PROC_ROOT_INO

// The last number of a line of status.
std::optional<pid_t> LastNumber(std::string_view status, std::string_view name) {
  const auto at = status.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view line = status.substr(at + name.size());
  line = line.substr(0, line.find('\n'));
  line = line.substr(line.find_last_of("\t ") + 1);
  const auto number = base::WholeNumber<pid_t>(line);
  return number && *number > 0 ? number : std::nullopt;
}

}  // namespace

base::UniqueFd Look(int directory, const std::string& path, int flags) {
  return base::UniqueFd(openat(directory, path.c_str(), flags));
}

std::optional<std::string> LinkText(int directory, const std::string& name) {
  std::array<char, PATH_MAX> text;
  const ssize_t got = readlinkat(directory, name.c_str(), text.data(), text.size());
  if (got < 0 || static_cast<std::size_t>(got) == text.size()) return std::nullopt;
  return std::string(text.data(), static_cast<std::size_t>(got));
}

long FileSystemOf(int node) {
  struct statfs status = {};
  return fstatfs(node, &status) == 0 ? status.f_type : PROC_SUPER_MAGIC;
}

bool IsOnProc(int node) { return FileSystemOf(node) == PROC_SUPER_MAGIC; }

bool IsProcRoot(int directory) {
  struct stat status = {};
  return fstat(directory, &status) == 0 && status.st_ino == kProcRoot && IsOnProc(directory);
}

std::optional<OwnNumbers> ParseOwnNumbers(std::string_view status) {
  const auto process = LastNumber(status, "\nNStgid:");
  const auto thread = LastNumber(status, "\nNSpid:");
  if (!process || !thread) return std::nullopt;
  return OwnNumbers{*process, *thread};
}

std::optional<OwnNumbers> ReadOwnNumbers(TargetDescriptors& targets, pid_t thread) {
  std::string text;
  return targets.ReadStatus(thread, text) ? ParseOwnNumbers(text) : std::nullopt;
}

int PathResolver::FollowInProc(Walk& walk, const std::string& name, int link) {
  if (!numbers_) numbers_ = ReadOwnNumbers(services_.targets, thread_);
  if (!numbers_) return EACCES;
  if (walk.in_proc && walk.in_proc->empty()) {
    std::optional<std::string> text;
    if (name == "self") {
      text = std::to_string(numbers_->process);
    } else if (name == "thread-self") {
      text = fmt::format("{}/task/{}", numbers_->process, numbers_->thread);
    } else {
      text = LinkText(link, "");
    }
    if (!text) return ENOENT;
    walk.rest = *text + (walk.rest.empty() ? "" : "/") + walk.rest;
    return -1;
  }
  const std::string own = std::to_string(numbers_->process) + "/";
  walk.proven = false;
  if (walk.in_proc && (*walk.in_proc + "/").starts_with(own)) {
    std::string within = (*walk.in_proc + "/").substr(own.size());
    if (within.starts_with("task/")) within.erase(0, within.find('/', 5) + 1);
    walk.at = OwnLink(within + name);
    walk.descriptor = within.ends_with("fd/");
  } else {
    Found nothing;
    if (const int error = CheckProc(nothing, walk.at.get(), false); error != 0) return error;
    walk.at = Look(walk.at.get(), name, kLook);
    walk.descriptor = false;
  }
  walk.in_proc.reset();
  return walk.at ? -1 : errno;
}

// A link of the caller's own process: the kernel would let it through, but not us. By the number
// of the caller's thread, for no other process can have that while the call waits.
base::UniqueFd PathResolver::OwnLink(const std::string& path) const {
  if (!SetCapabilities(kPermitted, Bit(CAP_SYS_PTRACE))) return {};
  base::UniqueFd node;
  constexpr std::string_view kDescriptors = "fd/";
  const auto fd = path.rfind(kDescriptors);
  int number = -1;
  if (fd != std::string::npos) {
    std::string_view digits = path;
    digits.remove_prefix(fd + kDescriptors.size());
    (void)std::from_chars(digits.data(), digits.data() + digits.size(), number);
    node = services_.targets.Descriptor(thread_, number);
    if (!node && errno == EBADF) errno = ENOENT;
  } else {
    node = Look(services_.proc, fmt::format("{}/{}", thread_, path), kLook);
  }
  const int error = errno;
  if (!SetCapabilities(kPermitted, 0)) return {};
  errno = error;
  return node;
}

// EACCES for what is in a procfs that shows us, or that answers for its opener's namespaces.
int PathResolver::CheckProc(const Found& found, int directory, bool writes) const {
  const int node = found.node ? found.node.get() : directory;
  if (!IsOnProc(node)) return 0;
  base::UniqueFd at = Look(directory, ".", kLook | O_DIRECTORY);
  constexpr int kDeep = 16;  // /proc/sys is the deepest
  for (int depth = 0; at && depth < kDeep; ++depth) {
    if (!IsOnProc(at.get())) return EACCES;
    if (IsProcRoot(at.get())) {
      const auto root = LinkText(services_.own_fds, std::to_string(at.get()));
      const auto name = LinkText(services_.own_fds, std::to_string(node));
      if (!root || !name || !name->starts_with(*root) || LinkText(at.get(), "self")) return EACCES;
      std::string_view within = *name;
      within.remove_prefix(root->size());
      const auto start = std::min(within.find_first_not_of('/'), within.size());
      return filters::DependsOnOpener(within.substr(start), writes) ? EACCES : 0;
    }
    at = Look(at.get(), "..", kLook | O_DIRECTORY);
  }
  return EACCES;
}

}  // namespace stockade::supervisor
