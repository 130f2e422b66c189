// SPDX-License-Identifier: Apache-2.0
// What the parser of class documents offers besides ParseClass (class_policy.h).
#pragma once

#include <set>
#include <string>

#include "config/class_policy.h"

namespace stockade::config {

// The JSON pointers of all keys that ParseClass knows, array indexes as "*" and the names of
// /rlimits/max left out, so that a test can hold the schema against it. `complete` is a class that
// has every section and a writable path; the result is empty if it does not parse.
std::set<std::string> KnownClassKeys(const ClassPolicy& complete);

}  // namespace stockade::config
