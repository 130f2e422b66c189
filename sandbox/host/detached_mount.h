// SPDX-License-Identifier: Apache-2.0
// Mounts that are nowhere yet: cloned, changed, and only then attached. They are gone with the last
// descriptor, so nothing has to be undone.
//
//   STOCKADE_ASSIGN(const UniqueFd mount, CloneIdmapped(file.get(), pod.get(), Below::kMapped,
//   path)); STOCKADE_TRY(AttachMount(mount.get(), stage.get(), "mount-3"));
#pragma once

#include <initializer_list>
#include <string>

#include "config/base/error.h"
#include "config/base/fd.h"

namespace stockade::sandbox {

// What is mounted below the place that is cloned.
enum class Below {
  kNothing,  // stays behind
  kMapped,   // comes along, its ids mapped like the rest
  kAsItIs,   // comes along, its ids as they are
};

// A clone of the mount of `file` from there on, with the flags of the mount. It receives what is
// mounted at its origin later, and sends nothing there. `name`, the path, is used in errors.
base::Result<base::UniqueFd> CloneMount(int file, Below below, const std::string& name);

// The same with its ids mapped by the user namespace `space`. The error says which file system
// cannot be mapped, where it is, and what helps.
base::Result<base::UniqueFd> CloneIdmapped(int file, int space, Below below,
                                           const std::string& name);

// Attaches a detached mount at the existing file or folder `path`, relative to `directory`.
base::Status AttachMount(int mount, int directory, const std::string& path);

// The same at the open file or folder `place`; `name` is used in errors.
base::Status AttachMountOn(int mount, int place, const std::string& name);

// Sets the flags MOUNT_ATTR_* `attributes` on the mount that begins at `mount`, and on all below it
// unless `below` is kNothing.
base::Status AddMountFlags(int mount, Below below, unsigned attributes, const std::string& name);

// A new mount of a file system that needs no options but `options` ("mode=0711"), with the flags
// MOUNT_ATTR_* `attributes`.
struct MountOption {
  const char* key;
  const char* value;
};
base::Result<base::UniqueFd> MakeMount(const char* type, std::initializer_list<MountOption> options,
                                       unsigned attributes);

}  // namespace stockade::sandbox
