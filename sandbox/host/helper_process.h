// SPDX-License-Identifier: Apache-2.0
// A process beside ours with a private copy of all mounts, which makes one mount and hands it over.
// It keeps its copy, and with it everything that was mounted when it began, until it is released.
// What its end costs, the kernel's work of letting go of the mounts, is not waited for.
//
//   STOCKADE_ASSIGN(HelperProcess helper, HelperProcess::Start([&] { return BuildOverlay(plan);
//   })); UniqueFd mount = helper.TakeMount();
#pragma once

#include <functional>
#include <utility>

#include "config/base/error.h"
#include "config/base/fd.h"

namespace stockade::sandbox {

class HelperProcess {
 public:
  // False once the process that began this has ended: an engine may be about to use the same
  // files. To be asked before whatever reaches them.
  using StillWanted = std::function<bool()>;
  using Work = std::function<base::Result<base::UniqueFd>(const StillWanted&)>;

  // Runs `work` in the new process; returns when it is done, with its error if it failed. It may
  // use memory as it was, but of our descriptors it has only `kept`. The process is nobody's child
  // for long: whoever reaps orphans reaps it.
  static base::Result<HelperProcess> Start(const Work& work, int kept);

  // The descriptor that `work` made; once.
  base::UniqueFd TakeMount() { return std::move(mount_); }

 private:
  HelperProcess(base::UniqueFd socket, base::UniqueFd mount)
      : socket_(std::move(socket)), mount_(std::move(mount)) {}

  base::UniqueFd socket_;  // the process ends when this is closed, also by our death
  base::UniqueFd mount_;
};

}  // namespace stockade::sandbox
