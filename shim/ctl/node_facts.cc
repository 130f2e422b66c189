// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/node_facts.h"

#include <linux/landlock.h>
#include <linux/magic.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>

#include "config/base/file.h"
#include "shim/ctl/run_program.h"
#include "shim/delegate.h"

namespace stockade::ctl {
namespace {

constexpr std::size_t kMaxFile = 64U << 10;

std::string ReadOr(const char* path) { return base::ReadFile(path, kMaxFile).value_or(""); }

// The type of the file system at `path`, 0 if there is nothing.
long FileSystemAt(const char* path) {
  struct statfs info = {};
  return statfs(path, &info) == 0 ? static_cast<long>(info.f_type) : 0;
}

CgroupLayout ReadCgroup() {
  if (FileSystemAt("/sys/fs/cgroup") == CGROUP2_SUPER_MAGIC) return CgroupLayout::kUnified;
  if (FileSystemAt("/sys/fs/cgroup") != TMPFS_MAGIC) return CgroupLayout::kNone;
  const bool both = FileSystemAt("/sys/fs/cgroup/unified") == CGROUP2_SUPER_MAGIC;
  return both ? CgroupLayout::kHybrid : CgroupLayout::kLegacy;
}

std::optional<long long> ReadMaxUserNamespaces() {
  struct stat info = {};
  if (stat("/proc/self/ns/user", &info) != 0) return std::nullopt;
  const std::string text = ReadOr("/proc/sys/user/max_user_namespaces");
  long long most = 0;
  std::from_chars(text.data(), text.data() + text.size(), most);
  return most;
}

std::vector<std::string> ReadUnprivilegedLimits() {
  std::vector<std::string> limits;
  if (ReadOr("/proc/sys/kernel/unprivileged_userns_clone") == "0\n") {
    limits.emplace_back("kernel.unprivileged_userns_clone=0");
  }
  if (ReadOr("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1\n") {
    limits.emplace_back("kernel.apparmor_restrict_unprivileged_userns=1");
  }
  return limits;
}

// Fills in what `program`, at its path, says for --version.
void AskVersion(ProgramFacts& program) {
  const auto ran = RunProgram({program.path, "--version"}, std::chrono::seconds(5));
  if (!ran) {
    program.error = ran.error().message;
  } else if (ran->exit_code != 0) {
    program.error = fmt::format("{} --version: exit code {}", program.path, ran->exit_code);
  } else {
    program.banner = ran->out.substr(0, ran->out.find('\n'));
  }
}

}  // namespace

KernelFacts ReadKernelFacts(const sandbox::HostView& host) {
  KernelFacts facts;
  utsname name = {};
  if (uname(&name) == 0) facts.release = name.release;
  facts.seccomp_filter = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
  facts.seccomp_actions = ReadOr("/proc/sys/kernel/seccomp/actions_avail");
  facts.no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0;
  facts.max_user_namespaces = ReadMaxUserNamespaces();
  facts.unprivileged_limits = ReadUnprivilegedLimits();
  facts.overlay = ReadOr("/proc/filesystems").find("\toverlay\n") != std::string::npos;
  facts.cgroup = ReadCgroup();
  facts.lsm = host.Lsm();
  const long abi =
      syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  facts.landlock = abi > 0 ? static_cast<int>(abi) : 0;
  return facts;
}

StateFacts ReadStateFacts(const std::string& directory) {
  StateFacts facts{directory, true, false, false};
  struct stat info = {};
  while (stat(facts.path.c_str(), &info) != 0 && facts.path.size() > 1) {
    facts.exists = false;
    facts.path.resize(std::max<std::size_t>(facts.path.rfind('/'), 1));
  }
  struct statvfs system = {};
  const bool read_only =
      statvfs(facts.path.c_str(), &system) != 0 || (system.f_flag & ST_RDONLY) != 0;
  facts.writable = S_ISDIR(info.st_mode) && !read_only && access(facts.path.c_str(), W_OK) == 0;
  const long type = FileSystemAt(facts.path.c_str());
  facts.in_memory = type == TMPFS_MAGIC || type == RAMFS_MAGIC;
  return facts;
}

ProgramFacts ReadDelegate(const std::string& name, const config::NodeConfig& node) {
  ProgramFacts program;
  program.name = name.empty() ? node.default_delegate : name;
  const auto path = shim::FindDelegate(program.name, node);
  if (!path) {
    program.error = path.error().message;
    program.hint = path.error().hint;
    return program;
  }
  program.path = *path;
  AskVersion(program);
  return program;
}

ProgramFacts ReadProgram(const std::string& name) {
  ProgramFacts program;
  program.name = name;
  const char* variable = std::getenv("PATH");
  std::string_view rest = variable == nullptr ? "/usr/bin:/usr/local/bin" : variable;
  while (!rest.empty() && program.path.empty()) {
    const std::string path = fmt::format("{}/{}", rest.substr(0, rest.find(':')), name);
    if (path.front() == '/' && access(path.c_str(), X_OK) == 0) program.path = path;
    rest = rest.find(':') == std::string_view::npos ? "" : rest.substr(rest.find(':') + 1);
  }
  if (program.path.empty()) return program;
  // It is run as root: the same care as for a delegate.
  if (const auto safe = shim::CheckDelegate(program.path); !safe) {
    program.error = safe.error().message;
    program.hint = safe.error().hint;
  } else {
    AskVersion(program);
  }
  return program;
}

std::string ProgramDirectory() {
  const std::string path = base::ResolvePath("/proc/self/exe").value_or("");
  return path.substr(0, path.rfind('/'));
}

bool SameFile(const std::string& one, const std::string& other) {
  struct stat a = {};
  struct stat b = {};
  return stat(one.c_str(), &a) == 0 && stat(other.c_str(), &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

}  // namespace stockade::ctl
