// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/record_state.h"

namespace stockade::ctl {

std::string RecordState(const sandbox::StateRoot& root, const sandbox::StateRecord& record) {
  if (root.DelegateKnows(record.container.id)) return "yes";
  return record.creator.Alive() ? "creating" : "no";
}

}  // namespace stockade::ctl
