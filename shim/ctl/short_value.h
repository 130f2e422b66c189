// SPDX-License-Identifier: Apache-2.0
// JSON values in a few words, for tables; --json always has the whole value.
//
//   ShortValue("/linux/seccomp", filter)                   // "320 rules, default ERRNO(38)"
//   ShortValue("/process/args", ["sh","-c","…"])           // ["sh", "-c", …]
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "config/base/json.h"

namespace stockade::ctl {

// `value`, which stands at the JSON pointer `what`, in at most `columns` columns. null reads
// "nothing".
std::string ShortValue(std::string_view what, const base::Json& value, std::size_t columns);

}  // namespace stockade::ctl
