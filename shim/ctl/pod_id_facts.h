// SPDX-License-Identifier: Apache-2.0
// What `check` must know for pods with user namespaces of ours.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/base/error.h"
#include "config/node_config.h"
#include "sandbox/id_range.h"

namespace stockade::ctl {

// Something that was tried, and why it did not work.
struct Attempt {
  std::string what;  // "overlay", or a folder in which engines keep images and volumes
  std::optional<base::Error> error;
};

struct PodIdFacts {
  std::vector<sandbox::IdRange> usable;  // none with an error
  std::optional<base::Error> error;
  std::size_t taken = 0;  // ranges that pods have
  std::vector<Attempt> idmaps;
};

PodIdFacts ReadPodIdFacts(const config::NodeConfig& node);

}  // namespace stockade::ctl
