// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/check_rows.h"

#include <algorithm>

#include "shim/ctl/version.h"

namespace stockade::ctl {
namespace {

using config::Mode;
using enum CheckState;

constexpr std::string_view kBackports =
    "distributions backport fixes: see the package's changelog, or update";

CheckRow State(const StateFacts& state) {
  const std::string what = "state directory";
  if (!state.writable) {
    return {what, kMissing, state.path + " cannot be written", "run as root, on a writable /run"};
  }
  const std::string detail =
      state.path + (state.exists ? "" : ": the directory is made in it when needed");
  if (state.in_memory) return {what, kOk, detail, ""};
  return {what, kWarn, detail + ", not in memory: records outlive a reboot",
          "set stateDirectory to a directory on a tmpfs, such as /run/stockade"};
}

// The program's row, and one for each thing that is known about its version.
std::vector<CheckRow> Program(const std::string& what, const ProgramFacts& program) {
  const auto version = FindVersion(program.banner);
  const std::string detail = fmt::format("{}: {}", program.path, program.banner);
  if (!version) return {{what, kWarn, detail + ": no version in it", ""}};
  std::vector<CheckRow> rows{{what, kOk, detail, ""}};
  for (const Trap* trap : TrapsOf(program.name, *version)) {
    const std::string update = fmt::format("update to {} or later", VersionText(trap->fixed));
    rows.push_back({what, trap->fatal ? kMissing : kWarn, std::string(trap->text),
                    trap->fatal ? update : std::string(kBackports)});
  }
  return rows;
}

std::vector<CheckRow> Containerd(const ProgramFacts& program) {
  const std::string what = "containerd";
  if (program.path.empty()) return {{what, kOk, "none in PATH: another engine, then", ""}};
  if (!program.error.empty()) return {{what, kWarn, program.error, program.hint}};
  return Program(what, program);
}

std::vector<CheckRow> Delegate(const ProgramFacts& program, CgroupLayout cgroup) {
  const std::string what = "delegate " + program.name;
  if (!program.error.empty()) return {{what, kMissing, program.error, program.hint}};
  std::vector<CheckRow> rows = Program(what, program);
  if (program.name == "crun" && cgroup == CgroupLayout::kHybrid) {
    rows.push_back({what, kMissing,
                    "crun refuses cgroup version 1 with a version 2 tree at /sys/fs/cgroup/unified",
                    "boot with cgroup version 2, unmount that tree, or use runc"});
  }
  return rows;
}

CheckRow UserNamespaces(const KernelFacts& kernel) {
  const std::string what = "user namespaces";
  const std::optional<long long>& most = kernel.max_user_namespaces;
  if (most && *most > 0) {
    std::string detail = fmt::format("up to {}", *most);
    if (!kernel.unprivileged_limits.empty()) {
      detail += fmt::format("; {} concerns others than root, and no container",
                            fmt::join(kernel.unprivileged_limits, " and "));
    }
    return {what, kOk, std::move(detail), ""};
  }
  return {what, kWarn, most ? "none may be made" : "the kernel has none",
          "set sysctl user.max_user_namespaces above 0; pods with hostUsers: false need it"};
}

CheckRow Cgroup(CgroupLayout layout) {
  switch (layout) {
    case CgroupLayout::kUnified:
      return {"cgroups", kOk, "version 2", ""};
    case CgroupLayout::kLegacy:
      return {"cgroups", kOk, "version 1", ""};
    case CgroupLayout::kHybrid:
      return {"cgroups", kOk, "version 1, with a version 2 tree beside it", ""};
    case CgroupLayout::kNone:
      break;
  }
  return {"cgroups", kMissing, "none at /sys/fs/cgroup", "mount cgroup2 there"};
}

std::string LsmText(const KernelFacts& kernel) {
  std::vector<std::string> names;
  if (kernel.lsm.apparmor) names.emplace_back("AppArmor");
  if (kernel.lsm.selinux) names.emplace_back("SELinux");
  if (kernel.landlock > 0) names.push_back(fmt::format("Landlock {}", kernel.landlock));
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

// True if the blank-separated `list` has `word`.
bool HasWord(const std::string& list, const std::string& word) {
  const std::string padded = " " + list.substr(0, list.find('\n')) + " ";
  return padded.find(" " + word + " ") != std::string::npos;
}

CheckRow Seccomp(const KernelFacts& kernel) {
  if (!kernel.seccomp_filter) {
    return {"seccomp", kMissing, "the kernel filters no system calls",
            "use a kernel with CONFIG_SECCOMP_FILTER"};
  }
  for (const char* action : {"errno", "kill_process"}) {
    if (!HasWord(kernel.seccomp_actions, action)) {
      return {"seccomp", kMissing, fmt::format("the kernel does not offer the action {}", action),
              "use Linux 4.14 or later"};
    }
  }
  return {"seccomp", kOk, "filters", ""};
}

// A class whose filter the delegate installs needs the stub for a pod's own profile alone.
CheckRow Init(const ClassFacts& facts) {
  const auto installer = facts.policy->seccomp.installed_by;
  const bool needed = installer == config::FilterInstaller::kInit;
  const bool hidden = facts.policy->user_namespace.force || !facts.init_seen;
  if (!facts.init.empty() && !hidden && installer != config::FilterInstaller::kDelegate) {
    return {"stockade-init", needed ? kMissing : kWarn,
            needed ? facts.init_seen->message
                   : "the delegate installs the filter, which takes longer: " +
                         facts.init_seen->message,
            facts.init_seen->hint};
  }
  if (!facts.init.empty()) return {"stockade-init", kOk, facts.init, ""};
  return {"stockade-init", needed ? kMissing : kWarn, facts.init_error.message,
          facts.init_error.hint.empty() ? "reinstall stockade" : facts.init_error.hint};
}

CheckRow Lsm(const config::ClassPolicy& policy, const KernelFacts& kernel) {
  const bool apparmor = policy.lsm.apparmor_mode == Mode::kOff || kernel.lsm.apparmor;
  const bool selinux = policy.lsm.selinux_mode == Mode::kOff || kernel.lsm.selinux;
  const bool one = kernel.lsm.apparmor || kernel.lsm.selinux;
  if (one || (apparmor && selinux)) return {"lsm", kOk, LsmText(kernel), ""};
  return {"lsm", kWarn, "the class asks for AppArmor or SELinux, the running kernel has neither",
          "boot with lsm=…,apparmor or selinux; every other layer holds without"};
}

}  // namespace

const char* CheckStateName(CheckState state) {
  switch (state) {
    case kOk:
      return "ok";
    case kWarn:
      return "warn";
    case kMissing:
      break;
  }
  return "missing";
}

std::vector<CheckRow> NodeRows(const KernelFacts& kernel, const StateFacts& state,
                               const ProgramFacts& containerd) {
  std::vector<CheckRow> rows{
      State(state),
      {"kernel", kOk, kernel.release, ""},
      Cgroup(kernel.cgroup),
      UserNamespaces(kernel),
      {"overlay", kernel.overlay ? kOk : kWarn,
       kernel.overlay ? "known" : "not known to the kernel yet",
       kernel.overlay ? "" : "modprobe overlay, if images are kept on it"},
      {"security modules", kOk, LsmText(kernel), ""},
  };
  for (CheckRow& row : Containerd(containerd)) rows.push_back(std::move(row));
  return rows;
}

std::vector<CheckRow> ClassRows(const ClassFacts& facts, const KernelFacts& kernel) {
  if (!facts.policy) return {{"class", kMissing, facts.error.message, facts.error.hint}};
  const config::ClassPolicy& policy = *facts.policy;
  std::vector<CheckRow> rows{{"class", kOk, policy.OriginOf("/name").Text(), ""}};
  if (facts.link_good) {
    rows.push_back({"program", kOk, facts.link, ""});
  } else {
    rows.push_back({"program", kMissing, facts.link + " does not lead to the stockade beside it",
                    "ln -sf stockade " + facts.link});
  }
  for (CheckRow& row : Delegate(facts.delegate, kernel.cgroup)) rows.push_back(std::move(row));
  if (policy.seccomp.mode != Mode::kOff) {
    rows.push_back(Seccomp(kernel));
    rows.push_back(Init(facts));
  }
  if (policy.no_new_privileges.mode != Mode::kOff && !kernel.no_new_privs) {
    rows.push_back({"no_new_privs", kMissing, "the kernel has none", "use Linux 3.5 or later"});
  }
  if (!policy.PassThrough()) rows.push_back(Lsm(policy, kernel));
  if (!facts.weakenings.empty()) {
    rows.push_back({"weakenings", kWarn,
                    fmt::format("{} settings are weaker than baseline's", facts.weakenings.size()),
                    "stockadectl classes show " + facts.name});
  }
  return rows;
}

bool AllThere(const std::vector<CheckRow>& rows) {
  return std::none_of(rows.begin(), rows.end(),
                      [](const CheckRow& row) { return row.state == kMissing; });
}

}  // namespace stockade::ctl
