// SPDX-License-Identifier: Apache-2.0
// --version and --help.
//
//   VersionText("/usr/sbin/runc", "runc version 1.1.5\nspec: 1.0.2-dev\n")
//   // stockade version 0.1.0
//   // commit: 5d8232d
//   // spec: 1.0.2-dev
//   // delegate: runc version 1.1.5 (/usr/sbin/runc)
#pragma once

#include <string>
#include <string_view>

namespace stockade::shim {

// Shaped like runc's, whose lines engines parse; `answer` is what the delegate printed for
// --version.
std::string VersionText(std::string_view delegate, std::string_view answer);

std::string HelpText();

}  // namespace stockade::shim
