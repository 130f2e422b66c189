// SPDX-License-Identifier: Apache-2.0
// What is staged on the host, put back into the document under its own name, so that every promise
// is checked on what the container really gets: a bind of STAGE/mount-2 is a bind of the volume
// that is staged there, STAGE/sys is a sysfs, and a network namespace that is entered beforehand
// is joined.
#pragma once

#include <string>

#include "sandbox/host_actions.h"
#include "sandbox/verify/final_document.h"

namespace stockade::sandbox::verify {

// Edits `root`, a config document. What names the stage and is not staged, and what is staged
// and not named, is a broken promise.
void Unstage(const HostActions& actions, const std::string& stage, base::Json& root,
             Broken& broken);

}  // namespace stockade::sandbox::verify
