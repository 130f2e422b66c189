// SPDX-License-Identifier: Apache-2.0
#include "shim/flag_table.h"

#include <algorithm>
#include <array>
#include <span>

namespace stockade::shim {
namespace {

constexpr bool kValue = true;
constexpr bool kSwitch = false;

// Flags that create, run and restore share stand once per verb: a table is read, not computed.
constexpr auto kFlags = std::to_array<FlagRule>({
    {Verb::kNone, "log", 0, kValue},
    {Verb::kNone, "log-format", 0, kValue},
    {Verb::kNone, "log-level", 0, kValue},  // crun, youki
    {Verb::kNone, "root", 0, kValue},
    {Verb::kNone, "criu", 0, kValue},
    {Verb::kNone, "rootless", 0, kValue},
    {Verb::kNone, "cgroup-manager", 0, kValue},  // crun
    {Verb::kNone, "debug", 0, kSwitch},
    {Verb::kNone, "systemd-cgroup", 0, kSwitch},
    {Verb::kNone, "help", 'h', kSwitch},
    {Verb::kNone, "version", 'v', kSwitch},
    {Verb::kNone, "stockade-class", 0, kValue},
    {Verb::kNone, "stockade-config", 0, kValue},

    {Verb::kCreate, "bundle", 'b', kValue},
    {Verb::kCreate, "config", 'f', kValue},  // crun: another name for config.json
    {Verb::kCreate, "console-socket", 0, kValue},
    {Verb::kCreate, "pidfd-socket", 0, kValue},
    {Verb::kCreate, "pid-file", 0, kValue},
    {Verb::kCreate, "no-pivot", 0, kSwitch},
    {Verb::kCreate, "no-new-keyring", 0, kSwitch},
    {Verb::kCreate, "no-subreaper", 0, kSwitch},
    {Verb::kCreate, "preserve-fds", 0, kValue},
    {Verb::kCreate, "help", 'h', kSwitch},

    {Verb::kRun, "bundle", 'b', kValue},
    {Verb::kRun, "config", 'f', kValue},
    {Verb::kRun, "console-socket", 0, kValue},
    {Verb::kRun, "pidfd-socket", 0, kValue},
    {Verb::kRun, "detach", 'd', kSwitch},
    {Verb::kRun, "keep", 0, kSwitch},
    {Verb::kRun, "pid-file", 0, kValue},
    {Verb::kRun, "no-subreaper", 0, kSwitch},
    {Verb::kRun, "no-pivot", 0, kSwitch},
    {Verb::kRun, "no-new-keyring", 0, kSwitch},
    {Verb::kRun, "preserve-fds", 0, kValue},
    {Verb::kRun, "help", 'h', kSwitch},

    {Verb::kRestore, "console-socket", 0, kValue},
    {Verb::kRestore, "image-path", 0, kValue},
    {Verb::kRestore, "work-path", 0, kValue},
    {Verb::kRestore, "tcp-established", 0, kSwitch},
    {Verb::kRestore, "ext-unix-sk", 0, kSwitch},
    {Verb::kRestore, "shell-job", 0, kSwitch},
    {Verb::kRestore, "file-locks", 0, kSwitch},
    {Verb::kRestore, "manage-cgroups-mode", 0, kValue},
    {Verb::kRestore, "bundle", 'b', kValue},
    {Verb::kRestore, "detach", 'd', kSwitch},
    {Verb::kRestore, "pid-file", 0, kValue},
    {Verb::kRestore, "no-subreaper", 0, kSwitch},
    {Verb::kRestore, "no-pivot", 0, kSwitch},
    {Verb::kRestore, "empty-ns", 0, kValue},
    {Verb::kRestore, "auto-dedup", 0, kSwitch},
    {Verb::kRestore, "lazy-pages", 0, kSwitch},
    {Verb::kRestore, "lsm-profile", 0, kValue},
    {Verb::kRestore, "lsm-mount-context", 0, kValue},
    {Verb::kRestore, "help", 'h', kSwitch},

    {Verb::kExec, "console-socket", 0, kValue},
    {Verb::kExec, "pidfd-socket", 0, kValue},
    {Verb::kExec, "cwd", 0, kValue},
    {Verb::kExec, "env", 'e', kValue},
    {Verb::kExec, "tty", 't', kSwitch},
    {Verb::kExec, "user", 'u', kValue},
    {Verb::kExec, "additional-gids", 'g', kValue},
    {Verb::kExec, "process", 'p', kValue},
    {Verb::kExec, "detach", 'd', kSwitch},
    {Verb::kExec, "pid-file", 0, kValue},
    {Verb::kExec, "process-label", 0, kValue},
    {Verb::kExec, "apparmor", 0, kValue},
    {Verb::kExec, "no-new-privs", 0, kSwitch},
    {Verb::kExec, "cap", 'c', kValue},
    {Verb::kExec, "preserve-fds", 0, kValue},
    {Verb::kExec, "cgroup", 0, kValue},
    {Verb::kExec, "ignore-paused", 0, kSwitch},
    {Verb::kExec, "help", 'h', kSwitch},

    {Verb::kDelete, "force", 'f', kSwitch},
    {Verb::kDelete, "regex", 0, kSwitch},  // crun
    {Verb::kDelete, "help", 'h', kSwitch},

    // Other verbs only need their container id, which follows the flags that take a value.
    {Verb::kOther, "format", 'f', kValue},
    {Verb::kOther, "resources", 'r', kValue},
    {Verb::kOther, "image-path", 0, kValue},
    {Verb::kOther, "work-path", 0, kValue},
    {Verb::kOther, "parent-path", 0, kValue},
    {Verb::kOther, "status-fd", 0, kValue},
    {Verb::kOther, "page-server", 0, kValue},
    {Verb::kOther, "manage-cgroups-mode", 0, kValue},
    {Verb::kOther, "empty-ns", 0, kValue},
    {Verb::kOther, "interval", 0, kValue},
    {Verb::kOther, "blkio-weight", 0, kValue},  // update, from here
    {Verb::kOther, "cpu-period", 0, kValue},
    {Verb::kOther, "cpu-quota", 0, kValue},
    {Verb::kOther, "cpu-burst", 0, kValue},
    {Verb::kOther, "cpu-share", 0, kValue},
    {Verb::kOther, "cpu-rt-period", 0, kValue},
    {Verb::kOther, "cpu-rt-runtime", 0, kValue},
    {Verb::kOther, "cpu-idle", 0, kValue},
    {Verb::kOther, "cpuset-cpus", 0, kValue},
    {Verb::kOther, "cpuset-mems", 0, kValue},
    {Verb::kOther, "kernel-memory", 0, kValue},
    {Verb::kOther, "kernel-memory-tcp", 0, kValue},
    {Verb::kOther, "memory", 0, kValue},
    {Verb::kOther, "memory-reservation", 0, kValue},
    {Verb::kOther, "memory-swap", 0, kValue},
    {Verb::kOther, "pids-limit", 0, kValue},
    {Verb::kOther, "l3-cache-schema", 0, kValue},
    {Verb::kOther, "mem-bw-schema", 0, kValue},
    {Verb::kOther, "help", 'h', kSwitch},
});

}  // namespace

const FlagRule* FindFlag(Verb verb, std::string_view name) {
  for (const FlagRule& rule : kFlags) {
    if (rule.verb != verb) continue;
    if (rule.name == name) return &rule;
    if (rule.letter != 0 && name.size() == 1 && name.front() == rule.letter) return &rule;
  }
  return nullptr;
}

const FlagRule* FindAbbreviated(Verb verb, std::string_view name) {
  if (name.empty() || FindFlag(verb, name) != nullptr) return nullptr;
  for (const FlagRule& rule : kFlags) {
    if (rule.verb == verb && rule.name.starts_with(name)) return &rule;
  }
  return nullptr;
}

Verb VerbOf(std::string_view word) {
  if (word == "create") return Verb::kCreate;
  if (word == "run") return Verb::kRun;
  if (word == "restore") return Verb::kRestore;
  if (word == "exec") return Verb::kExec;
  if (word == "delete") return Verb::kDelete;
  if (word == "features") return Verb::kFeatures;
  return Verb::kOther;
}

bool IsDelegateVerb(std::string_view word) {
  constexpr auto kOthers = std::to_array<std::string_view>(
      {"checkpoint", "events", "help", "info", "kill", "list", "mounts", "pause", "ps", "resume",
       "spec", "start", "state", "update"});
  return VerbOf(word) != Verb::kOther || std::ranges::find(kOthers, word) != kOthers.end();
}

bool IsGuarded(Verb verb) {
  return verb == Verb::kCreate || verb == Verb::kRun || verb == Verb::kRestore ||
         verb == Verb::kExec;
}

}  // namespace stockade::shim
