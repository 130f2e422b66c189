// SPDX-License-Identifier: Apache-2.0
// What `check` must know of the node, read once and then judged by pure functions (check_rows.h).
//
//   const NodeFacts facts = ReadNodeFacts(node);
//   facts.cgroup == CgroupLayout::kUnified
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/node_config.h"
#include "sandbox/host_view.h"

namespace stockade::ctl {

enum class CgroupLayout {
  kNone,     // /sys/fs/cgroup is no cgroup file system
  kLegacy,   // version 1
  kHybrid,   // version 1, with a version 2 tree at /sys/fs/cgroup/unified
  kUnified,  // version 2
};

// The kernel that runs.
struct KernelFacts {
  std::string release;  // "6.1.0-18-amd64"
  bool seccomp_filter = false;
  std::string seccomp_actions;  // /proc/sys/kernel/seccomp/actions_avail; "" if it cannot be read
  bool no_new_privs = false;
  std::optional<long long> max_user_namespaces;  // nothing: the kernel has none
  // Sysctls of distributions that keep users other than root from making any, where they are set:
  // "kernel.unprivileged_userns_clone=0".
  std::vector<std::string> unprivileged_limits;
  bool overlay = false;  // known to the kernel now; a module may bring it later
  CgroupLayout cgroup = CgroupLayout::kNone;
  sandbox::LsmFacts lsm;
  int landlock = 0;  // its ABI, 0 for none
};

// The state directory, or the nearest directory above it that exists.
struct StateFacts {
  std::string path;
  bool exists = false;  // the directory itself
  bool writable = false;
  bool in_memory = false;  // tmpfs: gone after a reboot, like the containers
};

// A program of the node.
struct ProgramFacts {
  std::string name;    // "runc"
  std::string path;    // "" if it was not found
  std::string banner;  // the first line of --version
  std::string error;   // why it cannot be used, or ""
  std::string hint;
};

KernelFacts ReadKernelFacts(const sandbox::HostView& host);
StateFacts ReadStateFacts(const std::string& directory);

// The delegate that FindDelegate gives for `name`.
ProgramFacts ReadDelegate(const std::string& name, const config::NodeConfig& node);
// The first `name` in the absolute directories of PATH; its path is "" if there is none.
ProgramFacts ReadProgram(const std::string& name);

// The directory of the running program, where `stockade` and its links are expected.
std::string ProgramDirectory();

// True if both paths name one existing file.
bool SameFile(const std::string& one, const std::string& other);

}  // namespace stockade::ctl
