// SPDX-License-Identifier: Apache-2.0
// Whether the container of a record is there.
#pragma once

#include <string>

#include "sandbox/state.h"

namespace stockade::ctl {

// "yes" while the delegate keeps the container, "creating" before that, else "no": the record is
// swept by the next create.
std::string RecordState(const sandbox::StateRoot& root, const sandbox::StateRecord& record);

}  // namespace stockade::ctl
