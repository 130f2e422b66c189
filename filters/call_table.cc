// SPDX-License-Identifier: Apache-2.0
#include "filters/call_table.h"

#include <linux/audit.h>

#include <array>
#include <unordered_map>

#include "filters/bpf.h"

namespace stockade::filters {
namespace {

constexpr std::uint32_t kX32Bit = 0x40000000;
constexpr int kFirstOfX32 = 512;  // calls of its own, older than the newest numbers below

// Calls that Debian 12's headers lack. From 424 on, numbers are the same for every interface. The
// compiler has a table of its own (syscall_names.cc): a slip in one shows against the other.
constexpr std::array<CallEntry, 16> kNewer{{
    {"cachestat", 451},
    {"fchmodat2", 452},
    {"map_shadow_stack", 453},
    {"futex_wake", 454},
    {"futex_wait", 455},
    {"futex_requeue", 456},
    {"statmount", 457},
    {"listmount", 458},
    {"lsm_get_self_attr", 459},
    {"lsm_set_self_attr", 460},
    {"lsm_list_modules", 461},
    {"mseal", 462},
    {"setxattrat", 463},
    {"getxattrat", 464},
    {"listxattrat", 465},
    {"removexattrat", 466},
}};

struct Table {
  std::unordered_map<int, std::string_view> names;
  std::unordered_map<std::string_view, int> numbers;

  Table(std::span<const CallEntry> calls, std::uint32_t bit) {
    for (const CallEntry& call : calls) Add(call);
    for (CallEntry call : kNewer) {
      call.number = static_cast<int>(static_cast<std::uint32_t>(call.number) | bit);
      Add(call);
    }
  }
  void Add(const CallEntry& call) {
    names.emplace(call.number, call.name);
    numbers.emplace(call.name, call.number);
  }
};

const Table* TableOf(Abi abi) {
  static const Table native(NativeCalls(), 0);
#if defined(__x86_64__)
  static const Table x86(X86Calls(), 0);
  static const Table x32(X32Calls(), kX32Bit);
  if (abi == Abi::kX86) return &x86;
  if (abi == Abi::kX32) return &x32;
#endif
  return abi == Abi::kNative ? &native : nullptr;
}

}  // namespace

Abi AbiOf(const seccomp_data& call) {
#if defined(__x86_64__)
  if (call.arch == AUDIT_ARCH_I386) return Abi::kX86;
  // -1 is no call: a tracer writes it to have a call skipped.
  if (call.arch == NativeAudit() && call.nr != -1 &&
      static_cast<std::uint32_t>(call.nr) >= kX32Bit) {
    return Abi::kX32;
  }
#endif
  return call.arch == NativeAudit() ? Abi::kNative : Abi::kOther;
}

seccomp_data CallOf(Abi abi, int number) {
  seccomp_data call{};
  call.nr = number;
  call.arch = abi == Abi::kX86 ? AUDIT_ARCH_I386 : NativeAudit();
  return call;
}

std::string_view ArchitectureOf(Abi abi) {
  switch (abi) {
    case Abi::kNative:
#if defined(__x86_64__)
      return "SCMP_ARCH_X86_64";
#elif defined(__aarch64__)
      return "SCMP_ARCH_AARCH64";
#else
      return "SCMP_ARCH_RISCV64";
#endif
    case Abi::kX86:
      return "SCMP_ARCH_X86";
    case Abi::kX32:
      return "SCMP_ARCH_X32";
    case Abi::kOther:
      break;
  }
  return "";
}

std::string_view CallName(const seccomp_data& call) {
  const Table* const table = TableOf(AbiOf(call));
  if (table == nullptr) return "";
  const auto found = table->names.find(call.nr);
  return found == table->names.end() ? "" : found->second;
}

bool IsNewerCall(const seccomp_data& call) {
  const auto number = static_cast<int>(static_cast<std::uint32_t>(call.nr) & ~kX32Bit);
  return number >= kNewer.front().number && number < kFirstOfX32;
}

std::optional<int> CallNumber(Abi abi, std::string_view name) {
  const Table* const table = TableOf(abi);
  if (table == nullptr) return std::nullopt;
  const auto found = table->numbers.find(name);
  return found == table->numbers.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace stockade::filters
