// SPDX-License-Identifier: Apache-2.0
#include "filters/interposition/notify_filter.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "filters/call_table.h"
#include "filters/interposition/dispatch.h"
#include "filters/interposition/open_request.h"
#include "filters/interposition/refused_calls.h"

namespace stockade::filters {
namespace {

constexpr std::uint32_t kX32Bit = 0x40000000;
constexpr int kIpv6PacketOptions = 6;  // IPV6_2292PKTOPTIONS, which no header of user space has

constexpr std::uint32_t Errno(int number) {
  return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(number);
}

// Instructions one after another; each block ends in a return or falls through to the next.
class Assembler {
 public:
  void LoadArchitecture() { Load(offsetof(seccomp_data, arch)); }
  void LoadNumber() { Load(offsetof(seccomp_data, nr)); }
  // The half of an argument that the kernel reads as 32 bits, or its other half.
  void LoadArgument(unsigned index, bool upper = false) {
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
    Load(static_cast<unsigned>(offsetof(seccomp_data, args)) + 8 * index + (upper ? 4 : 0));
  }
  void Return(std::uint32_t answer) { Add(BPF_RET | BPF_K, answer); }
  void And(std::uint32_t mask) { Add(BPF_ALU | BPF_AND | BPF_K, mask); }
  void ReturnIf(std::uint32_t value, std::uint32_t answer) {
    Jump(BPF_JEQ, value, 0, 1);
    Return(answer);
  }
  void ReturnUnless(std::uint32_t value, std::uint32_t answer) {
    Jump(BPF_JEQ, value, 1, 0);
    Return(answer);
  }
  void ReturnIfAny(std::uint32_t bits, std::uint32_t answer) {
    Jump(BPF_JSET, bits, 0, 1);
    Return(answer);
  }
  void ReturnFrom(std::uint32_t value, std::uint32_t answer) {
    Jump(BPF_JGE, value, 0, 1);
    Return(answer);
  }
  // The block, of at most 255 instructions, for the call `number` alone.
  template <class Block>
  void For(std::uint32_t number, Block block) {
    const std::size_t jump = program_.size();
    Jump(BPF_JEQ, number, 0, 0);
    block();
    program_[jump].jf = static_cast<std::uint8_t>(program_.size() - jump - 1);
  }
  void Append(const Program& part) { program_.insert(program_.end(), part.begin(), part.end()); }
  Program Take() && { return std::move(program_); }

 private:
  void Load(std::size_t offset) {
    Add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
  }
  void Add(unsigned code, std::uint32_t k) {
    program_.push_back({static_cast<std::uint16_t>(code), 0, 0, k});
  }
  void Jump(unsigned test, std::uint32_t k, std::uint8_t yes, std::uint8_t no) {
    program_.push_back({static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), yes, no, k});
  }

  Program program_;
};

// Calls, and the block for each.
class Cases {
 public:
  void Return(std::string_view name, std::uint32_t answer) {
    For(name, [&](Assembler& code) { code.Return(answer); });
  }
  template <class Block>
  void For(std::string_view name, Block block) {
    Assembler code;
    block(code);
    dispatch_.Add(name, std::move(code).Take());
  }
  Program Take() const { return dispatch_.Take(); }

