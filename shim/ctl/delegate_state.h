// SPDX-License-Identifier: Apache-2.0
// What the delegate says of a container: its `state` verb (runtime-spec runtime.md#state).
//
//   STOCKADE_ASSIGN(const DelegateState state, AskState(record));   // {"running", 4711}
#pragma once

#include <string>
#include <string_view>

#include "config/base/error.h"
#include "sandbox/state_record.h"

namespace stockade::ctl {

struct DelegateState {
  std::string status;  // "created", "running", "paused", "stopped"
  int pid = 0;         // as the host sees it; 0 when stopped
  bool operator==(const DelegateState&) const = default;
};

// The two members of the delegate's answer that we use. kDelegate error if they are not there.
base::Result<DelegateState> ParseState(std::string_view answer);

// Asks the delegate of the record, which must still be one that only root can change.
base::Result<DelegateState> AskState(const sandbox::StateRecord& record);

}  // namespace stockade::ctl
