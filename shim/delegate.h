// SPDX-License-Identifier: Apache-2.0
// The runtime that we hand over to: runc, crun, or any other that the node configuration names by
// its absolute path. It runs as root with everything that we were given, so it must be a file that
// only root can change, and not ourselves.
//
//   STOCKADE_ASSIGN(const std::string runc, FindDelegate("runc", node));
#pragma once

#include <string>
#include <string_view>

#include "config/base/error.h"
#include "config/node_config.h"

namespace stockade::shim {

// The binary of the delegate `name`: what the node configuration says, else the first of that name
// in /usr/bin, /usr/sbin, /usr/local/bin and /usr/local/sbin. PATH is not consulted.
base::Result<std::string> FindDelegate(std::string_view name, const config::NodeConfig& node);

// Fails unless `path` is absolute, an executable regular file owned by root, it and every directory
// above it writable by root only, and another file than the running program.
base::Status CheckDelegate(const std::string& path);

// Where the delegate keeps its containers when no --root is given: /run/runc, /run/crun,
// /run/youki.
std::string DefaultRoot(const std::string& delegate);

}  // namespace stockade::shim