 private:
  Dispatch dispatch_;
};

void AddNetwork(Cases& cases) {
  for (const char* name : {"connect", "bind", "sendmsg", "sendmmsg"}) {
    cases.Return(name, SECCOMP_RET_USER_NOTIF);
  }
  cases.For("sendto", [](Assembler& code) {  // without an address it goes where connect said
    code.LoadArgument(4);
    code.ReturnUnless(0, SECCOMP_RET_USER_NOTIF);
    code.LoadArgument(4, /*upper=*/true);
    code.ReturnUnless(0, SECCOMP_RET_USER_NOTIF);
    code.Return(SECCOMP_RET_ALLOW);
  });
  cases.For("socket", [](Assembler& code) {
    code.LoadArgument(2);
    code.ReturnIf(IPPROTO_SCTP, Errno(EPROTONOSUPPORT));
    code.Return(SECCOMP_RET_ALLOW);
  });
  cases.For("setsockopt", [](Assembler& code) {
    // No two conditions on one path share an argument: levels first, options within a level.
    code.LoadArgument(1);
    code.For(IPPROTO_IP, [&] {
      code.LoadArgument(2);
      code.ReturnIf(IP_OPTIONS, Errno(EPERM));
      code.Return(SECCOMP_RET_ALLOW);
    });
    code.For(IPPROTO_IPV6, [&] {
      code.LoadArgument(2);
      code.ReturnIf(IPV6_RTHDR, Errno(EPERM));
      code.ReturnIf(kIpv6PacketOptions, Errno(EPERM));
      code.Return(SECCOMP_RET_ALLOW);
    });
    code.Return(SECCOMP_RET_ALLOW);
  });
}

// A call whose first argument has one of `bits`.
void AddFlagged(Cases& cases, std::string_view name, std::uint32_t bits) {
  cases.For(name, [bits](Assembler& code) {
    code.LoadArgument(0);
    code.ReturnIfAny(bits, SECCOMP_RET_USER_NOTIF);
    code.Return(SECCOMP_RET_ALLOW);
  });
}

void AddNamespaces(Cases& cases) {
  cases.Return("setns", SECCOMP_RET_USER_NOTIF);
  AddFlagged(cases, "unshare", kUnshareNamespaces);
  AddFlagged(cases, "clone", kCloneNamespaces);  // the flags of clone3 are in memory: none opens it
}

// mknod of a device; the mode is its argument `mode`, and the device number the next one.
void AddDeviceNodes(Cases& cases, std::string_view name, unsigned mode) {
  cases.For(name, [mode](Assembler& code) {
    code.LoadArgument(mode);
    code.And(S_IFMT);
    code.ReturnIf(S_IFBLK, SECCOMP_RET_USER_NOTIF);
    code.ReturnUnless(S_IFCHR, SECCOMP_RET_ALLOW);
    code.LoadArgument(mode + 1);
    code.ReturnIf(0, SECCOMP_RET_ALLOW);  // a whiteout, which needs no capability
    code.Return(SECCOMP_RET_USER_NOTIF);
  });
}

// io_uring makes calls that no filter sees, and a Landlock domain does not hold for what the
// supervisor performs: they are not there, but for the supervisor to refuse if that is to be
// recorded.
void Close(Cases& cases, const config::InterpositionRule& rule) {
  const std::vector<std::string_view> recorded = RefusedCalls(rule);
  std::vector<std::string_view> closed{"io_uring_setup"};
  if (PerformsCalls(rule)) closed.insert(closed.end(), kLandlock.begin(), kLandlock.end());
  for (const std::string_view name : closed) {
    const bool refused = std::ranges::find(recorded, name) != recorded.end();
    if (!refused) cases.Return(name, Errno(ENOSYS));
  }
}

// The flags of open and openat are in a register; openat2 has them in memory. O_PATH opens nothing
// and makes nothing, whatever else is said, and the kernel gives no such descriptor to another.
void AddFiles(Cases& cases, bool every_open) {
  for (const char* name : {"creat", "openat2"}) cases.Return(name, SECCOMP_RET_USER_NOTIF);
  for (const auto& [name, flags] : {std::pair{"open", 1U}, std::pair{"openat", 2U}}) {
    cases.For(name, [every_open, index = flags](Assembler& code) {
      code.LoadArgument(index);
      code.ReturnIfAny(O_PATH, SECCOMP_RET_ALLOW);
      if (!every_open) code.ReturnIfAny(kWritingFlags, SECCOMP_RET_USER_NOTIF);
      code.Return(every_open ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ALLOW);
    });
  }
}

}  // namespace

base::Result<Program> NotifyFilter(const config::InterpositionRule& rule) {
  Cases cases;
  Close(cases, rule);
  for (const std::string& name : rule.refused) {
    if (!CallNumber(Abi::kNative, name)) {
      return base::Fail(base::ErrorKind::kPolicy,
                        "/interposition/refused: there is no system call \"{:.80}\"", name);
    }
    cases.Return(name, SECCOMP_RET_USER_NOTIF);
  }
  if (rule.network.mode != config::Mode::kOff) AddNetwork(cases);
  if (rule.refuse_namespaces) AddNamespaces(cases);
  if (rule.system_info.cgroup_memory) cases.Return("sysinfo", SECCOMP_RET_USER_NOTIF);
  if (rule.system_info.neutral_kernel) cases.Return("uname", SECCOMP_RET_USER_NOTIF);
  if (rule.device_nodes != config::DeviceNodes::kKernel) {
    AddDeviceNodes(cases, "mknod", 1);
    AddDeviceNodes(cases, "mknodat", 2);
  }
  if (rule.mounts != config::Mounts::kKernel) {
    cases.Return("mount", SECCOMP_RET_USER_NOTIF);
    cases.Return("umount2", SECCOMP_RET_USER_NOTIF);
  }
  if (rule.files.mode != config::Mode::kOff) AddFiles(cases, rule.files.every_open);

  Assembler code;
  code.LoadArchitecture();
  code.ReturnUnless(NativeAudit(), Errno(ENOSYS));
  code.LoadNumber();
#if defined(__x86_64__)
  code.ReturnFrom(kX32Bit, Errno(ENOSYS));
#endif
  code.Append(cases.Take());
  code.Return(SECCOMP_RET_ALLOW);
  return std::move(code).Take();
}

}  // namespace stockade::filters
