// SPDX-License-Identifier: Apache-2.0
// The last look before the hand-over: reads the final document without any code of the layers and
// names each promise of the class that does not hold. A defect in a layer, or a document that two
// readers understand differently, ends here.
//
//   STOCKADE_ASSIGN(const std::string text, Verify(spec, policy, container, host));
#pragma once

#include <string>
#include <vector>

#include "config/base/error.h"
#include "config/class_policy.h"
#include "sandbox/container.h"
#include "sandbox/host_actions.h"
#include "sandbox/host_view.h"
#include "sandbox/spec_document.h"

namespace stockade::sandbox {

// What happens to the container besides what its document says.
struct Besides {
  std::vector<std::string> init_filters = {};  // what stockade-init installs
  HostActions actions = {};                    // what the host does before the delegate starts
  std::string stage = {};                      // where it does it: the absolute path of the stage
};

// Every promise that `document` breaks, one sentence each; empty if all hold. Parses the text
// afresh, as the delegate will.
std::vector<std::string> BrokenPromises(const SpecDocument& document,
                                        const config::ClassPolicy& policy,
                                        const Container& container, const HostView& host,
                                        const Besides& besides = {});

// The text of `document`, for the delegate: what was verified is what is written. Or a kInternal
// error naming the broken promises.
base::Result<std::string> Verify(const SpecDocument& document, const config::ClassPolicy& policy,
                                 const Container& container, const HostView& host,
                                 const Besides& besides = {});

}  // namespace stockade::sandbox
