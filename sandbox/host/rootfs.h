// SPDX-License-Identifier: Apache-2.0
// The container's root file system with the ids of its pod: an engine's overlay is mounted again on
// mapped layers, anything else is mapped as it is, and what cannot be mapped changes its owners if
// the class allows it.
//
//   STOCKADE_ASSIGN(PreparedRootfs rootfs, PreparedRootfs::Prepare(action, ids, space));
//   STOCKADE_TRY(rootfs.ChangeHost());
//   STOCKADE_TRY(rootfs.PlaceOn(stage));    // in the mount namespace of the stage
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/base/error.h"
#include "config/base/fd.h"
#include "sandbox/host/overlay.h"
#include "sandbox/host/stage.h"
#include "sandbox/host_actions.h"

namespace stockade::sandbox {

class PreparedRootfs {
 public:
  // Makes what can be made aside. With chown, and only then, the host has changed already. Without
  // `ids` it stays as it is.
  static base::Result<PreparedRootfs> Prepare(const RootfsAction& action,
                                              const std::optional<IdRange>& ids, int space);

  // Puts an overlay in the place of the engine's; before the stage is entered.
  base::Status ChangeHost();

  // Attaches it there, and holds it to what may run.
  base::Status PlaceOn(const Stage& stage) const;

 private:
  PreparedRootfs(std::string path, const RootfsAction& action)
      : path_(std::move(path)), name_(action.name), executable_(action.executable) {}
  base::Status Map(const IdRange& ids, int space);
  base::Status Attach(const Stage& stage) const;

  std::string path_;  // resolved
  std::string name_;
  std::vector<std::string> executable_;
  std::optional<RebuiltOverlay> overlay_;
  base::UniqueFd mount_;  // anything else, detached
};

}  // namespace stockade::sandbox
