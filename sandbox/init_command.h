// SPDX-License-Identifier: Apache-2.0
// A process that stockade-init starts (sandbox/init/README.md): its arguments, and the mount that
// brings the stub into the container.
//
//   WrapArguments(args, {"0:BgAAAAAA/38="});   // ["/dev/stockade-init", "0:…", "--", "sh", "-c",
//   …]
#pragma once

#include <span>
#include <string>
#include <vector>

#include "config/base/json.h"

namespace stockade::sandbox {

// The filters between the stub's path and "--" of a process's arguments; empty if the stub does not
// start it.
std::vector<std::string> InitFiltersOf(const base::Json& process);

// `arguments` with the stub and `filters` before them; the same if just that stands there already.
base::Json WrapArguments(const base::Json& arguments, std::span<const std::string> filters);

// The mount of the stub, whose path on the host is `program`.
base::Json InitMount(const std::string& program);

}  // namespace stockade::sandbox
