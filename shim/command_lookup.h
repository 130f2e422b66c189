// SPDX-License-Identifier: Apache-2.0
// Is the command of a process there? A delegate looks before it starts a container and fails the
// create or the exec with a text that engines know. Behind stockade-init it cannot look, so we do.
// This is for a better message only: whatever cannot be told is left to stockade-init, which says
// the same and ends with 127.
//
//   STOCKADE_TRY(CheckCommandInBundle(document.root(), root, 3));
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "config/base/error.h"
#include "config/base/json.h"

namespace stockade::shim {

// The command of a container that is to be made: looked for in its root file system, unless a mount
// could bring it. `config` is its final document, in which the command is the argument `index`;
// `root` is that file system's absolute path on the host, `executable` what alone runs of it, if
// anything is listed.
base::Status CheckCommandInBundle(const base::Json& config, const std::string& root,
                                  std::size_t index, std::span<const std::string> executable = {});

// The command of `process` in the living container `id` of a delegate whose --root is given: looked
// for below /proc/<pid>/root of its first process.
base::Status CheckCommandInContainer(const base::Json& process, const std::string& delegate_root,
                                     const std::string& id);

}  // namespace stockade::shim
