// SPDX-License-Identifier: Apache-2.0
#include "filters/syscall_names.h"

#include <seccomp.h>

#include <array>
#include <utility>

namespace stockade::filters {
namespace {

// Calls newer than libseccomp 2.5.4. From 424 on, numbers are the same on every architecture.
constexpr std::array<std::pair<std::string_view, int>, 16> kNewer{{
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

#if defined(__x86_64__)
constexpr std::string_view kNative = "SCMP_ARCH_X86_64";
constexpr std::array<std::string_view, 2> kCompat{"SCMP_ARCH_X86", "SCMP_ARCH_X32"};
#elif defined(__aarch64__)
constexpr std::string_view kNative = "SCMP_ARCH_AARCH64";
constexpr std::array<std::string_view, 1> kCompat{"SCMP_ARCH_ARM"};
#elif defined(__riscv) && __riscv_xlen == 64
constexpr std::string_view kNative = "SCMP_ARCH_RISCV64";
constexpr std::array<std::string_view, 0> kCompat{};
#else
#error "the seccomp floor has not been read for this architecture"
#endif

}  // namespace

std::optional<int> SyscallNumber(const std::string& name) {
  const int number = seccomp_syscall_resolve_name(name.c_str());
  if (number != __NR_SCMP_ERROR) return number;
  for (const auto& [newer, newer_number] : kNewer) {
    if (newer == name) return newer_number;
  }
  return std::nullopt;
}

std::string_view NativeArchitecture() { return kNative; }

bool IsCompatArchitecture(std::string_view name) {
  for (const std::string_view compat : kCompat) {
    if (compat == name) return true;
  }
  return false;
}

}  // namespace stockade::filters
