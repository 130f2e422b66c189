// SPDX-License-Identifier: Apache-2.0
// System calls and architectures by name, as a delegate resolves them.
//
//   SyscallNumber("openat");   // 257 on x86-64
//   SyscallNumber("chown32");  // a negative number of its own: not on this architecture
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stockade::filters {

// The number of `name` on the native architecture; a negative number that is the name's own if only
// other architectures have the call; nothing if nobody here has heard of it. Knows calls up to
// Linux 6.13.
std::optional<int> SyscallNumber(const std::string& name);

// "SCMP_ARCH_X86_64" and so on, of the machine that we run on.
std::string_view NativeArchitecture();

// True for architectures whose programs the native kernel can run besides its own.
bool IsCompatArchitecture(std::string_view name);

}  // namespace stockade::filters
