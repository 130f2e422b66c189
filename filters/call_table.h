// SPDX-License-Identifier: Apache-2.0
// System calls by number and by name on each interface of the machine's kernel, from the kernel's
// own headers. What is proved with this table does not rest on libseccomp's.
//
//   CallName({.nr = 102, .arch = AUDIT_ARCH_I386});   // "socketcall"
//   CallNumber(Abi::kX32, "ioctl");                   // 0x40000000 + 514
#pragma once

#include <linux/seccomp.h>

#include <optional>
#include <span>
#include <string_view>

namespace stockade::filters {

// The ways into the kernel. kX86 and kX32 exist on x86-64 only; kOther is what cannot run here.
enum class Abi { kNative, kX86, kX32, kOther };

struct CallEntry {
  std::string_view name;
  int number = 0;
};

// The way that `call` took: its architecture, and bit 30 of its number.
Abi AbiOf(const seccomp_data& call);

// A call with this number and no arguments, of kNative, kX86 or kX32.
seccomp_data CallOf(Abi abi, int number);

// "SCMP_ARCH_X86_64" and so on, as OCI objects name it; "" for kOther.
std::string_view ArchitectureOf(Abi abi);

// The name of the call, or "" if Linux 6.13 has none of its number.
std::string_view CallName(const seccomp_data& call);

// True for the calls after Linux 6.4. A libseccomp of that age knows no name for them, and without
// one it cannot tell what their numbers are on kX86 and kX32: there they stay refused.
bool IsNewerCall(const seccomp_data& call);

// The number by which `name` is called on `abi`; nothing if it is not there.
std::optional<int> CallNumber(Abi abi, std::string_view name);

// The tables of the headers, in no order. Calls that the headers are too old for are not in them.
std::span<const CallEntry> NativeCalls();
std::span<const CallEntry> X86Calls();
std::span<const CallEntry> X32Calls();

}  // namespace stockade::filters
