// SPDX-License-Identifier: Apache-2.0
// The last look before the hand-over: reads the final document without any code of the layers and
// names each promise of the class that does not hold. A defect in a layer, or a document that two
// readers understand differently, ends here.
//
//   STOCKADE_TRY(Verify(spec, policy, container));
#pragma once

#include <string>
#include <vector>

#include "config/base/error.h"
#include "config/class_policy.h"
#include "sandbox/container.h"
#include "sandbox/host_view.h"
#include "sandbox/spec_document.h"

namespace stockade::sandbox {

// Every promise that `document` breaks, one sentence each; empty if all hold. Parses the text
// afresh, as the delegate will.
std::vector<std::string> BrokenPromises(const SpecDocument& document,
                                        const config::ClassPolicy& policy,
                                        const Container& container, const HostView& host);

// kInternal error naming the broken promises, or success.
base::Status Verify(const SpecDocument& document, const config::ClassPolicy& policy,
                    const Container& container, const HostView& host);

}  // namespace stockade::sandbox
