// SPDX-License-Identifier: Apache-2.0
// The stage: a tmpfs at STATE/.stage in a mount namespace of our own, on which the delegate finds
// what was mounted for its container. Nobody else sees it, and it ends with its last user.
//
//   STOCKADE_ASSIGN(const Stage stage, Stage::Enter("/run/stockade"));
//   STOCKADE_TRY(stage.Place(mount.get(), "mount-3", /*folder=*/true));   //
//   /run/stockade/.stage/mount-3
#pragma once

#include <string>

#include "config/base/error.h"
#include "config/base/fd.h"

namespace stockade::sandbox {

class Stage {
 public:
  // Leaves the mount namespace of the host for good, keeping the working directory and all
  // descriptors, and mounts the stage. What is mounted on the host later still arrives here.
  // An error names the folder above `state_directory` that the pod's root could not pass.
  static base::Result<Stage> Enter(const std::string& state_directory);

  // Attaches a detached mount at `name`, a folder or else a file, which is made.
  base::Status Place(int mount, const std::string& name, bool folder) const;

  // The root of what was attached at `name`, a folder.
  base::Result<base::UniqueFd> Open(const std::string& name) const;

 private:
  explicit Stage(base::UniqueFd folder) : folder_(std::move(folder)) {}

  base::UniqueFd folder_;
};

}  // namespace stockade::sandbox
