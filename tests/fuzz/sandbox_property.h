// SPDX-License-Identifier: Apache-2.0
// The property of the whole sandbox: whatever document goes in, the layers refuse it, or what comes
// out keeps every promise of the class.
#pragma once

#include "config/class_policy.h"
#include "sandbox/spec_document.h"

namespace stockade::fuzz {

// Ends the process if the layers of `policy` accept `document` and verify does not. True if the
// document was accepted.
bool RequireKept(sandbox::SpecDocument document, const config::ClassPolicy& policy);

}  // namespace stockade::fuzz
