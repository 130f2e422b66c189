// SPDX-License-Identifier: Apache-2.0
// What a notification filter must do, asked of the finished program.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "filters/call_table.h"
#include "filters/interposition/notify_filter.h"

namespace stockade::filters {
namespace {

using Sentences = std::vector<std::string>;

constexpr std::uint32_t kAll = 0xffffffff;

std::uint32_t Action(std::uint32_t answer) { return answer & SECCOMP_RET_ACTION_FULL; }

// True if every answer to `call` is `action`.
bool Always(ProgramView program, const KnownCall& call, std::uint32_t action) {
  const auto answers = Answers(program, call);
  return answers && std::ranges::all_of(
                        *answers, [&](std::uint32_t answer) { return Action(answer) == action; });
}

void NeedNotified(ProgramView program, std::string_view name, Sentences& broken) {
  const auto number = CallNumber(Abi::kNative, name);
  if (!number || !Always(program, KnownCall::Of(*number), SECCOMP_RET_USER_NOTIF)) {
    broken.push_back(fmt::format("{} does not reach the supervisor", name));
  }
}

// Each bit that makes a namespace is handed over, whatever the others are.
void NeedNamespaces(ProgramView program, Sentences& broken) {
  NeedNotified(program, "setns", broken);
  constexpr std::array<std::uint32_t, 8> kBits{0x00020000, 0x02000000, 0x04000000, 0x08000000,
                                               0x10000000, 0x20000000, 0x40000000, 0x80};
  for (const char* name : {"clone", "unshare"}) {
    for (const std::uint32_t bit : kBits) {
      if (bit == 0x80 && std::string_view(name) == "clone") continue;  // a signal there
      KnownCall call = KnownCall::Of(CallNumber(Abi::kNative, name).value_or(-1));
      call.Fix(0, bit, bit);
      if (Always(program, call, SECCOMP_RET_USER_NOTIF)) continue;
      broken.push_back(fmt::format("{} of {:#x} does not reach the supervisor", name, bit));
    }
  }
}

// Devices are handed over by every number but 0.
void NeedDeviceNodes(ProgramView program, std::string_view name, unsigned mode, Sentences& broken) {
  const auto number = CallNumber(Abi::kNative, name);
  if (!number) return;
  KnownCall block = KnownCall::Of(*number);
  block.Fix(mode, S_IFMT, S_IFBLK);
  bool handed = Always(program, block, SECCOMP_RET_USER_NOTIF);
  for (unsigned bit = 0; bit < 32; ++bit) {
    KnownCall character = KnownCall::Of(*number);
    character.Fix(mode, S_IFMT, S_IFCHR);
    character.Fix(mode + 1, 1U << bit, 1U << bit);
    handed = handed && Always(program, character, SECCOMP_RET_USER_NOTIF);
  }
  if (!handed) broken.push_back(fmt::format("{} does not reach the supervisor", name));
}

KnownCall Option(std::uint32_t level, std::uint32_t option) {
  KnownCall call = KnownCall::Of(CallNumber(Abi::kNative, "setsockopt").value_or(-1));
  call.Fix(1, kAll, level);
  call.Fix(2, kAll, option);
  return call;
}

void NeedNetwork(ProgramView program, Sentences& broken) {
  for (const char* name : {"connect", "bind", "sendmsg", "sendmmsg"}) {
    NeedNotified(program, name, broken);
  }
  // Either half of the address's pointer says that there is one.
  seccomp_data send{};
  send.nr = CallNumber(Abi::kNative, "sendto").value_or(-1);
  send.arch = NativeAudit();
  for (const std::uint64_t address :
       {std::uint64_t{1}, std::uint64_t{1} << 32, ~std::uint64_t{0}}) {
    send.args[4] = address;
    if (Evaluate(program, send) != SECCOMP_RET_USER_NOTIF) {
      broken.push_back("sendto with an address does not reach the supervisor");
    }
  }
  constexpr std::array<std::array<std::uint32_t, 2>, 3> kRoutes{
      {{IPPROTO_IP, IP_OPTIONS}, {IPPROTO_IPV6, IPV6_RTHDR}, {IPPROTO_IPV6, 6}}};
  for (const auto& [level, option] : kRoutes) {
    if (!Always(program, Option(level, option), SECCOMP_RET_ERRNO)) {
      broken.push_back(fmt::format("setsockopt({}, {}) can route around rules", level, option));
    }
  }
  KnownCall sctp = KnownCall::Of(CallNumber(Abi::kNative, "socket").value_or(-1));
  sctp.Fix(2, kAll, IPPROTO_SCTP);
  if (!Always(program, sctp, SECCOMP_RET_ERRNO)) broken.push_back("SCTP sockets can be made");
}

// Every bit that lets an open write, whatever the others are but for O_PATH: from fcntl(2), not
// from our constant.
void NeedFiles(ProgramView program, const config::FilesRule& rule, Sentences& broken) {
  constexpr std::array<std::uint32_t, 5> kWrites{O_WRONLY, O_RDWR, O_CREAT, O_TRUNC,
                                                 O_TMPFILE & ~O_DIRECTORY};
  for (const char* name : {"creat", "openat2"}) {
    if (CallNumber(Abi::kNative, name)) NeedNotified(program, name, broken);
  }
  for (const auto& [name, flags] : {std::pair{"open", 1U}, std::pair{"openat", 2U}}) {
    const auto number = CallNumber(Abi::kNative, name);
    if (!number) continue;
    for (const std::uint32_t bit : kWrites) {
      KnownCall call = KnownCall::Of(*number);
      call.Fix(flags, O_PATH, 0);
      if (!rule.every_open) call.Fix(flags, bit, bit);
      if (Always(program, call, SECCOMP_RET_USER_NOTIF)) continue;
      broken.push_back(fmt::format("{} with {:#o} does not reach the supervisor", name, bit));
    }
  }
}

// A call that is not there, or that is refused on the record.
void NeedClosed(ProgramView program, const config::InterpositionRule& rule, std::string_view name,
                std::string_view why, Sentences& broken) {
  const bool recorded =
      !rule.complain && std::ranges::find(rule.refused, name) != rule.refused.end();
  const int number = CallNumber(Abi::kNative, name).value_or(-1);
  if (!recorded && !Always(program, KnownCall::Of(number), SECCOMP_RET_ERRNO)) {
    broken.emplace_back(why);
  }
}

}  // namespace

Sentences BrokenNotifyPromises(ProgramView program, const config::InterpositionRule& rule) {
  Sentences broken;
  for (const std::string& name : rule.refused) {
    const bool closed = name == "io_uring_setup" || name.starts_with("landlock_");
    if (rule.complain && closed) continue;  // refused all the same, below
    NeedNotified(program, name, broken);
  }
  if (rule.network.mode != config::Mode::kOff) NeedNetwork(program, broken);
  if (rule.refuse_namespaces) NeedNamespaces(program, broken);
  if (rule.system_info.cgroup_memory) NeedNotified(program, "sysinfo", broken);
  if (rule.system_info.neutral_kernel) NeedNotified(program, "uname", broken);
  if (rule.device_nodes != config::DeviceNodes::kKernel) {
    NeedDeviceNodes(program, "mknod", 1, broken);
    NeedDeviceNodes(program, "mknodat", 2, broken);
  }
  if (rule.mounts != config::Mounts::kKernel) {
    for (const char* name : {"mount", "umount2"}) NeedNotified(program, name, broken);
  }
  if (rule.files.mode != config::Mode::kOff) NeedFiles(program, rule.files, broken);
  NeedClosed(program, rule, "io_uring_setup", "io_uring can make calls unseen", broken);
  if (rule.network.mode != config::Mode::kOff || rule.files.mode != config::Mode::kOff ||
      rule.device_nodes == config::DeviceNodes::kHarmless ||
      rule.mounts == config::Mounts::kTmpfs) {
    for (const char* name : {"landlock_create_ruleset", "landlock_restrict_self"}) {
      NeedClosed(program, rule, name, "a Landlock domain can be made that does not hold", broken);
    }
  }
  for (const std::uint32_t foreign : {0x40000003U, 0x40000028U}) {  // i386, 32-bit ARM
    const KnownCall call = KnownCall::Of(0, foreign);
    if (foreign != NativeAudit() && !Always(program, call, SECCOMP_RET_ERRNO)) {
      broken.push_back("another interface of the kernel is open");
    }
  }
#if defined(__x86_64__)
  const int x32 = 0x40000000 + 42;
  if (!Always(program, KnownCall::Of(x32), SECCOMP_RET_ERRNO)) {
    broken.push_back("the x32 interface is open");
  }
#endif
  return broken;
}

}  // namespace stockade::filters
