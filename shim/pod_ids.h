// SPDX-License-Identifier: Apache-2.0
// Finds the ids of a container's pod: claims a range for the first container of a pod, and looks up
// the user namespace that the others join.
//
//   PodIdSource ids(node, state);
//   STOCKADE_ASSIGN(const sandbox::PodIds pod, ids.Of(container));
//   …
//   ids.Keep();   // the container's record is written, and the range is released with it
#pragma once

#include <optional>
#include <string>

#include "config/base/error.h"
#include "config/node_config.h"
#include "sandbox/container.h"
#include "sandbox/pod_ids.h"
#include "sandbox/state.h"

namespace stockade::shim {

class PodIdSource {
 public:
  // Both must outlive it.
  PodIdSource(const config::NodeConfig& node, const sandbox::StateRoot& state)
      : node_(node), state_(state) {}
  PodIdSource(const PodIdSource&) = delete;
  PodIdSource& operator=(const PodIdSource&) = delete;
  // Gives a claimed range back unless it was kept.
  ~PodIdSource();

  // kSpec error if the pod's sandbox has no user namespace of ours, kHost error if no range is
  // free.
  base::Result<sandbox::PodIds> Of(const sandbox::Container& container);
  void Keep() { claimed_.reset(); }

 private:
  const config::NodeConfig& node_;
  const sandbox::StateRoot& state_;
  std::optional<std::string> claimed_;  // the pod whose range we claimed
};

}  // namespace stockade::shim
