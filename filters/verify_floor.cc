// SPDX-License-Identifier: Apache-2.0
#include "filters/verify_floor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <span>

#include "filters/oci_rules.h"
#include "filters/promises.h"
#include "filters/syscall_names.h"

namespace stockade::filters {
namespace {

using base::Json;

constexpr std::uint64_t kInt = 0xffffffff;
// From the loosest to the strictest.
constexpr std::array<std::string_view, 3> kProfiles{"baseline", "restricted", "isolated"};

// What every profile keeps.
std::vector<Promise> CommonPromises() {
  return {
      {"io_uring", {"io_uring_setup", "io_uring_enter", "io_uring_register"}, {}, {}},
      {"clone with hidden flags", {"clone3"}, {}, {}},
      {"a new user namespace", {"clone"}, {{0, 0x10000000, 0x10000000}}, {"CAP_SYS_ADMIN"}},
      {"a new mount namespace", {"clone"}, {{0, 0x20000, 0x20000}}, {"CAP_SYS_ADMIN"}},
      {"a new network namespace", {"clone"}, {{0, 0x40000000, 0x40000000}}, {"CAP_SYS_ADMIN"}},
      {"a new pid namespace", {"clone"}, {{0, 0x20000000, 0x20000000}}, {"CAP_SYS_ADMIN"}},
      {"a new IPC namespace", {"clone"}, {{0, 0x8000000, 0x8000000}}, {"CAP_SYS_ADMIN"}},
      {"a new UTS namespace", {"clone"}, {{0, 0x4000000, 0x4000000}}, {"CAP_SYS_ADMIN"}},
      {"a new cgroup namespace", {"clone"}, {{0, 0x2000000, 0x2000000}}, {"CAP_SYS_ADMIN"}},
      {"changing namespaces", {"unshare", "setns"}, {}, {"CAP_SYS_ADMIN"}},
      {"mounting", {"mount", "umount", "umount2"}, {}, {"CAP_SYS_ADMIN"}},
      {"the new mount API",
       {"fsopen", "fsconfig", "fsmount", "fspick", "move_mount", "open_tree", "mount_setattr"},
       {},
       {}},
      {"a new root", {"pivot_root"}, {}, {}},
      {"typing into a terminal", {"ioctl"}, {{1, kInt, 0x5412}}, {}},
      {"pasting into a console", {"ioctl"}, {{1, kInt, 0x541c}}, {}},
      {"line disciplines", {"ioctl"}, {{1, kInt, 0x5423}}, {}},
      {"programs in the kernel", {"bpf"}, {}, {"CAP_SYS_ADMIN", "CAP_BPF"}},
      {"performance counters", {"perf_event_open"}, {}, {"CAP_SYS_ADMIN", "CAP_PERFMON"}},
      {"the key store", {"add_key", "request_key", "keyctl"}, {}, {}},
      {"user-space fault handling", {"userfaultfd"}, {}, {}},
      {"kernel modules", {"init_module", "finit_module", "delete_module"}, {}, {"CAP_SYS_MODULE"}},
      {"kernel modules of old", {"create_module", "query_module", "get_kernel_syms"}, {}, {}},
      {"another kernel", {"kexec_load", "kexec_file_load"}, {}, {}},
      {"rebooting", {"reboot"}, {}, {"CAP_SYS_BOOT"}},
      {"files by handle", {"open_by_handle_at"}, {}, {"CAP_DAC_READ_SEARCH"}},
      {"other processes' memory",
       {"process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd"},
       {},
       {"CAP_SYS_PTRACE"}},
      {"ports", {"ioperm", "iopl"}, {}, {"CAP_SYS_RAWIO"}},
      {"the clock",
       {"settimeofday", "stime", "clock_settime", "clock_settime64", "clock_adjtime"},
       {},
       {"CAP_SYS_TIME"}},
      {"swap", {"swapon", "swapoff"}, {}, {}},
      {"accounting", {"acct"}, {}, {"CAP_SYS_PACCT"}},
      {"quotas", {"quotactl", "quotactl_fd"}, {}, {"CAP_SYS_ADMIN"}},
      {"the kernel log", {"syslog"}, {}, {"CAP_SYS_ADMIN", "CAP_SYSLOG"}},
      {"watching a file system", {"fanotify_init"}, {}, {"CAP_SYS_ADMIN"}},
      {"memory policy", {"mbind", "set_mempolicy", "get_mempolicy"}, {}, {"CAP_SYS_NICE"}},
      {"moving pages", {"move_pages", "migrate_pages"}, {}, {}},
      {"chroot", {"chroot"}, {}, {"CAP_SYS_CHROOT"}},
      {"personality without randomisation", {"personality"}, {{0, kInt, 0x40000}}, {}},
      {"personality with executable data", {"personality"}, {{0, kInt, 0x400000}}, {}},
      {"32-bit personality without randomisation", {"personality"}, {{0, kInt, 0x40008}}, {}},
      {"personality with page zero mapped", {"personality"}, {{0, kInt, 0x100000}}, {}},
      {"personality with the old layout", {"personality"}, {{0, kInt, 0x200000}}, {}},
      {"obsolete calls",
       {"nfsservctl", "lookup_dcookie", "sysfs", "_sysctl", "uselib", "ustat", "vm86", "vm86old"},
       {},
       {"CAP_SYS_ADMIN", "CAP_PERFMON"}},
      {"sockets through the old 32-bit entry", {"socketcall"}, {}, {}},
      {"raw IPv4 sockets", {"socket"}, {{0, kInt, 2}, {1, 0xf, 3}}, {"CAP_NET_RAW"}},
      {"raw IPv6 sockets", {"socket"}, {{0, kInt, 10}, {1, 0xf, 3}}, {"CAP_NET_RAW"}},
      {"packet sockets", {"socket"}, {{0, kInt, 17}}, {"CAP_NET_RAW"}},
      {"DCCP sockets", {"socket"}, {{0, kInt, 2}, {1, 0xf, 6}}, {}},
      {"DCCP sockets over IPv6", {"socket"}, {{0, kInt, 10}, {1, 0xf, 6}}, {}},
      {"SCTP sockets", {"socket"}, {{0, kInt, 2}, {1, 0xf, 1}, {2, kInt, 132}}, {}},
      {"MPTCP sockets", {"socket"}, {{0, kInt, 2}, {1, 0xf, 1}, {2, kInt, 262}}, {}},
      {"netlink NETFILTER", {"socket"}, {{0, kInt, 16}, {2, kInt, 12}}, {"CAP_NET_ADMIN"}},
      {"netlink XFRM", {"socket"}, {{0, kInt, 16}, {2, kInt, 6}}, {"CAP_NET_ADMIN"}},
      {"netlink GENERIC", {"socket"}, {{0, kInt, 16}, {2, kInt, 16}}, {"CAP_NET_ADMIN"}},
      {"netlink ISCSI", {"socket"}, {{0, kInt, 16}, {2, kInt, 8}}, {}},
      {"netlink CRYPTO", {"socket"}, {{0, kInt, 16}, {2, kInt, 21}}, {}},
      {"netlink AUDIT", {"socket"}, {{0, kInt, 16}, {2, kInt, 9}}, {"CAP_AUDIT_WRITE"}},
      {"TIPC socket pairs", {"socketpair"}, {{0, kInt, 30}}, {}},
  };
}

// What the stricter ones keep besides.
std::vector<Promise> StricterPromises() {
  return {
      {"tracing", {"ptrace"}, {}, {}, "restricted"},
      {"other processes, whatever capability remains",
       {"process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd"},
       {},
       {},
       "restricted"},
      {"naming file handles", {"name_to_handle_at"}, {}, {}, "restricted"},
      {"local descriptor tables", {"modify_ldt"}, {}, {}, "restricted"},
      {"TCP_ULP", {"setsockopt"}, {{1, kInt, 6}, {2, kInt, 31}}, {}, "restricted"},
      {"MSG_OOB", {"send", "sendto", "sendmmsg"}, {{3, 1, 1}}, {}, "restricted"},
      {"MSG_OOB", {"sendmsg"}, {{2, 1, 1}}, {}, "restricted"},

      {"moving pages of files", {"splice", "tee"}, {}, {}, "isolated"},
      {"sharing blocks of files", {"copy_file_range"}, {}, {}, "isolated"},
      {"FICLONE", {"ioctl"}, {{1, kInt, 0x40049409}}, {}, "isolated"},
      {"FICLONERANGE", {"ioctl"}, {{1, kInt, 0x4020940d}}, {}, "isolated"},
      {"FIDEDUPERANGE", {"ioctl"}, {{1, kInt, 0xc0189436}}, {}, "isolated"},
      {"opening with hidden flags", {"openat2"}, {}, {}, "isolated"},
      {"files of memory", {"memfd_create", "memfd_secret"}, {}, {}, "isolated"},
      {"extended attributes",
       {"setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr"},
       {},
       {},
       "isolated"},
      {"message queues",
       {"msgget", "msgsnd", "msgrcv", "mq_open", "mq_notify"},
       {},
       {},
       "isolated"},
      {"what is in the page cache", {"mincore"}, {}, {}, "isolated"},
      {"waiting to requeue", {"futex"}, {{1, 0x7f, 11}}, {}, "isolated"},
      {"requeueing", {"futex"}, {{1, 0x7f, 12}}, {}, "isolated"},
      {"timers on a process's time", {"timer_create"}, {{0, kInt, 2}}, {}, "isolated"},
      {"timers on a thread's time", {"timer_create"}, {{0, kInt, 3}}, {}, "isolated"},
      {"timers on another's time", {"timer_create"}, {{0, 0x80000000, 0x80000000}}, {}, "isolated"},
      {"joining groups", {"setsockopt"}, {{1, kInt, 0}, {2, kInt, 35}}, {}, "isolated"},
      {"joining groups", {"setsockopt"}, {{1, kInt, 0}, {2, kInt, 42}}, {}, "isolated"},
      {"joining groups of IPv6", {"setsockopt"}, {{1, kInt, 41}, {2, kInt, 20}}, {}, "isolated"},
      {"tables of packet filters", {"setsockopt"}, {{1, kInt, 0}, {2, kInt, 64}}, {}, "isolated"},
      {"netlink uevents", {"socket"}, {{0, kInt, 16}, {2, kInt, 15}}, {}, "isolated"},
      {"netlink NETFILTER, whatever capability remains",
       {"socket"},
       {{0, kInt, 16}, {2, kInt, 12}},
       {},
       "isolated"},
      {"raw sockets, whatever capability remains",
       {"socket"},
       {{0, kInt, 2}, {1, 0xf, 3}},
       {},
       "isolated"},
      {"packet sockets, whatever capability remains", {"socket"}, {{0, kInt, 17}}, {}, "isolated"},
  };
}

}  // namespace

const std::vector<Promise>& Promises() {
  static const std::vector<Promise> kPromises = [] {
    std::vector<Promise> all = CommonPromises();
    std::ranges::move(StricterPromises(), std::back_inserter(all));
    return all;
  }();
  return kPromises;
}

bool IsPromised(std::string_view profile) {
  return std::ranges::find(kProfiles, profile) != kProfiles.end();
}

bool IsOpenFamily(std::uint64_t family) {
  constexpr std::array<std::uint64_t, 5> kFamilies{1, 2, 10, 16, 17};
  return std::ranges::find(kFamilies, family) != kFamilies.end();
}

bool Promise::Binds(std::string_view profile, const config::CapabilityNames& remaining) const {
  if (std::ranges::find(kProfiles, profile) < std::ranges::find(kProfiles, since)) return false;
  return std::ranges::none_of(remaining, [&](const std::string& capability) {
    return std::ranges::find(opened_by, capability) != opened_by.end();
  });
}

namespace {

// True if one of a call's rules may let it through with some of the tested arguments.
bool LetsThrough(std::span<const OciRule> rules, std::span<const Test> tests) {
  std::array<ValueRange, 6> arguments;
  for (const Test& test : tests) {
    arguments.at(test.index) = ValueRange::Bits(test.mask, test.value);
    arguments.at(test.index).Tighten();
  }
  return std::ranges::any_of(rules, [&](const OciRule& rule) {
    return rule.allows && std::ranges::none_of(*rule.comparisons, [&](const Comparison& one) {
             return Compare(arguments.at(one.index), one) == Truth::kNever;
           });
  });
}

// The same of a call by name, and of the answer for calls without a rule.
bool Reachable(const OciRules& rules, std::string_view call, std::span<const Test> tests) {
  const std::optional<int> number = SyscallNumber(std::string(call));
  return number && (rules.default_allows() || LetsThrough(rules.For(*number), tests));
}

// A comparison means the same to every delegate only as bits under a mask of at most 32 bits.
bool Plain(const OciRule& rule) {
  std::set<unsigned> indexes;
  return std::ranges::all_of(*rule.comparisons, [&](const Comparison& comparison) {
    return comparison.op == CompareOp::kMaskedEqual && (comparison.value & ~kInt) == 0 &&
           (comparison.value_two & ~comparison.value) == 0 &&
           indexes.insert(comparison.index).second;
  });
}

// True if some arguments pass both, so that the order of the rules would decide.
bool Meet(const OciRule& a, const OciRule& b) {
  for (const Comparison& x : *a.comparisons) {
    for (const Comparison& y : *b.comparisons) {
      if (x.index == y.index && ((x.value_two ^ y.value_two) & x.value & y.value) != 0)
        return false;
    }
  }
  return true;
}

// How the object may be written, whatever it says of calls.
void CheckForm(const Json& seccomp, const OciRules& rules,
               const std::vector<std::string>& compat_architectures,
               std::vector<std::string>& broken) {
  for (const auto& [key, value] : seccomp.items()) {
    if (key != "defaultAction" && key != "defaultErrnoRet" && key != "architectures" &&
        key != "syscalls") {
      broken.push_back("the seccomp section has the member \"" + key + "\"");
    }
  }
  if (rules.default_allows())
    broken.emplace_back("the seccomp section allows what it does not name");
  std::set<std::string, std::less<>> architectures(compat_architectures.begin(),
                                                   compat_architectures.end());
  architectures.emplace(NativeArchitecture());
  if (std::set<std::string, std::less<>>(rules.architectures().begin(),
                                         rules.architectures().end()) != architectures) {
    broken.emplace_back("the seccomp section opens other architectures than the class");
  }
  for (const OciRule& rule : rules.all()) {
    if (!Plain(rule))
      broken.push_back(fmt::format("a seccomp rule for {} is no plain mask", rule.name));
    if (rule.allows && std::ranges::any_of(rules.For(rule.call), [&](const OciRule& other) {
          return !other.allows && Meet(rule, other);
        })) {
      broken.push_back(fmt::format("the seccomp section both allows and refuses {}", rule.name));
    }
  }
}

void CheckFamilies(const OciRules& rules, std::vector<std::string>& broken) {
  const auto sockets = rules.For(SyscallNumber("socket").value_or(0));
  for (std::uint64_t family = 0; family < 256; ++family) {
    if (IsOpenFamily(family)) continue;
    const Test test{0, kInt, family};
    if (rules.default_allows() || LetsThrough(sockets, std::span(&test, 1))) {
      broken.push_back("sockets of family " + std::to_string(family) + " can be made");
    }
  }
}

}  // namespace

std::vector<std::string> BrokenFloorPromises(const Json& seccomp, std::string_view profile,
                                             const config::CapabilityNames& remaining,
                                             const std::vector<std::string>& compat_architectures) {
  if (!IsPromised(profile)) {
    return {"nobody has written down what the seccomp profile \"" + std::string(profile) +
            "\" promises"};
  }
  std::string why;
  const std::optional<OciRules> rules = OciRules::Read(seccomp, why);
  if (!rules) return {"the seccomp section " + why};
  std::vector<std::string> broken;
  CheckForm(seccomp, *rules, compat_architectures, broken);
  for (const Promise& promise : Promises()) {
    if (!promise.Binds(profile, remaining)) continue;
    for (const std::string_view call : promise.calls) {
      if (Reachable(*rules, call, promise.tests)) {
        broken.push_back(std::string(call) + " can be called (" + std::string(promise.what) + ")");
      }
    }
  }
  CheckFamilies(*rules, broken);
  return broken;
}

}  // namespace stockade::filters
