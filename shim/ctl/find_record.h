// SPDX-License-Identifier: Apache-2.0
// Which container somebody means: an id, or the beginning of one, under one of several state roots.
//
//   STOCKADE_ASSIGN(const sandbox::StateRecord record, FindRecord(node, "3f2a", ""));
#pragma once

#include <string>
#include <vector>

#include "config/base/error.h"
#include "config/node_config.h"
#include "sandbox/state.h"

namespace stockade::ctl {

// One container that has a record.
struct Place {
  std::string root;  // the delegate's --root
  std::string id;
};

// Which of `places` `id` means: the one of that id, else the only one whose id begins with it (4
// characters or more). With `root`, only places under it count. kUsage error if several are meant,
// listing them; kSpec error if none.
base::Result<Place> ChoosePlace(const std::vector<Place>& places, const std::string& id,
                                const std::string& root);

// The record with its documents.
base::Result<sandbox::StateRecord> FindRecord(const config::NodeConfig& node, const std::string& id,
                                              const std::string& root);

}  // namespace stockade::ctl
