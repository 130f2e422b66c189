// SPDX-License-Identifier: Apache-2.0
// The mounts of a spec as values, in the words of the layers that guard them.
//
//   STOCKADE_ASSIGN(const std::vector<Mount> mounts, MountsOf(edit.Root()));
//   if (mounts[0].destination == "/proc") ...
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/base/error.h"
#include "config/base/json.h"
#include "sandbox/layers/mount_options.h"

namespace stockade::sandbox {

struct Mount {
  std::string pointer;      // "/mounts/3"
  std::string destination;  // absolute and normalised
  std::string type;         // "bind" for every bind mount, however it is written
  std::string source;
  MountOptions options;
  bool plain = true;  // the document says type, destination and options just like this

  bool bind() const { return type == "bind"; }
};

// `path` without "", "." and final-slash components; nothing for a path that is relative, empty or
// has a
// ".." component.
std::optional<std::string> NormalPath(std::string_view path);

// The mounts in their order. Errors for wrong types and for destinations that have no normal form.
base::Result<std::vector<Mount>> MountsOf(const base::Json& spec);

}  // namespace stockade::sandbox
