// SPDX-License-Identifier: Apache-2.0
// Calls that a class has refused and recorded by its supervisor (/interposition/refused,
// /interposition/namespaces and, but for tmpfs, /interposition/mounts). Of several filters the
// strictest answer holds, and an errno is stricter than a notification: the class's own filter has
// to let such a call through to the last filter, which hands it over whatever its arguments
// (notify_filter.h).
//
//   Program first = HandOver(class_filter, policy.interposition);
//   RefusalErrno("clone3");   // ENOSYS, as without a supervisor
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "config/class_policy.h"
#include "filters/bpf.h"

namespace stockade::filters {

// Bits of the first argument that make a namespace.
inline constexpr std::uint32_t kCloneNamespaces = 0x7e020000;
inline constexpr std::uint32_t kUnshareNamespaces = kCloneNamespaces | 0x80;  // CLONE_NEWTIME

// The calls that the supervisor refuses or performs itself, all or some of each; none in complain
// mode, in which it lets them go on: the class's own filter then decides. Views of `rule`.
std::vector<std::string_view> RefusedCalls(const config::InterpositionRule& rule);

// By which a thread puts itself into a Landlock domain.
inline constexpr std::array<std::string_view, 2> kLandlock{"landlock_create_ruleset",
                                                           "landlock_restrict_self"};

// True if the supervisor performs calls on files or sockets: nothing that restricts a caller's
// thread in the kernel restricts the supervisor's.
bool PerformsCalls(const config::InterpositionRule& rule);

// `filter`, which lets native calls through that the kernel never goes on with under the supervisor
// of `rule`.
Program HandOver(ProgramView filter, const config::InterpositionRule& rule);

// What a refused call fails with: the errno of the profile "restricted" for it, or EPERM.
int RefusalErrno(std::string_view name);

}  // namespace stockade::filters
