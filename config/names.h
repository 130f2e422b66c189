// SPDX-License-Identifier: Apache-2.0
// The fixed words of class documents: what may stand where a capability, a limit or a profile is
// named.
//
//   if (!IsClassName(name)) return Fail(kUsage, "…");
#pragma once

#include <string_view>
#include <vector>

namespace stockade::config {

// [a-z0-9-], 1 to 63 characters: safe in a file name, a RuntimeClass and argv[0].
bool IsClassName(std::string_view name);

// "CAP_CHOWN" … "CAP_CHECKPOINT_RESTORE": all 41 that Linux 6.x has, in the kernel's order.
const std::vector<std::string_view>& CapabilityTable();

// "RLIMIT_CORE" …: those of getrlimit(2).
const std::vector<std::string_view>& RlimitTable();

// The seccomp profiles that ship with stockade, from the loosest to the strictest.
const std::vector<std::string_view>& SeccompProfileTable();

// The architectures that a class may open besides the native one.
const std::vector<std::string_view>& CompatArchitectureTable();

}  // namespace stockade::config
