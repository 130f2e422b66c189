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

std::uint32_t Number(std::string_view name) {
  return static_cast<std::uint32_t>(CallNumber(Abi::kNative, name).value_or(-1));
}

void AddNetwork(Assembler& code) {
  for (const char* name : {"connect", "bind", "sendmsg", "sendmmsg"}) {
    code.ReturnIf(Number(name), SECCOMP_RET_USER_NOTIF);
  }
  code.For(Number("sendto"), [&] {  // without an address it goes where connect said
    code.LoadArgument(4);
    code.ReturnUnless(0, SECCOMP_RET_USER_NOTIF);
    code.LoadArgument(4, /*upper=*/true);
    code.ReturnUnless(0, SECCOMP_RET_USER_NOTIF);
    code.Return(SECCOMP_RET_ALLOW);
  });
  code.For(Number("socket"), [&] {
    code.LoadArgument(2);
    code.ReturnIf(IPPROTO_SCTP, Errno(EPROTONOSUPPORT));
    code.Return(SECCOMP_RET_ALLOW);
  });
  code.For(Number("setsockopt"), [&] {
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

void AddNamespaces(Assembler& code) {
  code.ReturnIf(Number("setns"), SECCOMP_RET_USER_NOTIF);
  code.For(Number("unshare"), [&] {
    code.LoadArgument(0);
    code.ReturnIfAny(kUnshareNamespaces, SECCOMP_RET_USER_NOTIF);
    code.Return(SECCOMP_RET_ALLOW);
  });
  code.For(Number("clone"), [&] {  // the flags of clone3 are in memory: no profile opens it
    code.LoadArgument(0);
    code.ReturnIfAny(kCloneNamespaces, SECCOMP_RET_USER_NOTIF);
    code.Return(SECCOMP_RET_ALLOW);
  });
}

// mknod of a device; the mode is its argument `mode`, and the device number the next one.
void AddDeviceNodes(Assembler& code, std::string_view name, unsigned mode) {
  code.For(Number(name), [&] {
    code.LoadArgument(mode);
    code.And(S_IFMT);
    code.ReturnIf(S_IFBLK, SECCOMP_RET_USER_NOTIF);
    code.ReturnUnless(S_IFCHR, SECCOMP_RET_ALLOW);
    code.LoadArgument(mode + 1);
    code.ReturnIf(0, SECCOMP_RET_ALLOW);  // a whiteout, which needs no capability
    code.Return(SECCOMP_RET_USER_NOTIF);
  });
}

// io_uring makes calls that no filter sees: it is refused in any case, by the supervisor if that is
// to be recorded.
bool RecordsRing(const config::InterpositionRule& rule) {
  const std::vector<std::string_view> names = RefusedCalls(rule);
  return std::ranges::find(names, "io_uring_setup") != names.end();
}

// The flags of open and openat are in a register; openat2 has them in memory. O_PATH opens nothing
// and makes nothing, whatever else is said, and the kernel gives no such descriptor to another.
void AddFiles(Assembler& code, bool every_open) {
  for (const char* name : {"creat", "openat2"}) {
    if (CallNumber(Abi::kNative, name)) code.ReturnIf(Number(name), SECCOMP_RET_USER_NOTIF);
  }
  for (const auto& [name, flags] : {std::pair{"open", 1U}, std::pair{"openat", 2U}}) {
    if (!CallNumber(Abi::kNative, name)) continue;  // not every architecture has open
    code.For(Number(name), [&code, every_open, index = flags] {
      code.LoadArgument(index);
      code.ReturnIfAny(O_PATH, SECCOMP_RET_ALLOW);
      if (!every_open) code.ReturnIfAny(kWritingFlags, SECCOMP_RET_USER_NOTIF);
      code.Return(every_open ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ALLOW);
    });
  }
}

}  // namespace

base::Result<Program> NotifyFilter(const config::InterpositionRule& rule) {
  Assembler code;
  code.LoadArchitecture();
  code.ReturnUnless(NativeAudit(), Errno(ENOSYS));
  code.LoadNumber();
#if defined(__x86_64__)
  code.ReturnFrom(kX32Bit, Errno(ENOSYS));
#endif
  if (!RecordsRing(rule)) code.ReturnIf(Number("io_uring_setup"), Errno(ENOSYS));
  for (const std::string& name : rule.refused) {
    const auto number = CallNumber(Abi::kNative, name);
    if (!number) {
      return base::Fail(base::ErrorKind::kPolicy,
                        "/interposition/refused: there is no system call \"{:.80}\"", name);
    }
    code.ReturnIf(static_cast<std::uint32_t>(*number), SECCOMP_RET_USER_NOTIF);
  }
  if (rule.network.mode != config::Mode::kOff) AddNetwork(code);
  if (rule.refuse_namespaces) AddNamespaces(code);
  if (rule.system_info.cgroup_memory) code.ReturnIf(Number("sysinfo"), SECCOMP_RET_USER_NOTIF);
  if (rule.system_info.neutral_kernel) code.ReturnIf(Number("uname"), SECCOMP_RET_USER_NOTIF);
  if (rule.device_nodes != config::DeviceNodes::kKernel) {
    if (CallNumber(Abi::kNative, "mknod")) AddDeviceNodes(code, "mknod", 1);
    AddDeviceNodes(code, "mknodat", 2);
  }
  if (rule.mounts != config::Mounts::kKernel) {
    code.ReturnIf(Number("mount"), SECCOMP_RET_USER_NOTIF);
    code.ReturnIf(Number("umount2"), SECCOMP_RET_USER_NOTIF);
  }
  if (rule.files.mode != config::Mode::kOff) AddFiles(code, rule.files.every_open);
  code.Return(SECCOMP_RET_ALLOW);
  return std::move(code).Take();
}

}  // namespace stockade::filters
