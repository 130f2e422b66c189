// SPDX-License-Identifier: Apache-2.0
// The resource limits of Linux by the names that the OCI specification uses.
//
//   if (const auto number = LimitNumber("RLIMIT_NOFILE")) getrlimit(*number, &limit);
#pragma once

#include <optional>
#include <string_view>

namespace stockade::sandbox {

// The RLIMIT_* number of `name`, or nothing for a name that Linux does not have.
std::optional<int> LimitNumber(std::string_view name);

}  // namespace stockade::sandbox
